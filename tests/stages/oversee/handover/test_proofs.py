"""一笔拨付的证明，由不认识本系统的人在自己的机器上核验。"""

from __future__ import annotations

import json
import re
import runpy
import subprocess
import sys
from collections.abc import Callable
from inspect import getsource
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from tests.scene import JIYUAN
from tests.stages.oversee.town import Town
from voucher.rules.errors import Refused
from voucher.stages.oversee.handover import verify
from voucher.stages.oversee.handover.proofs import prove_payment
from voucher.stages.settle.models.payments import Payment

DOCUMENT = Path(__file__).parents[4] / "docs/trail.md"
ONLY = {
    "argparse", "base64", "csv", "dataclasses", "hashlib", "io", "json", "sys", "zipfile", "zlib", "pathlib",
    "typing",
}  # fmt: skip


def run_elsewhere(folder: Path, *arguments: str) -> tuple[int, str]:
    """Run the verifier as somebody would who has only Python and cryptography."""
    program = folder / "verify.py"
    program.write_text(getsource(verify), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-I", str(program), *arguments], cwd=folder, capture_output=True, encoding="utf-8",
        check=False, env={"PATH": "", "PYTHONIOENCODING": "utf-8"},
    )  # fmt: skip
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, done.stdout


def prove(town: Town) -> dict[str, Any]:
    with town.database.read() as session:
        payment = session.scalars(select(Payment.id).where(Payment.state == "succeeded")).first()
        assert payment is not None
        return prove_payment(session, town.keyring, payment, {JIYUAN})


def test_the_verifier_needs_the_standard_library_and_cryptography_only() -> None:
    named = {
        line.split()[1].split(".")[0]
        for line in getsource(verify).splitlines()
        if line.startswith(("import ", "from "))
    }
    assert named - {"__future__"} == ONLY | {"cryptography"}


def test_a_payment_is_proved_without_this_system(town: Town, tmp_path: Path) -> None:
    proof = prove(town)
    (tmp_path / "proof.json").write_text(json.dumps(proof, ensure_ascii=False), encoding="utf-8")
    status, told = run_elsewhere(tmp_path, "proof.json", "--anchors", str(town.anchors))
    assert status == 0, told
    assert told.startswith(f"拨付 {proof['payment_id']}，{proof['amount_fen']} 分")
    assert told.endswith("全部相符\n")
    assert "confirm" in told or "succeed" in told


def _pay_more(proof: dict[str, Any]) -> None:
    proof["acts"][0]["row"]["content"]["amount_fen"] += 1


def _claim_more(proof: dict[str, Any]) -> None:
    proof["amount_fen"] += 1


def _cut(proof: dict[str, Any]) -> None:
    proof["acts"][0]["path"].pop()


def _sign(proof: dict[str, Any]) -> None:
    proof["checkpoints"][0]["merkle_root"] = "0" * 64


def _of_another(proof: dict[str, Any]) -> None:
    proof["payment_id"] += 1


def _forget_everything(proof: dict[str, Any]) -> None:
    proof |= {"amount_fen": 99999999, "acts": [], "checkpoints": [], "keys": []}


def _forget_preparing(proof: dict[str, Any]) -> None:
    proof["amount_fen"] += 1
    proof["acts"] = [each for each in proof["acts"] if each["row"]["act"] != "prepare"]
    assert proof["acts"]


@pytest.mark.parametrize(
    ("sin", "told"),
    [
        (_pay_more, "的留痕内容与其摘要不符"),
        (_claim_more, "分与留痕不符"),
        (_cut, "的默克尔根"),
        (_sign, "的签名无效"),
        (_of_another, "说的不是拨付"),
        (_forget_everything, "没有一条留痕得到证明"),
        (_forget_preparing, "没有制单留痕"),
    ],
)
def test_a_changed_proof_is_found_and_named(
    town: Town, sin: Callable[[dict[str, Any]], None], told: str
) -> None:
    proof = json.loads(json.dumps(prove(town)))
    asked = verify.Inquiry()
    verify.check_proof(proof, asked)
    assert (asked.faults, asked.unproven) == ([], [])
    sin(proof)
    verify.check_proof(proof, asked)
    assert any(told in each for each in asked.faults), asked.faults


def follow_the_document(folder: Path, proof: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """Verify a proof by the lines printed in docs/trail.md, as somebody does who has nothing else."""
    (lines,) = re.findall(r"```python\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)
    (folder / "mine.py").write_text(lines, encoding="utf-8")
    (folder / "proof.json").write_text(json.dumps(proof, ensure_ascii=False), encoding="utf-8")
    monkeypatch.setattr(sys, "argv", ["mine.py", str(folder / "proof.json"), "f" * 16, prove_key(proof)])
    runpy.run_path(str(folder / "mine.py"))


def prove_key(proof: dict[str, Any]) -> str:
    """Return the number of the key that signs, as a letter would name it."""
    return str(proof["checkpoints"][0]["key_id"]) if proof["checkpoints"] else "0" * 16


def test_a_proof_verifies_by_what_the_document_says(
    town: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    proof = json.loads(json.dumps(prove(town)))
    follow_the_document(tmp_path, proof, monkeypatch)
    assert f"拨付 {proof['payment_id']}：{proof['amount_fen']} 分，相符" in capsys.readouterr().out
    for sin in (_pay_more, _claim_more, _cut, _sign, _of_another, _forget_everything, _forget_preparing):
        forged = json.loads(json.dumps(proof))
        sin(forged)
        # with asserts switched off as well it must say no
        with pytest.raises(SystemExit, match=r"改过|另一笔|到不了根|公钥不是|签名不对|金额与"):
            follow_the_document(tmp_path, forged, monkeypatch)


def test_a_proof_of_nothing_proves_nothing(tmp_path: Path) -> None:
    proof = {"payment_id": 5, "amount_fen": 99999999, "acts": [], "checkpoints": [], "keys": []}
    (tmp_path / "proof.json").write_text(json.dumps(proof), encoding="utf-8")
    status, told = run_elsewhere(tmp_path, "proof.json")
    assert (status, told.endswith("\n不符\n")) == (3, True), told


def test_an_amount_the_trail_does_not_tell_is_never_all_right(capsys: pytest.CaptureFixture[str]) -> None:
    asked = verify.Inquiry()
    verify.check_amount({"payment_id": 5, "amount_fen": 100}, [{"payment_file_id": 1}], asked)
    assert verify.conclude([], asked) == 4
    told = capsys.readouterr().out
    assert "拨付 5 的制单留痕未载金额，100 分未获证明" in told
    assert "全部相符" not in told


def test_a_foreign_payment_is_as_good_as_missing(town: Town) -> None:
    with town.database.read() as session, pytest.raises(Refused) as caught:
        prove_payment(session, town.keyring, 1, {"410702"})
    assert caught.value.refusal.code == "payment_not_found"
