"""An approved class changes before and after it starts: told in time, else agreed to; never what was held."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from tests import town_filing
from tests import town_issue as issue
from tests import town_train as town
from tests.loop import way
from tests.scene import HOUSEKEEPER, LI_SI, XINXIANG, ZHANG_SAN, Scene
from voucher.plumbing.outbox import Letter
from voucher.rules.actor import Role
from voucher.stages.train import attend, changing, running
from voucher.stages.train.changing import Wanted
from voucher.stages.train.models.classes import ClassSession
from voucher.stages.train.models.timetables import SessionChange, TimetableChange
from voucher.stages.train.queries.timetables import find_changed_sessions, list_session_changes

WHY = "周老师外出培训"
HOUR = timedelta(hours=1)


def change(class_id: int, *wanted: Wanted, why: str = WHY) -> partial[TimetableChange]:
    return partial(changing.ask_change, class_id=class_id, wanted=wanted, why=why)


def decide(asked: TimetableChange, agreed: bool, opinion: str = "同意顺延") -> partial[TimetableChange]:
    return partial(changing.decide_change, change_id=asked.id, agreed=agreed, opinion=opinion)


def barred(scene: Scene, statement: str) -> None:
    """See the database itself refuse a statement."""
    with pytest.raises(DBAPIError):
        scene.do("operator", lambda work: work.session.execute(text(statement)))


def letters(scene: Scene) -> list[tuple[int, str]]:
    with scene.database.read() as session:
        rows = session.scalars(
            select(Letter).where(Letter.key.startswith("class_changed:")).order_by(Letter.id)
        )
        return [(each.payload["person_id"], each.payload["facts"]["after"]) for each in rows]


def moved(held: ClassSession, by: timedelta, teacher: str | None = None) -> Wanted:
    return Wanted(held.id, held.starts_at + by, teacher=teacher)


def test_a_change_in_time_is_told_and_one_of_substance_waits_for_the_office(scene: Scene) -> None:
    at = way.settle_down(scene)
    nurses = issue.programme(scene, at.budget_id)
    class_id = town.open_class(scene, at.house, hours=24)
    zhang = town.enrolled(scene, nurses, ZHANG_SAN, class_id)
    town.enrolled(scene, nurses, LI_SI, class_id)
    other = town.open_class(scene, at.house, hours=16, teacher="李老师", place="二号教室", at_hour=15)
    unready = town.draft(scene, at.house, teacher="赵老师", place="三号教室", hours=4, at_hour=19)
    desk, office = at.registrar(), town.reviewer(scene)
    first, second, third = town.sessions(scene, class_id)
    hers = town.sessions(scene, other)[1]

    refused = {
        "training_why_missing": change(class_id, moved(first, HOUR), why=" "),
        "class_not_changeable": change(unready, moved(first, HOUR)),
        "class_session_missing": change(class_id, moved(hers, HOUR)),
        "timetable_unchanged": change(class_id, Wanted(first.id, first.starts_at, teacher="周老师")),
        "class_session_time_past": change(class_id, Wanted(first.id, scene.at - HOUR)),
        "class_hours_with_learners": change(class_id, Wanted(first.id, hours=4)),
        "sessions_overlap": change(class_id, Wanted(first.id, second.starts_at)),
    }
    for code, act in refused.items():
        assert town.code(scene, desk, act) == code, code
    assert town.code(scene, office, change(class_id, moved(first, HOUR))) == "role_missing"
    # the other class has that teacher, then that room, at that time
    afternoon = hers.starts_at
    for named in (
        Wanted(second.id, afternoon, teacher="李老师"),
        Wanted(second.id, afternoon, place="二号教室"),
    ):
        told = town.refusal(scene, desk, change(class_id, named))
        assert told.code == "sessions_overlap"
        assert town.a_class(scene, other).number in told.title

    # three weeks ahead and nothing of substance: done at once, everybody told, the former plan kept
    done = scene.do(desk, change(class_id, moved(second, HOUR, teacher="钱老师")))
    assert not done.reviewed
    assert [to for _, to in letters(scene)] == [_shanghai(second.starts_at + HOUR)] * 2
    now = {each.id: each for each in town.sessions(scene, class_id)}[second.id]
    assert (now.starts_at, now.teacher) == (second.starts_at + HOUR, "钱老师")
    assert now.ends_at - now.starts_at == second.ends_at - second.starts_at
    with scene.database.read() as session:
        (kept,) = list_session_changes(session, [done.id])[done.id]
        assert (kept.former_starts_at, kept.former_teacher) == (second.starts_at, "周老师")
        assert set(find_changed_sessions(session, [class_id])) == {second.id}
    # the room of another class is taken now also by him, whose own class goes on without him
    late = Wanted(hers.id, now.ends_at - HOUR, teacher="钱老师")
    assert town.code(scene, desk, change(other, late)) == "sessions_overlap"

    # the last day moves: the office is asked, nothing happens before its word
    asked = scene.do(desk, change(class_id, moved(third, timedelta(days=3))))
    assert asked.reviewed
    assert str(asked.due_on) > f"{scene.at:%Y-%m-%d}"
    assert town.code(scene, desk, change(class_id, moved(first, HOUR))) == "timetable_change_open"
    assert town.sessions(scene, class_id)[2].starts_at == third.starts_at
    assert town.code(scene, desk, decide(asked, True)) == "role_missing"
    scene.hire("外地审核员", Role.OFFICER_CITY, "310101199001010240", region=XINXIANG)
    assert town.code(scene, "外地审核员", decide(asked, True)) == "timetable_change_missing"
    assert town.code(scene, office, decide(asked, True, " ")) == "training_why_missing"
    certify_by = town.voucher(scene, zhang).certify_by
    assert certify_by is not None
    scene.do(office, decide(asked, True))
    assert town.code(scene, office, decide(asked, True)) == "timetable_change_missing"
    found = town.a_class(scene, class_id)
    assert (found.ends_on - found.starts_on).days == 5
    assert town.voucher(scene, zhang).certify_by == certify_by + timedelta(days=3)
    assert len(letters(scene)) == 4
    declined = scene.do(desk, change(class_id, Wanted(third.id, place="别处一号楼")))
    scene.do(office, decide(declined, False, "场地没有备案"))
    assert town.sessions(scene, class_id)[2].place is None


def test_what_was_held_stays_and_a_short_notice_waits(scene: Scene) -> None:
    at = way.settle_down(scene)
    nurses = issue.programme(scene, at.budget_id)
    class_id = town.open_class(scene, at.house, hours=24)
    zhang = town.redeemed(scene, nurses, ZHANG_SAN, class_id)
    first, second, third = town.sessions(scene, class_id)
    desk, office = at.registrar(), town.reviewer(scene)
    teacher = town.staff(scene, at.house, Role.TEACHER)
    scene.at = first.ends_at + timedelta(minutes=5)
    scene.do("clock", running.start_due_classes)
    scene.do(teacher, lambda work: attend.attend(work, first.id, {zhang: 8}))
    held = change(class_id, moved(first, timedelta(days=1, hours=10)))
    assert town.code(scene, desk, held) == "class_session_held"
    for edit in ("starts_at = starts_at", "teacher = '别人'"):
        barred(scene, f"UPDATE class_session SET {edit} WHERE id = {first.id}")

    # tomorrow morning is too soon to be merely told
    asked = scene.do(desk, change(class_id, moved(second, HOUR)))
    assert asked.reviewed
    scene.at = second.starts_at + timedelta(minutes=1)
    assert town.code(scene, office, decide(asked, True)) == "class_session_held"
    scene.do(office, decide(asked, False, "课已经开始"))
    again = scene.do(desk, change(class_id, moved(third, 2 * HOUR, teacher="钱老师")))
    scene.do(office, decide(again, True))
    now = town.sessions(scene, class_id)[2]
    assert (now.starts_at, now.teacher) == (third.starts_at + 2 * HOUR, "钱老师")
    barred(scene, "UPDATE session_change SET teacher = 'x'")
    barred(scene, "DELETE FROM timetable_change")
    for each in (second, now):
        scene.at = each.ends_at + timedelta(minutes=5)
        scene.do(teacher, partial(attend.attend, session_id=each.id, hours={zhang: 8}))
    town.sign_off(scene, class_id, {zhang: 80_00})
    assert town.code(scene, desk, change(class_id, moved(third, HOUR))) == "class_not_changeable"


def test_learners_elsewhere_filed_staff_and_vouchers_that_end_bar_a_change(scene: Scene) -> None:
    at = way.settle_down(scene)
    _, filing = town_filing.accepted(scene)
    assert filing.institution_id is not None
    school = filing.institution_id
    town_filing.listed(scene)
    nurses = issue.programme(scene, at.budget_id)
    class_id = town.open_class(scene, school, hours=16)
    first, second = town.sessions(scene, class_id)
    desk = town.staff(scene, school, Role.REGISTRAR)
    assert (
        town.code(scene, desk, change(class_id, Wanted(second.id, teacher="钱老师"))) == "teacher_not_filed"
    )
    assert town.code(scene, desk, change(class_id, Wanted(second.id, place="车库"))) == "room_not_filed"
    zhang = town.enrolled(scene, nurses, ZHANG_SAN, class_id)
    with scene.database.read() as session:
        assert session.scalars(select(SessionChange)).all() == []
    # her other voucher is for an afternoon class of another house
    keepers = issue.programme(scene, at.budget_id, name="家政服务员券", trade_code=HOUSEKEEPER)
    afternoon = town.open_class(
        scene, at.house, hours=8, at_hour=15, trade_code=HOUSEKEEPER, teacher="吴老师"
    )
    town.enrolled(scene, keepers, ZHANG_SAN, afternoon)
    into = town.sessions(scene, afternoon)[0].starts_at
    assert town.code(scene, desk, change(class_id, Wanted(first.id, into))) == "class_learners_not_free"
    past = town.voucher(scene, zhang).redeem_by - first.starts_at.date() + timedelta(days=3)
    late = change(class_id, moved(first, past), moved(second, past))
    assert town.code(scene, desk, late) == "voucher_expires_before_new_start"


def _shanghai(at: datetime) -> str:
    return f"{at + 8 * HOUR:%Y-%m-%d %H:%M}"
