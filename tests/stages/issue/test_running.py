"""Rosters issued piece by piece: every row answered, nothing lost where it is cut off, nothing twice."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from tests.scene import LI_SI, LIMITS, QIAN_QI, SUN_BA, ZHANG_SAN, ZHAO_LIU, Scene, on
from tests.town_issue import act, eligible, issue_to, newcomer, programme, publisher
from voucher.ledger import restoring
from voucher.ledger.audit import AuditRow
from voucher.ledger.vouchers import Voucher
from voucher.plumbing.files import FileStore
from voucher.registry.people import open_people
from voucher.registry.subjects import destroy_key
from voucher.rules.actor import Role
from voucher.rules.errors import Refused
from voucher.stages.issue import running
from voucher.stages.issue.carrying_on import carry_on
from voucher.stages.issue.going_on import go_on_due
from voucher.stages.issue.models import Issue, IssueLine
from voucher.stages.issue.models_runs import IssueRun, RosterFault
from voucher.stages.issue.programmes import resume_programme, stop_programme
from voucher.stages.issue.room import Room
from voucher.stages.issue.roster_files import Piece
from voucher.stages.issue.running import Desk, resume_run, start_run
from voucher.stages.oversee.privacy.reconciling import reconcile_without

ROWS = (
    ZHANG_SAN,
    ("李四", "410702198511209928"),
    LI_SI,
    ("张三", ZHANG_SAN[1].lower()),
    SUN_BA,
    ("", QIAN_QI[1]),
    ("赵六六", ZHAO_LIU[1]),
    QIAN_QI,
    ("孙八", SUN_BA[1]),
)


@pytest.fixture
def budget(scene: Scene) -> int:
    scene.at = on("2024-01-10")
    return scene.open_budget(100_000)


def desk_of(scene: Scene, rows: int = 2) -> Desk:
    files = FileStore(scene.folder / "files")
    return Desk(scene.database, scene.keyring, lambda: scene.at, files, LIMITS, piece_rows=rows)


def begin(scene: Scene, desk: Desk, programme_id: int, rows: Any = ROWS) -> IssueRun:
    """Start a run on a roster of these rows as the operator."""
    text = "姓名,身份证号\n" + "".join(f"{name},{number}\n" for name, number in rows)
    begun: IssueRun = scene.do("operator", act(start_run, desk, programme_id, text.encode(), "名册.csv"))
    return begun


def outcomes(scene: Scene, issue_id: int) -> dict[int, str]:
    """Return what came of every line of the file: the outcome, or the code of the refusal."""
    with scene.database.read() as session:
        lines = session.scalars(select(IssueLine).where(IssueLine.issue_id == issue_id)).all()
        faults = session.scalars(select(RosterFault).where(RosterFault.issue_id == issue_id)).all()
    told = {
        each.position: each.refusal["code"] if each.outcome == "refused" and each.refusal else each.outcome
        for each in lines
    }
    return dict(sorted((told | {each.line: each.refusal["code"] for each in faults}).items()))


def counts(run: IssueRun) -> tuple[str, int, int, int, int, int]:
    return (
        run.phase, run.rows_read, run.lines_issued, run.lines_waiting, run.lines_refused, run.rows_unreadable
    )  # fmt: skip


def test_every_row_of_a_file_is_answered_and_counted(scene: Scene, budget: int) -> None:
    """Broken rows, one person twice in a piece and across pieces, another name, somebody erased, no facts."""
    nurses = programme(scene, budget)
    eligible(scene, ZHANG_SAN, ZHAO_LIU, QIAN_QI)
    eligible(scene, LI_SI, category="财政供养")

    def erase(work: Any) -> None:
        destroy_key(work, next(iter(open_people(work, [newcomer(QIAN_QI)]))))

    scene.do("operator", erase)
    desk, heard = desk_of(scene), []
    run = begin(scene, desk, nurses)
    with scene.database.read() as session:
        assert session.get_one(Issue, run.issue_id).state == "issuing"
    done = carry_on(desk, run.issue_id, lambda read, of: heard.append((read, of)))
    assert outcomes(scene, run.issue_id) == {
        2: "issued", 3: "identity_check_digit", 4: "publicly_funded", 5: "roster_person_twice",
        6: "issued", 7: "cell_missing", 8: "name_differs", 9: "subject_erased", 10: "roster_person_twice",
    }  # fmt: skip
    assert counts(done) == ("done", 9, 2, 0, 3, 4)
    assert heard == [(2, 10), (4, 10), (6, 10), (8, 10), (9, 10)]
    with scene.database.read() as session:
        issue = session.get_one(Issue, run.issue_id)
        assert (issue.state, issue.decided_by_person_id) == ("issued", issue.filed_by_person_id)
        decided = [
            row.content["decided"]
            for row in session.scalars(select(AuditRow).where(AuditRow.act == "lines").order_by(AuditRow.id))
        ]
        assert decided[2] == {"6": "facts_unknown"}
        told = str(session.scalars(select(RosterFault.refusal)).all())
        masked = session.scalars(select(RosterFault.masked)).all()
    assert ZHANG_SAN[1] not in told + str(masked)
    assert scene.budget(budget).reserved_fen == 2 * 1400_00
    assert not desk.files.has(run.file_sha256), "the roster is not kept longer than it is needed"
    with pytest.raises(Refused, match="issue_run_over"):
        scene.do("operator", act(resume_run, run.issue_id))


def test_cut_off_anywhere_it_goes_on_and_nobody_gets_two(
    scene: Scene, budget: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    nurses = programme(scene, budget)
    people = (ZHANG_SAN, LI_SI, SUN_BA, ZHAO_LIU, QIAN_QI)
    eligible(scene, *people)
    desk = desk_of(scene, rows=1)
    run = begin(scene, desk, nurses, people)
    counted = running._count
    calls: list[int] = []

    def die(work: Any, *given: Any) -> None:
        calls.append(1)
        counted(work, *given)
        if len(calls) % 2 == 0:
            raise KeyboardInterrupt

    monkeypatch.setattr(running, "_count", die)
    for _ in range(4):
        with pytest.raises(KeyboardInterrupt):
            carry_on(desk, run.issue_id, lambda _read, _of: None)
        with scene.database.read() as session:
            here = running.find_run(session, run.issue_id)
            lines = session.scalar(select(func.count()).select_from(IssueLine))
            assert here.rows_read == lines == session.scalar(select(func.count()).select_from(Voucher))
    monkeypatch.setattr(running, "_count", counted)
    # two at once: the one that comes second sees that the other has gone on, and gives way
    late = Room()
    with scene.database.read() as session:
        assert running.find_run(session, run.issue_id).last_line == 5
    stale = Piece(last_line=5, rows=1)
    assert not scene.do(
        "operator", act(running.issue_piece, issue_id=run.issue_id, piece=stale, reached=4, room=late)
    )
    assert counts(carry_on(desk, run.issue_id, lambda _read, _of: None)) == ("done", 5, 5, 0, 0, 0)
    assert counts(carry_on(desk, run.issue_id, lambda _read, _of: None)) == ("done", 5, 5, 0, 0, 0)


def test_a_stopped_programme_stops_the_run_and_lets_it_go_on_later(scene: Scene, budget: int) -> None:
    nurses = programme(scene, budget, quantity=4)
    people = (ZHANG_SAN, LI_SI, SUN_BA, ZHAO_LIU, QIAN_QI)
    eligible(scene, *people)
    desk = desk_of(scene)
    run = begin(scene, desk, nurses, people)

    def stop(read: int, _of: int | None) -> None:
        if read == 2:
            scene.do(publisher(scene), act(stop_programme, nurses, "核对中"))

    stopped = carry_on(desk, run.issue_id, stop)
    assert counts(stopped) == ("stopped", 2, 2, 0, 0, 0)
    assert (stopped.stopped_by or {})["code"] == "programme_not_published"
    assert counts(carry_on(desk, run.issue_id, stop)) == ("stopped", 2, 2, 0, 0, 0)
    scene.do(publisher(scene), act(resume_programme, nurses, "已核对"))
    (own,) = issue_to(scene, nurses, ("周九", "410105199107019911"))
    assert own
    scene.hire("外地发券员", Role.OPERATOR, "310101199001010330", region="410700")
    with pytest.raises(Refused, match="programme_missing"):
        scene.do("外地发券员", act(resume_run, run.issue_id))
    scene.do("operator", act(resume_run, run.issue_id))
    done = carry_on(desk, run.issue_id, lambda _read, _of: None)
    assert counts(done) == ("done", 5, 3, 0, 2, 0)
    assert list(outcomes(scene, run.issue_id).values()) == ["issued"] * 3 + ["quantity_used_up"] * 2


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_run_a_restore_stopped_goes_on_by_itself_and_no_other_does(scene: Scene, budget: int) -> None:
    nurses, desk = programme(scene, budget), desk_of(scene)
    eligible(scene, ZHANG_SAN, LI_SI)
    run = begin(scene, desk, nurses, (ZHANG_SAN, LI_SI))
    other = begin(scene, desk, programme(scene, budget, name="另一个"), (SUN_BA,))
    scene.do(publisher(scene), act(stop_programme, nurses + 1, "核对中"))
    scene.do("clock", act(restoring.notice_older, 7, "0" * 64))
    for each in (run, other):
        assert carry_on(desk, each.issue_id, lambda _read, _of: None).phase == "stopped"
    assert scene.do("clock", go_on_due) == 0
    for number in (10, 20):
        scene.hire(f"管理员{number}", Role.ADMINISTRATOR, f"3101011990010107{number}")
        scene.do(f"管理员{number}", act(reconcile_without, "没有登记可核对"))
    assert scene.do("clock", go_on_due) == 1
    assert counts(carry_on(desk, run.issue_id, lambda _read, _of: None)) == ("done", 2, 2, 0, 0, 0)
    assert carry_on(desk, other.issue_id, lambda _read, _of: None).phase == "stopped"
    assert scene.do("clock", go_on_due) == 0


def test_without_money_the_rest_waits_in_the_order_of_the_file(scene: Scene) -> None:
    scene.at = on("2024-01-10")
    nurses = programme(scene, scene.open_budget(2 * 1400))
    people = (ZHANG_SAN, LI_SI, SUN_BA, ZHAO_LIU)
    eligible(scene, *people)
    desk = desk_of(scene, rows=3)
    run = begin(scene, desk, nurses, people)
    assert counts(carry_on(desk, run.issue_id, lambda _read, _of: None)) == ("done", 4, 2, 2, 0, 0)
    assert list(outcomes(scene, run.issue_id).values()) == ["issued", "issued", "waiting", "waiting"]


def test_a_file_nobody_can_read_begins_nothing(scene: Scene, budget: int) -> None:
    nurses, desk = programme(scene, budget), desk_of(scene)

    def told(content: bytes, name: str = "名册.csv") -> str:
        with pytest.raises(Refused) as refused:
            scene.do("operator", act(start_run, desk, nurses, content, name))
        assert not any(each.is_file() for each in (scene.folder / "files").rglob("*"))
        return refused.value.refusal.code

    assert told("姓名,身份证号\n".encode()) == "roster_empty"
    assert told("姓名,电话\n张三,1".encode()) == "column_missing"
    assert told("姓名,身份证号\n张三".encode("gbk")) == "file_encoding"
    assert told(b"PK\x03\x04", "名册.csv") == "file_not_what_it_says"
    with scene.database.read() as session:
        assert session.scalar(select(func.count()).select_from(IssueRun)) == 0


def test_paths_of_stored_rosters_are_digests(tmp_path: Path) -> None:
    files = FileStore(tmp_path)
    stored = files.put(b"x")
    files.remove(stored.sha256)
    files.remove(stored.sha256)
    assert not files.has(stored.sha256)
    with pytest.raises(ValueError, match="digest"):
        files.remove("../x")
