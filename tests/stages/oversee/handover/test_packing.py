"""审计导出包：不认识本系统的人也能核验，改一个字节就指出是哪个文件的哪一行。"""

from __future__ import annotations

import hashlib
import io
import json
import random
import zipfile
from contextlib import suppress
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import select

from tests import town_certified
from tests.conftest import FOUNDED_AT
from tests.scene import JIYUAN, XINXIANG, ZHANG_SAN, Scene, on, staff_number
from tests.stages.oversee.handover.test_proofs import run_elsewhere
from tests.stages.oversee.town import Town
from tests.town_issue import institution
from voucher.ledger.audit import AuditRow, record_one
from voucher.ledger.vouchers import Voucher
from voucher.plumbing.files import FileStore
from voucher.plumbing.jobs import Job, JobState, Run
from voucher.plumbing.merkle import levels_of
from voucher.plumbing.secrets import Keyring
from voucher.plumbing.signing import CheckpointSigner
from voucher.plumbing.unit_of_work import Work
from voucher.registry.users import RoleGrant
from voucher.rules.actor import Role
from voucher.rules.errors import Refused
from voucher.stages.oversee.handover import packing, proofs, verify
from voucher.stages.oversee.handover.asking import (
    JOB_KIND,
    ask_export,
    list_exports,
    name_making,
    pack_as_job,
    take_export,
)
from voucher.stages.oversee.handover.describing import COLUMNS
from voucher.stages.oversee.handover.keeping import forget_exports
from voucher.stages.oversee.handover.packing import Packed, pack
from voucher.stages.oversee.looking import list_looks, look_unmasked
from voucher.stages.settle.queries.paid import PaidWish, list_paid

ONE_DATABASE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
WISH = PaidWish(since=on("2024-01-01"), before=on("2025-01-01"))


def pack_town(town: Town, *, unmasked: bool = False) -> Packed:
    with town.database.read() as session:
        return pack(session, town.keyring, [JIYUAN], WISH, made_at=FOUNDED_AT, unmasked=unmasked)


def files_of(made: Packed) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(made.content)) as packed:
        return {each: packed.read(each) for each in packed.namelist()}


def check(files: dict[str, bytes]) -> list[str]:
    asked = verify.Inquiry()
    verify.check_package(files, asked)
    return asked.faults


def test_a_package_verifies_without_this_system(town: Town, tmp_path: Path) -> None:
    made = pack_town(town)
    assert made.payments == 3
    (tmp_path / "package.zip").write_bytes(made.content)
    status, told = run_elsewhere(tmp_path, "package.zip", "--anchors", str(town.anchors))
    assert status == 0, told
    assert f"留痕 {made.acts} 条" in told
    assert "拨付证明 3 份" in told
    assert told.endswith("\n全部相符\n")
    status, told = run_elsewhere(tmp_path, "package.zip", "--key", "another")
    assert (status, "没有编号为 another 的公钥" in told) == (3, True)


def forge(files: dict[str, bytes], forger: CheckpointSigner, real: list[dict[str, str]]) -> bytes:
    """Return a package whose payee is another, the forger's key beside the real one and his signature."""

    def again(line: dict[str, object]) -> dict[str, object]:
        return line | {"key_id": forger.key_id, "signature": forger.sign(verify.message_of(line)).hex()}

    keys = [*forger.list_public_jwks(), *real]
    made = {name: data for name, data in files.items() if not name.startswith(("manifest", "lines"))}
    made["data/payments.csv"] = made["data/payments.csv"].replace(b",\xe5", b",\xe4", 1)
    made[verify.KEYS] = json.dumps(keys).encode()
    lines = map(json.loads, made[verify.CHECKPOINTS].splitlines())
    made[verify.CHECKPOINTS] = "\n".join(json.dumps(again(each)) for each in lines).encode()
    for name in [each for each in made if each.startswith("proofs/")]:
        proof = json.loads(made[name])
        proof |= {"keys": keys, "checkpoints": [again(each) for each in proof["checkpoints"]]}
        made[name] = json.dumps(proof).encode()
    manifest = json.dumps({"files": {name: verify.sha256(data) for name, data in made.items()}}).encode()
    signature = forger.sign(b"voucher-export:" + manifest).hex()
    signed = json.dumps({"key_id": forger.key_id, "signature": signature}).encode()
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        for name, data in {**made, verify.MANIFEST: manifest, verify.SIGNATURE: signed}.items():
            packed.writestr(name, data)
    return out.getvalue()


def test_a_package_rests_on_the_key_named_and_no_other(town: Town, tmp_path: Path) -> None:
    made = pack_town(town)
    (tmp_path / "package.zip").write_bytes(made.content)
    real = CheckpointSigner(town.keyring)
    status, told = run_elsewhere(tmp_path, "package.zip", "--key", real.key_id)
    assert (status, told.endswith("\n全部相符\n")) == (0, True), told
    status, told = run_elsewhere(tmp_path, "package.zip")
    assert (status, "全部相符" in told, f"--key {real.key_id}" in told) == (4, False, True), told
    forger = CheckpointSigner(Keyring.open(tmp_path / "forger.json", create=True))
    forged = forge(files_of(made), forger, real.list_public_jwks())
    (tmp_path / "forged.zip").write_bytes(forged)
    status, told = run_elsewhere(tmp_path, "forged.zip", "--key", real.key_id)
    assert (status, "清单 manifest.json 的签名无效" in told) == (3, True), told
    assert f"写的是 {forger.key_id}" in told
    status, told = run_elsewhere(tmp_path, "forged.zip")
    assert (status, f"随附的公钥 {forger.key_id}" in told) == (4, True), told


def test_anchors_that_hold_nothing_are_a_fault(town: Town, tmp_path: Path) -> None:
    (tmp_path / "package.zip").write_bytes(pack_town(town).content)
    (tmp_path / "empty.jsonl").write_text("\n")
    status, told = run_elsewhere(tmp_path, "package.zip", "--anchors", "empty.jsonl")
    assert (status, "留存文件 empty.jsonl 里没有检查点" in told) == (3, True), told


def test_the_same_package_comes_out_twice_and_says_nobodys_name(town: Town) -> None:
    made = pack_town(town)
    assert made.content == pack_town(town).content
    whole = b"".join(files_of(made).values())
    assert ZHANG_SAN[0].encode() not in whole
    assert ZHANG_SAN[1].encode() not in whole
    told = files_of(pack_town(town, unmasked=True))["data/payments.csv"].decode()
    assert ZHANG_SAN[0] in told
    assert ZHANG_SAN[1] in told


def test_one_changed_byte_is_found_and_named_whatever_the_file(town: Town) -> None:
    files = files_of(pack_town(town))
    dice = random.Random(8)
    for name, data in files.items():
        place = dice.randrange(len(data))
        sin = bytes([data[place] ^ 1])
        faults = check(files | {name: data[:place] + sin + data[place + 1 :]})
        line = data[:place].count(b"\n") + 1
        if name in (verify.MANIFEST, verify.SIGNATURE):
            assert faults
        else:
            assert any(f"文件 {name} 被改动" in each for each in faults), (name, faults)
        if name not in (verify.MANIFEST, verify.SIGNATURE, verify.LINES) and data[place : place + 1] != b"\n":
            assert any(f"：第 {line} 行" in each for each in faults), (name, line, faults)


def test_a_checkpoints_tree_is_built_once_for_all_its_acts(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    built: list[int] = []

    def build(leaves: list[bytes]) -> list[list[bytes]]:
        built.append(len(leaves))
        return levels_of(leaves)

    monkeypatch.setattr(proofs, "levels_of", build)
    made = pack_town(town)
    checkpoints = files_of(made)[verify.CHECKPOINTS].splitlines()
    assert len(built) == len(checkpoints) < made.acts


def test_what_was_offset_is_told_and_reconciles_with_the_budget(town: Town) -> None:
    with town.database.read() as session:
        paid = list_paid(session, [JIYUAN], WISH)
        first = replace(paid[0], amount_fen=0, offset_fen=paid[0].computed_fen)
        rows = packing._rows(session, town.keyring, [first, *paid[1:]], unmasked=False)
        sums = packing._sums([first, *paid[1:]])
    told = dict(zip(COLUMNS, rows[0], strict=True))
    gross = first.computed_fen
    assert (told["金额（分）"], told["核定金额（分）"], told["抵扣（分）"]) == (0, gross, gross)
    assert COLUMNS[verify.AMOUNT_COLUMN] == "金额（分）"
    whole = sum(each.computed_fen for each in paid)
    assert (sums["computed_fen"], sums["offset_fen"], sums["amount_fen"]) == (whole, gross, whole - gross)
    by_fund = sums["by_fund_offset_fen"]
    assert isinstance(by_fund, dict)
    assert by_fund[first.fund_source] == gross
    assert "抵收款机构应退回的资金" in files_of(pack_town(town))["dictionary.csv"].decode()


def test_a_file_taken_away_or_put_in_is_named(town: Town) -> None:
    files = files_of(pack_town(town))
    assert "文件 README.md 不在包中" in check({n: d for n, d in files.items() if n != "README.md"})
    assert check(files | {"more.txt": b""}) == ["文件 more.txt 不在清单中"]


def test_a_name_that_comes_twice_is_a_fault(town: Town, tmp_path: Path) -> None:
    path = tmp_path / "package.zip"
    data = files_of(pack_town(town))["data/payments.csv"]
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("data/payments.csv", data.replace(b"1", b"2"))
        with pytest.warns(UserWarning, match="Duplicate name"):
            packed.writestr("data/payments.csv", data)
    faults: list[str] = []
    verify.read_package(path, faults)
    assert faults == ["文件 data/payments.csv 在压缩包中不止一个"]


def hire_watchers(scene: Scene) -> None:
    scene.hire("auditor", Role.AUDITOR, staff_number("310101199001010910"))
    scene.hire("supervisor", Role.SUPERVISOR, staff_number("310101199001010920"))


def test_a_package_is_a_job_and_every_look_at_it_is_written_down(scene: Scene, tmp_path: Path) -> None:
    hire_watchers(scene)
    store = FileStore(tmp_path / "exports")
    why = "省审计厅〔2024〕12 号通知"
    day = date(2024, 1, 1)
    job_id = scene.do("auditor", lambda work: ask_export(work, day, day, unmask_why=why))
    with pytest.raises(Refused) as early:
        scene.do("auditor", lambda work: take_export(work, store, job_id))
    assert early.value.refusal.code == "export_not_ready"
    with scene.database.read() as session:
        job = session.get_one(Job, job_id)
        run = Run(job.id, job.kind, 1, job.payload, job.created_by_user_id)
    result = pack_as_job(scene.database, scene.keyring, lambda: scene.at, store)(run)
    assert result["payments"] == 0

    def finish(work: Work) -> None:
        found = work.session.get_one(Job, job_id)
        found.state, found.result, found.finished_at = JobState.DONE, result, scene.at

    scene.do("clock", finish)
    with scene.do("auditor", lambda work: take_export(work, store, job_id)) as taken:
        assert zipfile.ZipFile(taken).namelist()
    with pytest.raises(Refused) as foreign:
        scene.do("supervisor", lambda work: take_export(work, store, job_id))
    assert foreign.value.refusal.code == "export_missing"
    with scene.database.read() as session:
        rows = session.execute(
            select(AuditRow.act, AuditRow.content).where(AuditRow.thing == JOB_KIND).order_by(AuditRow.id)
        ).all()
        assert [each.id for each in list_exports(session, 0, before_id=None, limit=5)] == []
    assert [act for act, _ in rows] == ["ask", "look"]
    assert rows[0].content["unmask_why"] == why
    assert rows[1].content["unmasked"] is True
    assert rows[1].content["why"] == why


@ONE_DATABASE
def test_a_package_goes_after_its_days_and_so_does_what_no_row_names(scene: Scene, tmp_path: Path) -> None:
    hire_watchers(scene)
    store, day = FileStore(tmp_path / "exports"), date(2024, 1, 1)
    forget = partial(forget_exports, store=store)

    def make(content: bytes) -> int:
        job_id = scene.do("auditor", lambda work: ask_export(work, day, day))
        stored = store.put(content)

        def finish(work: Work) -> None:
            found = work.session.get_one(Job, job_id)
            found.state, found.result = JobState.DONE, {"sha256": stored.sha256}
            found.finished_at = work.at

        scene.do("clock", finish)
        return job_id

    old = make(b"old")
    scene.at += timedelta(days=29)
    young = make(b"young")
    stray = store.put(b"of a run that was lost").sha256
    being_made = scene.do("auditor", lambda work: ask_export(work, day, day))
    # what machines that were killed left behind: of a job that is over, of one that is tried again, of before
    for name in (f"{name_making(old)}-3", f"{name_making(being_made)}-1", "ledger-7"):
        with suppress(InterruptedError), store.make_in(f"living-{name}") as folder:
            (folder / "ledger.xlsx").write_bytes(b"half")
            folder.rename(folder.with_name(f".making-{name}"))
            raise InterruptedError
    with pytest.raises(Refused, match="role_missing"):
        scene.do("auditor", forget)
    assert scene.do("clock", forget) == 0
    assert store.list_making() == [f"{name_making(being_made)}-1"], "its run may only have been silent"
    assert store.has(stray), "one is being made: its file may lie there before its row says so"
    scene.do("clock", lambda work: work.session.delete(work.session.get_one(Job, being_made)))
    scene.at += timedelta(days=2)
    assert [scene.do("clock", forget) for _ in range(2)] == [1, 0]
    assert store.list_making() == []
    assert store.list_digests() == {hashlib.sha256(b"young").hexdigest()}
    with pytest.raises(Refused, match="export_forgotten"):
        scene.do("auditor", lambda work: take_export(work, store, old))
    scene.do("auditor", lambda work: take_export(work, store, young)).close()
    with scene.database.read() as session:
        gone = session.execute(
            select(AuditRow.object_id, AuditRow.content).where(AuditRow.act == "forget")
        ).all()
    assert [(each.object_id, each.content["sha256"]) for each in gone] == [
        (old, hashlib.sha256(b"old").hexdigest())
    ]


@ONE_DATABASE
def test_looks_of_an_institutions_own_staff_are_among_every_look(scene: Scene) -> None:
    house = institution(scene)
    scene.hire("teacher", Role.TEACHER, staff_number("310101199001010940"), XINXIANG)

    def move_in(work: Work) -> None:
        grant = work.session.scalars(
            select(RoleGrant).where(RoleGrant.user_id == scene.actor("teacher").user_id)
        ).one()
        grant.region_code, grant.institution_id = None, house

    scene.do("operator", move_in)
    scene.do("teacher", lambda work: record_one(work, "class", 1, "look_at_proof", attendance=1))
    with scene.database.read() as session:
        here, elsewhere = list_looks(session, [JIYUAN]), list_looks(session, [XINXIANG])
    assert [(each.user_name, each.act) for each in here] == [("teacher", "look_at_proof")]
    assert elsewhere == []


@ONE_DATABASE
def test_what_another_role_reaches_is_neither_packed_nor_looked_at_nor_taken(
    scene: Scene, tmp_path: Path
) -> None:
    scene.hire("two", Role.AUDITOR, staff_number("310101199001010930"), XINXIANG)

    def grant_money(work: Work) -> None:
        work.session.add(
            RoleGrant(
                user_id=scene.actor("two").user_id,
                role=str(Role.FINANCE_MAKER),
                region_code=JIYUAN,
                since=date(2021, 1, 1),
            )
        )

    scene.do("operator", grant_money)
    assert {JIYUAN, XINXIANG} <= scene.actor("two").regions
    day = date(2024, 1, 1)
    job_id = scene.do("two", lambda work: ask_export(work, day, day))
    with scene.database.read() as session:
        regions = session.get_one(Job, job_id).payload["regions"]
    assert (XINXIANG in regions, JIYUAN in regions) == (True, False)
    budget = town_certified.settle_down(scene)
    town_certified.certified(scene, budget, ZHANG_SAN)
    with scene.database.read() as session:
        holder = session.scalars(select(Voucher.holder_person_id)).one()
    with pytest.raises(Refused, match="person_without_vouchers"):
        scene.do("two", lambda work: look_unmasked(work, holder, "抽查"))

    def finish(work: Work) -> None:
        found = work.session.get_one(Job, job_id)
        found.payload = found.payload | {"regions": [JIYUAN, XINXIANG]}
        found.state, found.result, found.finished_at = JobState.DONE, {"sha256": "0" * 64}, scene.at

    scene.do("clock", finish)
    with pytest.raises(Refused, match="export_beyond_regions"):
        scene.do("two", lambda work: take_export(work, FileStore(tmp_path), job_id))


@pytest.mark.parametrize(("since", "until"), [("2024-02-01", "2024-01-31"), ("2023-01-01", "2024-06-01")])
def test_a_span_nobody_means_is_refused(scene: Scene, since: str, until: str) -> None:
    hire_watchers(scene)
    with pytest.raises(Refused) as caught:
        scene.do(
            "supervisor",
            lambda work: ask_export(work, date.fromisoformat(since), date.fromisoformat(until)),
        )
    assert caught.value.refusal.code == "export_span_unsound"
