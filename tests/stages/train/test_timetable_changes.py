"""An approved class changes before and after it starts: told in time, else agreed to; never what was held."""

from __future__ import annotations

from collections.abc import Sequence
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
from voucher.plumbing.clock import SHANGHAI
from voucher.plumbing.outbox import Letter
from voucher.registry.letters import write_words
from voucher.rules.actor import Role
from voucher.stages.train import attend, changing, lessons, running
from voucher.stages.train.models.classes import ClassSession
from voucher.stages.train.models.timetables import SessionChange, TimetableChange
from voucher.stages.train.planning import NewSession
from voucher.stages.train.queries.timetables import (
    find_changed_sessions,
    list_dropped,
    list_session_changes,
)
from voucher.stages.train.wanted import Addition, Wanted

WHY = "周老师外出培训"
HOUR = timedelta(hours=1)


def change(
    class_id: int, *wanted: Wanted, why: str = WHY, more: Sequence[Addition] = ()
) -> partial[TimetableChange]:
    return partial(changing.ask_change, class_id=class_id, wanted=wanted, why=why, additions=more)


def gone(held: ClassSession) -> Wanted:
    return Wanted(held.id, drop=True)


def extra(
    starts_at: datetime, *, hours: int = 4, minutes: int = 180, mode: str = "offline", teacher: str = ""
) -> Addition:
    return Addition(
        mode, "实操补充", starts_at, starts_at + timedelta(minutes=minutes), hours, teacher or None
    )


def decide(asked: TimetableChange, agreed: bool, opinion: str = "同意顺延") -> partial[TimetableChange]:
    return partial(changing.decide_change, change_id=asked.id, agreed=agreed, opinion=opinion)


def barred(scene: Scene, statement: str) -> None:
    """See the database itself refuse a statement."""
    with pytest.raises(DBAPIError):
        scene.do("operator", lambda work: work.session.execute(text(statement)))


def class_letters(scene: Scene) -> list[Letter]:
    with scene.database.read() as session:
        rows = select(Letter).where(Letter.key.startswith("class_changed:")).order_by(Letter.id)
        return list(session.scalars(rows))


def letters(scene: Scene) -> list[tuple[int, str]]:
    return [(each.payload["person_id"], each.payload["facts"]["after"]) for each in class_letters(scene)]


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
        "class_session_hours_none": change(class_id, Wanted(first.id, hours=0)),
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


def test_sessions_are_added_and_called_off_without_counting_any_hour_twice(scene: Scene) -> None:
    at = way.settle_down(scene)
    nurses = issue.programme(scene, at.budget_id)
    class_id = town.open_class(scene, at.house, hours=24)
    first, second, third = town.sessions(scene, class_id)
    desk, office = at.registrar(), town.reviewer(scene)
    other = town.open_class(scene, at.house, hours=8, teacher="李老师", place="二号教室", at_hour=15)
    busy = town.sessions(scene, other)[0].starts_at
    after = third.ends_at + HOUR
    refused = {
        # nobody sits in it yet, but a session keeps to its class, its time and its teacher
        "class_session_addition_wrong": change(class_id, more=[extra(after, mode="online")]),
        "session_hours_impossible": change(class_id, more=[extra(after, hours=3, minutes=134)]),
        "class_session_time_past": change(class_id, more=[extra(scene.at - timedelta(days=1))]),
        "sessions_overlap": change(class_id, more=[extra(second.starts_at)]),
        "class_session_kept": change(class_id, *(gone(each) for each in (first, second, third))),
        "timetable_unchanged": change(class_id),
    }
    for code, act in refused.items():
        assert town.code(scene, desk, act) == code, code
    told = town.refusal(scene, desk, change(class_id, more=[extra(busy, teacher="李老师")]))
    assert (told.code, "教师“李老师”" in told.title) == ("sessions_overlap", True)

    # without learners the plan itself may shrink: the office is asked, and the hours follow its word
    shorter = scene.do(desk, change(class_id, gone(third)))
    assert shorter.reviewed
    scene.do(office, decide(shorter, True))
    found = town.a_class(scene, class_id)
    assert (found.hours_planned, len(town.sessions(scene, class_id))) == (16, 2)
    assert found.ends_on == second.starts_at.astimezone(SHANGHAI).date()
    longer = scene.do(desk, change(class_id, more=[extra(after, hours=8, minutes=360)]))
    scene.do(office, decide(longer, True))
    assert [each.position for each in town.sessions(scene, class_id)] == [1, 2, 4], "no number comes again"

    # with learners the total stays, whatever comes and goes; in time and within the days it is only told
    zhang = town.enrolled(scene, nurses, ZHANG_SAN, class_id)
    assert town.code(scene, desk, change(class_id, gone(second))) == "class_hours_with_learners"
    evening = second.ends_at + HOUR
    split = change(
        class_id,
        gone(second),
        more=[
            extra(second.starts_at, hours=4, minutes=180),
            extra(evening, hours=4, minutes=180, teacher="钱老师"),
        ],
    )
    done = scene.do(desk, split)
    assert not done.reviewed
    words = [write_words(each.payload["template"], each.payload["facts"]) for each in class_letters(scene)]
    assert f"取消 1 次，新增 2 次，调整 0 次；最早一处：{_shanghai(second.starts_at)} " in words[-1]
    now = town.sessions(scene, class_id)
    assert [(each.position, each.hours, each.teacher) for each in now] == [
        (1, 8, None), (5, 4, None), (6, 4, "钱老师"), (4, 8, None),
    ]  # fmt: skip
    with scene.database.read() as session:
        kept = list_session_changes(session, [done.id])[done.id]
        assert [(each.kind, each.position) for each in kept] == [("drop", 2), ("add", 5), ("add", 6)]
        assert [each.former_starts_at for each in list_dropped(session, class_id)] == [
            second.starts_at,
            third.starts_at,
        ]
        assert {each.position for each in now if each.id in find_changed_sessions(session, [class_id])} == {
            4, 5, 6,
        }  # fmt: skip
    # what was held cannot be called off, nor what somebody is recorded in, past every act
    scene.at = now[0].starts_at - timedelta(minutes=15)
    town.scan(scene, ZHANG_SAN, zhang, class_id)
    town.sit_through(scene, class_id, {zhang: 24})
    assert town.code(scene, desk, change(class_id, gone(now[1]))) == "class_session_held"
    barred(scene, f"DELETE FROM class_session WHERE id = {now[1].id}")
    barred(scene, "UPDATE session_change SET kind = 'drop' WHERE kind = 'add'")
    town.sign_off(scene, class_id, {zhang: 80_00})
    assert town.voucher(scene, zhang).state == "trained"


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_session_with_lessons_is_moved_and_not_called_off(scene: Scene) -> None:
    at = way.settle_down(scene)
    held = [NewSession("online", "线上理论", at_, at_ + 3 * HOUR, 4) for at_ in _days(scene, 2)]
    class_id = town.open_class(
        scene, at.house, mode="online", hours_offline=0, hours_online=8, sessions=held,
        ends_on=held[-1].ends_at.date(), starts_on=held[0].starts_at.date(),
    )  # fmt: skip
    first, second = town.sessions(scene, class_id)
    desk, office = at.registrar(), town.reviewer(scene)
    page = lessons.NewLesson(second.id, "pages", "照护常识", None, (lessons.NewSegment(40, "正文"),))
    scene.do(desk, lambda work: lessons.add_lesson(work, page))
    kept = town.refusal(scene, desk, change(class_id, gone(second)))
    assert (kept.code, "已有线上课内容" in kept.title) == ("class_session_kept", True)
    # what the office declines leaves everything as it is
    asked = scene.do(desk, change(class_id, gone(first)))
    scene.do(office, decide(asked, False, "学时减少没有理由"))
    assert [each.id for each in town.sessions(scene, class_id)] == [first.id, second.id]
    with scene.database.read() as session:
        assert list_dropped(session, class_id) == []
        assert find_changed_sessions(session, [class_id]) == {}


def _days(scene: Scene, count: int) -> list[datetime]:
    first = scene.at.astimezone(SHANGHAI).replace(hour=9, minute=0) + timedelta(days=21)
    return [first + timedelta(days=day) for day in range(count)]


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
