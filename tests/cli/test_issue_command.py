"""`voucher issue`: a roster issued from the command line, followed, resumed, and its refusals written out."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from tests.scene import LI_SI, SUN_BA, ZHANG_SAN, Scene, on
from tests.town_issue import act, eligible, programme, publisher
from voucher.cli import office
from voucher.cli.group import officers
from voucher.ledger.audit import AuditRow
from voucher.stages.issue.programmes import resume_programme, stop_programme


@pytest.fixture
def at_the_desk(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> Scene:
    """Return a scene whose database, keys and day are those of the command line."""
    scene.at = on("2024-01-10")
    monkeypatch.setenv("VOUCHER_DATABASE_URL", scene.database.url.render_as_string(hide_password=False))
    monkeypatch.setenv("VOUCHER_KEY_FILE", str(scene.keyring.folder / "keys.json"))
    monkeypatch.setenv("VOUCHER_DATA_DIR", str(scene.folder / "data"))
    monkeypatch.setattr(office, "clock_of", lambda _: lambda: scene.at)
    return scene


def told(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> dict[str, Any]:
    """Return the one JSON object a command answers with."""
    capsys.readouterr()
    with pytest.raises(SystemExit) as left:
        officers.main([*words, "--json"])
    out, err = capsys.readouterr()
    assert left.value.code == code, err
    found: dict[str, Any] = json.loads(out)
    return found


def write(folder: Path, *people: tuple[str, str]) -> str:
    path = folder / "名册.csv"
    path.write_text("姓名,证件号码\n" + "".join(f"{name},{number}\n" for name, number in people))
    return str(path)


def test_a_roster_is_issued_and_what_was_refused_written_out(
    at_the_desk: Scene, capsys: pytest.CaptureFixture[str]
) -> None:
    scene = at_the_desk
    nurses = str(programme(scene, scene.open_budget(100_000)))
    eligible(scene, ZHANG_SAN)
    eligible(scene, LI_SI, category="财政供养")
    file = write(scene.folder, ZHANG_SAN, LI_SI, ("孙八", SUN_BA[1][:17] + "0"))
    done = told(capsys, "issue", "roster", file, "--programme", nurses)
    assert (done["phase"], done["lines_issued"], done["lines_refused"], done["rows_unreadable"]) == (
        "done", 1, 1, 1,
    )  # fmt: skip
    number = str(done["issue_id"])
    assert told(capsys, "issue", "status", number) == done
    assert told(capsys, "issue", "resume", number, code=2)["error"]["code"] == "issue_run_over"
    for name in ("不发.csv", "不发.xlsx"):
        out = scene.folder / name
        assert told(capsys, "issue", "refused", number, "--out", str(out))["rows"] == 2
        assert out.stat().st_size
    with scene.database.read() as session:
        said = session.scalars(select(AuditRow).where(AuditRow.thing == "command")).all()
    commands = [each.content["command"] for each in said]
    assert commands.count("voucher issue refused") == 2, "names left the house"
    assert "voucher issue status" not in commands, "only counts"
    with (scene.folder / "不发.csv").open(encoding="utf-8-sig", newline="") as lines:
        assert [row["代码"] for row in csv.DictReader(lines)] == ["publicly_funded", "identity_check_digit"]


def test_handed_to_the_worker_or_stopped_it_is_resumed_later(
    at_the_desk: Scene, capsys: pytest.CaptureFixture[str]
) -> None:
    scene = at_the_desk
    nurses = programme(scene, scene.open_budget(100_000))
    eligible(scene, ZHANG_SAN)
    file = write(scene.folder, ZHANG_SAN)
    waiting = told(capsys, "issue", "roster", file, "--programme", str(nurses), "--job")
    assert (waiting["phase"], waiting["rows_read"]) == ("running", 0)
    number = str(waiting["issue_id"])
    scene.do(publisher(scene), act(stop_programme, nurses, "核对中"))
    stopped = told(capsys, "issue", "resume", number)
    assert (stopped["phase"], stopped["stopped_by"]["code"]) == ("stopped", "programme_not_published")
    scene.do(publisher(scene), act(resume_programme, nurses, "已核对"))
    assert told(capsys, "issue", "resume", number)["lines_issued"] == 1


def test_a_stopped_roster_is_terminated(at_the_desk: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    scene = at_the_desk
    nurses = programme(scene, scene.open_budget(100_000))
    eligible(scene, ZHANG_SAN)
    file = write(scene.folder, ZHANG_SAN)
    waiting = told(capsys, "issue", "roster", file, "--programme", str(nurses), "--job")
    number = str(waiting["issue_id"])
    done = told(capsys, "issue", "terminate", number, "--why", "名册有误")
    assert (done["phase"], done["lines_issued"], done["rows_left_out"]) == ("terminated", 0, 1)
    assert told(capsys, "issue", "resume", number, code=2)["error"]["code"] == "issue_run_terminated"
    out = scene.folder / "不发.csv"
    assert told(capsys, "issue", "refused", number, "--out", str(out))["rows"] == 1
