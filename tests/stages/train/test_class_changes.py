"""Classes split, merged and corrected: what people attended stays theirs, and two hands make every change."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from tests import town_issue as issue
from tests import town_train as town
from tests.loop import way
from tests.scene import LI_SI, SUN_BA, XINXIANG, ZHANG_SAN, ZHAO_LIU, Scene
from tests.watching import watched
from voucher.ledger.races import RACES
from voucher.ledger.states import StateEvent
from voucher.plumbing.unit_of_work import Work, perform
from voucher.rules.actor import Role
from voucher.rules.errors import Refused
from voucher.stages.train import attend, classes, correct, enrol, leave, moving, running
from voucher.stages.train.correct import Result
from voucher.stages.train.models.changes import ClassMove, CompletionCorrection
from voucher.stages.train.queries import completion_of, enrolment_of, hours_of
from voucher.stages.train.transfer import transfer


def rewrite(work: Work, sql: str) -> None:
    """Do what no act does: change a row behind everybody's back."""
    work.session.execute(text(sql))


def class_of(scene: Scene, voucher_id: int) -> int:
    with scene.database.read() as session:
        place = enrolment_of(session, voucher_id)
    assert place is not None
    return place.class_id


def test_a_class_is_split_and_merged_and_its_hours_go_along(scene: Scene) -> None:
    at = way.settle_down(scene)
    nurses = issue.programme(scene, at.budget_id)
    first = town.open_class(scene, at.house, hours=16)
    second = town.open_class(scene, at.house, hours=16, teacher="李老师", place="二号教室", at_hour=14)
    other = town.train_institution(scene, town.T2)
    foreign = town.open_class(scene, other, teacher="吴老师", place="新乡教室")
    unready = town.draft(scene, at.house, teacher="赵老师", place="三号教室")
    higher = town.open_class(scene, at.house, teacher="钱老师", place="四号教室", level=3)
    people = (ZHANG_SAN, LI_SI, SUN_BA)
    zhang, li, sun = (town.enrolled(scene, nurses, each, first) for each in people)
    desk, office = at.registrar(), town.reviewer(scene)

    def split(to: int, *vouchers: int, why: str = "人多，分两个班上课") -> partial[ClassMove]:
        return partial(moving.ask_split, class_id=first, to_class_id=to, voucher_ids=vouchers, why=why)

    refused = {
        "training_why_missing": split(second, zhang, why=" "),
        "class_move_to_itself": split(first, zhang),
        "class_missing": split(foreign, zhang),
        "class_not_movable": split(unready, zhang),
        "class_move_other_subject": split(higher, zhang),
        "voucher_not_in_class": split(second, zhang, 999),
        "split_takes_everybody": split(second, zhang, li, sun),
    }
    for code, act in refused.items():
        assert town.code(scene, desk, act) == code, code
    told = town.refusal(scene, desk, split(higher, zhang))
    assert "转入的班级是" in told.title, "nobody has chosen a voucher to be told about"
    assert "请从列表选择培训内容相同的班级" in told.next_step
    assert town.code(scene, office, split(second, zhang)) == "role_missing"
    move = scene.do(desk, split(second, zhang))
    assert town.code(scene, desk, split(second, li)) == "class_move_open"
    agree = partial(moving.decide_move, move_id=move.id, agreed=True, opinion="同意")
    assert town.code(scene, desk, agree) == "role_missing"
    scene.hire("外地审核员", Role.OFFICER_CITY, "310101199001010240", region=XINXIANG)
    assert town.code(scene, "外地审核员", agree) == "class_move_missing"
    scene.do(office, agree)
    assert town.code(scene, office, agree) == "class_move_missing"
    assert [class_of(scene, each) for each in (zhang, li, sun)] == [second, first, first]

    # the rest is redeemed, sits one day, and is merged into the other class: hours and redemption stay
    scene.at = town.morning(scene, first)
    for person, voucher_id in ((LI_SI, li), (SUN_BA, sun)):
        town.scan(scene, person, voucher_id, first)
    day = town.sessions(scene, first)[0]
    scene.at = day.ends_at + timedelta(minutes=5)
    scene.do("clock", running.start_due_classes)
    teacher = town.staff(scene, at.house, Role.TEACHER)
    scene.do(teacher, lambda work: attend.attend(work, day.id, {li: 8, sun: 6}))
    merger = partial(moving.ask_merger, class_id=first, to_class_id=second, why="两班人少，合并上课")
    declined = scene.do(desk, merger)
    scene.do(office, partial(moving.decide_move, move_id=declined.id, agreed=False, opinion="教室坐不下"))
    assert class_of(scene, li) == first
    asked = scene.do(desk, merger)
    scene.do(office, partial(moving.decide_move, move_id=asked.id, agreed=True, opinion="同意合并"))
    assert town.a_class(scene, first).state == "cancelled"
    assert [class_of(scene, each) for each in (zhang, li, sun)] == [second] * 3
    assert [way.state(scene, each) for each in (li, sun)] == ["training", "training"]
    with scene.database.read() as session:
        assert hours_of(session, [li, sun]) == {li: 8, sun: 6}


@dataclass
class Merging:
    """Two classes of one school, one of them with somebody in it, and people who have accepted a voucher."""

    scene: Scene
    first: int
    second: int
    enrolled: int
    waiting: dict[tuple[str, str], int]

    def enter(self, person: tuple[str, str], class_id: int) -> None:
        """Have somebody of those who wait enrol."""
        act = partial(enrol.enrol, voucher_id=self.waiting[person], class_id=class_id)
        self.scene.do(issue.worker(self.scene, person), act)

    def agree(self, move_id: int) -> partial[ClassMove]:
        """Return the office's word."""
        return partial(moving.decide_move, move_id=move_id, agreed=True, opinion="同意")


def two_classes(scene: Scene) -> Merging:
    """Return two classes that are to be made one."""
    at = way.settle_down(scene)
    nurses = issue.programme(scene, at.budget_id)
    first = town.open_class(scene, at.house, hours=8)
    second = town.open_class(scene, at.house, hours=8, teacher="李老师", place="二号教室", at_hour=14)
    enrolled = town.enrolled(scene, nurses, ZHANG_SAN, first)
    people = (LI_SI, SUN_BA, ZHAO_LIU)
    # accounts are opened before anybody races
    town.reviewer(scene)
    at.registrar()
    return Merging(
        scene, first, second, enrolled, {each: town.accepted(scene, nurses, each) for each in people}
    )


@pytest.mark.parametrize("database", ["postgres"], indirect=True)
def test_who_enrols_or_leaves_while_a_class_is_moved_is_neither_sent_away_nor_taken_along(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two at one moment, which SQLite has not: what was looked at has changed, and the office looks again."""
    made = two_classes(scene)
    third = town.open_class(
        scene, town.a_class(scene, made.first).institution_id, hours=8, teacher="吴老师", place="三号教室"
    )
    desk = town.staff(scene, town.a_class(scene, made.first).institution_id, Role.REGISTRAR)
    office, zhang = town.reviewer(scene), issue.worker(scene, ZHANG_SAN)
    meanwhile: list[Callable[[], object]] = []

    def look_away(work: Work, *given: Any, **named: Any) -> int:
        while meanwhile:
            meanwhile.pop(0)()
        return transfer(work, *given, **named)

    monkeypatch.setattr(moving, "transfer", look_away)
    made.enter(LI_SI, made.first)
    split = partial(moving.ask_split, class_id=made.first, to_class_id=made.second, why="人多")
    asked = scene.do(desk, partial(split, voucher_ids=[made.enrolled]))
    change = partial(leave.leave, voucher_id=made.enrolled, why="")
    again = partial(enrol.enrol, voucher_id=made.enrolled, class_id=third)
    meanwhile += [partial(scene.do, zhang, change), partial(scene.do, zhang, again)]
    assert town.code(scene, office, made.agree(asked.id)) == "class_roster_changed"
    assert class_of(scene, made.enrolled) == third, "it was his word that came first"
    told = town.refusal(scene, office, made.agree(asked.id))
    assert (told.code, "机构重新提出" in (told.next_step or "")) == ("class_roster_changed", True)
    scene.do(office, partial(moving.decide_move, move_id=asked.id, agreed=False, opinion="人已转走"))

    merger = scene.do(
        desk, partial(moving.ask_merger, class_id=made.first, to_class_id=made.second, why="少")
    )
    meanwhile.append(partial(made.enter, SUN_BA, made.first))
    assert town.code(scene, office, made.agree(merger.id)) == "class_roster_changed"
    assert town.a_class(scene, made.first).state == "approved"
    both = [made.waiting[LI_SI], made.waiting[SUN_BA]]
    assert [class_of(scene, each) for each in both] == [made.first] * 2, "nothing was left half done"
    with scene.database.read() as session, watched(session) as sent:
        scene.do(office, made.agree(merger.id))
    locking = [each for each in sent if "FROM training_class" in each and "FOR UPDATE" in each]
    # two that swap people lock both classes in one order, whichever goes into which
    assert "training_class.id IN" in locking[0]
    assert "ORDER BY training_class.id FOR UPDATE" in locking[0]
    assert [class_of(scene, each) for each in both] == [made.second] * 2
    assert town.a_class(scene, made.first).state == "cancelled"


def test_merged_cancelled_and_enrolled_at_once_nobody_is_left_in_a_class_that_is_gone(scene: Scene) -> None:
    made = two_classes(scene)
    house = town.a_class(scene, made.first).institution_id
    desk, office = town.staff(scene, house, Role.REGISTRAR), town.reviewer(scene)
    asked = scene.do(desk, partial(moving.ask_merger, class_id=made.first, to_class_id=made.second, why="少"))
    acts: list[tuple[str, Callable[[Work], object]]] = [
        (office, made.agree(asked.id)),
        (desk, partial(classes.cancel_class, class_id=made.first, why="教师生病")),
        *(
            (issue.worker(scene, each), partial(enrol.enrol, voucher_id=voucher_id, class_id=made.first))
            for each, voucher_id in made.waiting.items()
        ),
    ]

    def told(wish: tuple[str, Callable[[Work], object]]) -> str:
        actor = scene.actor(wish[0])
        try:
            perform(scene.database, scene.keyring, actor, scene.at, wish[1], retry_on=RACES)
        except Refused as refused:
            return refused.refusal.code
        return ""

    with ThreadPoolExecutor(len(acts)) as pool:
        codes = list(pool.map(told, acts))
    assert set(codes) <= {
        "", "class_not_open", "class_roster_changed", "event_not_allowed", "class_move_missing",
    }, codes  # fmt: skip
    vouchers = [made.enrolled, *made.waiting.values()]
    gone = town.a_class(scene, made.first).state == "cancelled"
    with scene.database.read() as session:
        seats = {each: enrolment_of(session, each) for each in vouchers}
    for voucher_id, seat in seats.items():
        assert way.state(scene, voucher_id) == ("enrolled" if seat else "accepted")
        assert seat is None or seat.class_id == made.second or not gone, codes


def test_a_signed_result_is_corrected_by_two_and_never_edited(scene: Scene) -> None:
    at = way.settle_down(scene)
    nurses = issue.programme(scene, at.budget_id)
    class_id = town.open_class(scene, at.house, hours=8)
    people = (ZHANG_SAN, LI_SI, ZHAO_LIU)
    vouchers = [town.enrolled(scene, nurses, each, class_id) for each in people]
    zhang, li, zhao = vouchers
    scene.at = town.morning(scene, class_id)
    for person, voucher_id in zip(people, vouchers, strict=True):
        town.scan(scene, person, voucher_id, class_id)
    town.sit_through(scene, class_id, dict.fromkeys(vouchers, 8))
    desk = at.registrar()
    other = town.staff(scene, at.house, Role.INSTITUTION_ADMIN)

    def ask(voucher_id: int, exam: int | None, hours: int = 8) -> partial[CompletionCorrection]:
        return partial(
            correct.ask_correction,
            class_id=class_id,
            voucher_id=voucher_id,
            result=Result(hours, exam),
            why="成绩登记时看错一行",
        )

    assert town.code(scene, desk, ask(zhang, 90_00)) == "event_not_allowed"
    town.sign_off(scene, class_id, {zhang: 80_00, li: 50_00, zhao: 40_00})
    assert [way.state(scene, each) for each in vouchers] == ["trained", "training", "training"]
    for column, value in (("passed", "1"), ("exam_hundredths", "9900"), ("hours_attended", "7")):
        edit = f"UPDATE completion SET {column} = {value} WHERE voucher_id = {li}"
        with pytest.raises(DBAPIError):
            scene.do("operator", partial(rewrite, sql=edit))
    assert town.code(scene, desk, ask(zhang, 10_00)) == "completion_correction_would_fail"
    assert town.code(scene, desk, ask(li, 90_00, hours=9)) == "completion_hours_malformed"
    assert town.code(scene, desk, ask(li, 200_00)) == "score_malformed"
    assert town.code(scene, desk, ask(999, 90_00)) == "completion_missing"
    foreign = town.accepted(scene, nurses, SUN_BA)
    told = town.refusal(scene, desk, ask(foreign, 90_00))
    assert (told.code, town.voucher(scene, foreign).number in told.title) == ("completion_missing", False)
    assert f"券 {foreign} 没有" in told.title, "what was asked for, and no number of another house"
    assert town.code(scene, town.reviewer(scene), ask(li, 90_00)) == "role_missing"
    asked = scene.do(desk, ask(li, 85_00))
    assert asked.passed
    assert town.code(scene, desk, ask(li, 86_00)) == "completion_correction_open"
    confirm = partial(correct.decide_correction, correction_id=asked.id, agreed=True)
    assert town.code(scene, desk, confirm) == "second_person_needed"
    scene.do(other, confirm)
    assert town.code(scene, other, confirm) == "completion_correction_missing"
    sent_back = scene.do(desk, ask(zhao, 85_00))
    scene.do(other, partial(correct.decide_correction, correction_id=sent_back.id, agreed=False))
    assert [way.state(scene, each) for each in vouchers] == ["trained", "trained", "training"]
    with scene.database.read() as session:
        done = completion_of(session, li)
        assert done is not None
        assert (done.passed, done.exam_hundredths, done.why) == (True, 85_00, None)
        kept = session.scalars(select(CompletionCorrection).order_by(CompletionCorrection.id)).all()
        assert [(each.former_exam_hundredths, each.former_passed) for each in kept] == [
            (50_00, False),
            (40_00, False),
        ]
        events = session.scalars(
            select(StateEvent.event).where(StateEvent.thing == "class", StateEvent.object_id == class_id)
        ).all()
    assert events[-2:] == ["sign_off", "correct"]
