"""A roster that is ended for good: what was issued stays, the rest is told so, nothing lets it go on."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from tests.scene import LI_SI, QIAN_QI, SUN_BA, ZHANG_SAN, ZHAO_LIU, Scene, on
from tests.stages.issue.test_running import begin, counts, desk_of, outcomes
from tests.town_issue import act, eligible, programme, publisher
from voucher.ledger.states import list_events
from voucher.ledger.vouchers import Voucher
from voucher.registry.users import UserAccount
from voucher.rules.actor import Role
from voucher.rules.errors import Refused
from voucher.rules.lifecycle import Thing
from voucher.stages.issue import running
from voucher.stages.issue.carrying_on import carry_on
from voucher.stages.issue.models import Issue
from voucher.stages.issue.models_runs import RosterFault
from voucher.stages.issue.programmes import stop_programme
from voucher.stages.issue.queries.runs import read_refused
from voucher.stages.issue.running import resume_run
from voucher.stages.issue.terminating import terminate_run

PEOPLE = (ZHANG_SAN, LI_SI, SUN_BA, ("", ZHAO_LIU[1]), QIAN_QI)
BACK = ("phase = 'running', finished_at = NULL", "lines_issued = lines_issued + 1, rows_read = rows_read + 1",
        "terminated_why = '另一个理由'")  # fmt: skip


@pytest.fixture
def nurses(scene: Scene) -> int:
    """Return a programme with money for everybody of the roster."""
    scene.at = on("2024-01-10")
    published = programme(scene, scene.open_budget(100_000))
    eligible(scene, ZHANG_SAN, LI_SI, SUN_BA, QIAN_QI)
    return published


def silent(_read: int, _of: int | None) -> None:
    """Show no progress."""


def code_of(scene: Scene, login: str, work_act: Any) -> str:
    with pytest.raises(Refused) as refused:
        scene.do(login, work_act)
    assert refused.value.refusal.title
    assert refused.value.refusal.next_step
    return refused.value.refusal.code


def count_vouchers(scene: Scene) -> int | None:
    with scene.database.read() as session:
        return session.scalar(select(func.count()).select_from(Voucher))


def test_killed_half_way_and_ended_it_never_goes_on(
    scene: Scene, nurses: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = desk_of(scene, rows=1)
    run = begin(scene, desk, nurses, PEOPLE)
    counted, calls = running._count, list[int]()

    def die(work: Any, *given: Any) -> None:
        calls.append(1)
        counted(work, *given)
        if len(calls) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(running, "_count", die)
    with pytest.raises(KeyboardInterrupt):
        carry_on(desk, run.issue_id, silent)
    scene.hire("外地发券员", Role.OPERATOR, "310101199001010330", region="410700")
    end = act(terminate_run, run.issue_id, " 名册有误 ")
    assert code_of(scene, "外地发券员", end) == "programme_missing"
    assert code_of(scene, publisher(scene), end) == "role_missing"
    assert code_of(scene, "operator", act(terminate_run, run.issue_id, " ")) == "why_missing"
    scene.do("operator", end)
    # nothing is issued from the very moment, and it is asked for once more only to go on with the writing off
    assert code_of(scene, "operator", act(resume_run, run.issue_id)) == "issue_run_terminated"
    scene.do("operator", act(terminate_run, run.issue_id, "还是有误"))
    done = carry_on(desk, run.issue_id, silent)
    assert counts(done) == ("terminated", 5, 2, 0, 0, 0)
    assert (done.rows_left_out, done.rows_expected, done.terminated_why) == (3, 5, "名册有误")
    assert outcomes(scene, run.issue_id) == {
        2: "issued",
        3: "issued",
        **dict.fromkeys((4, 5, 6), "roster_row_left_out"),
    }
    assert count_vouchers(scene) == done.lines_issued
    assert not desk.files.has(run.file_sha256), "the roster is not kept longer than it is needed"
    for again in (resume_run, terminate_run):
        given = ("再来",) if again is terminate_run else ()
        assert code_of(scene, "operator", act(again, run.issue_id, *given)) == "issue_run_terminated"
    with scene.database.read() as session:
        last = list_events(session, Thing.ISSUE, run.issue_id)[-1]
        assert session.get_one(Issue, run.issue_id).state == "issued"
        assert (last.event, last.reason) == ("terminate", "名册有误")
        hand = session.scalar(select(UserAccount.login).where(UserAccount.id == done.terminated_by_user_id))
        assert hand == "operator"
        rows = list(read_refused(session, scene.keyring, run.issue_id))
        assert [(row.line, row.refusal["code"]) for row in rows] == [
            (line, "roster_row_left_out") for line in (4, 5, 6)
        ]
        kept = str(session.execute(select(RosterFault.masked, RosterFault.refusal)).all())
    assert QIAN_QI[1] not in kept
    for change in BACK:  # whoever goes past Python meets the database
        with pytest.raises(DBAPIError), scene.database.engine.begin() as connection:
            connection.execute(text(f"UPDATE issue_run SET {change}"))


def test_one_that_is_at_work_gives_way_and_one_that_is_done_cannot_be_ended(
    scene: Scene, nurses: int
) -> None:
    desk = desk_of(scene)
    run = begin(scene, desk, nurses, PEOPLE)

    def end(read: int, _of: int | None) -> None:
        if read == 2:
            scene.do("operator", act(terminate_run, run.issue_id, "名册有误"))

    assert counts(carry_on(desk, run.issue_id, end)) == ("terminating", 2, 2, 0, 0, 0)
    assert counts(carry_on(desk, run.issue_id, silent)) == ("terminated", 5, 2, 0, 0, 0)
    assert count_vouchers(scene) == 2
    other = begin(scene, desk, nurses, (QIAN_QI,))
    assert counts(carry_on(desk, other.issue_id, silent)) == ("done", 1, 1, 0, 0, 0)
    assert code_of(scene, "operator", act(terminate_run, other.issue_id, "晚了")) == "issue_run_over"
    assert code_of(scene, "operator", act(terminate_run, 999_999, "没有")) == "issue_run_missing"
    with pytest.raises(DBAPIError), scene.database.engine.begin() as connection:
        connection.execute(
            text("UPDATE issue_run SET phase = 'running', finished_at = NULL WHERE phase = 'done'")
        )


def test_stopped_with_a_file_nobody_can_read_any_more_it_still_ends(scene: Scene, nurses: int) -> None:
    desk = desk_of(scene)
    run = begin(scene, desk, nurses, PEOPLE)
    scene.do(publisher(scene), act(stop_programme, nurses, "核对中"))
    assert counts(carry_on(desk, run.issue_id, silent)) == ("stopped", 0, 0, 0, 0, 0)
    desk.files.remove(run.file_sha256)
    scene.do("operator", act(terminate_run, run.issue_id, "文件遗失"))
    done = carry_on(desk, run.issue_id, silent)
    assert counts(done) == ("terminated", 0, 0, 0, 0, 0)
    assert done.rows_expected >= len(PEOPLE), "how many there were is still said"
    assert outcomes(scene, run.issue_id) == {1: "stored_file_missing"}
