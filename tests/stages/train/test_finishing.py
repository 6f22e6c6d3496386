"""Attendance and sign-off, dropping out, a cancelled class and the way on from it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

from sqlalchemy import select

from tests import town_issue as issue
from tests import town_train as town
from tests.scene import LI_SI, TURNER, XINXIANG, ZHANG_SAN, ZHAO_LIU, Scene, on
from voucher.ledger import holds
from voucher.plumbing.outbox import Letter
from voucher.plumbing.unit_of_work import Work
from voucher.rules.actor import Role
from voucher.rules.lifecycle import Thing
from voucher.stages.oversee.measures.imposing import impose
from voucher.stages.train import attend, classes, enrol, finish, leave, running, transfer
from voucher.stages.train.models.classes import TrainingClass
from voucher.stages.train.queries import completion_of, enrolment_of, hours_of, list_lessons, redemption_of
from voucher.stages.train.queries.differing import compare, count_falling_short


def note(session_id: int, hours: dict[int, int]) -> Callable[[Work], int]:
    """Return the teacher's act."""
    return lambda work: attend.attend(work, session_id, hours)


def test_attendance_is_what_the_session_can_hold_and_is_corrected_with_a_reason(scene: Scene) -> None:
    scene.at = on("2024-03-01")
    house, other = town.train_institution(scene), town.train_institution(scene, town.T2)
    programme = issue.programme(scene, scene.open_budget(10_000))
    class_id = town.open_class(scene, house)
    li = town.enrolled(scene, programme, LI_SI, class_id)
    zhang = town.redeemed(scene, programme, ZHANG_SAN, class_id)
    teacher = town.staff(scene, house, Role.TEACHER)
    first, second = town.sessions(scene, class_id)[:2]
    assert town.code(scene, teacher, note(first.id, {zhang: 8})) == "class_session_not_begun"
    scene.at = first.starts_at + timedelta(minutes=10)
    assert town.code(scene, town.staff(scene, other, Role.TEACHER), note(first.id, {zhang: 8})) == (
        "class_session_missing"
    )
    assert town.code(scene, town.staff(scene, house, Role.SCANNER), note(first.id, {zhang: 8})) == (
        "role_missing"
    )
    assert town.code(scene, teacher, note(first.id, {zhang: 9})) == "hours_above_session"
    assert town.code(scene, teacher, note(first.id, {li: 8})) == "not_in_training"
    # the class begins with its first record where the clock has not come yet
    assert scene.do(teacher, note(first.id, {zhang: 8})) == 1
    assert town.a_class(scene, class_id).state == "running"
    assert town.code(scene, teacher, note(first.id, {zhang: 7})) == "attendance_recorded"
    assert town.code(scene, teacher, note(second.id, {zhang: 8})) == "class_session_not_begun"

    def correct(hours: int, why: str, session_id: int = first.id) -> Callable[[Work], object]:
        return lambda work: attend.correct_attendance(work, session_id, zhang, hours, why)

    assert town.code(scene, teacher, correct(6, "")) == "training_why_missing"
    scene.at = second.starts_at
    assert town.code(scene, teacher, correct(6, "早退", second.id)) == "attendance_missing"
    scene.do(teacher, correct(6, "早退两学时"))
    with scene.database.read() as session:
        assert hours_of(session, [zhang]) == {zhang: 6}
        lessons = list_lessons(session, issue.person_id(scene, ZHANG_SAN), zhang)
    assert [each.hours_attended for each in lessons] == [6, None, None, None, None]
    assert town.code(scene, issue.worker(scene, LI_SI), lambda work: leave.drop(work, li, "不想学了")) == (
        "event_not_allowed"
    )
    login = issue.worker(scene, ZHANG_SAN)
    assert town.code(scene, login, lambda work: leave.drop(work, zhang, "")) == "training_why_missing"
    scene.do(login, lambda work: leave.drop(work, zhang, "家中有事"))
    assert (town.voucher(scene, zhang).state, town.voucher(scene, zhang).reserved_fen) == ("dropped", 0)
    with scene.database.read() as session:
        assert enrolment_of(session, zhang) is None
    assert town.code(scene, teacher, note(second.id, {zhang: 8})) == "not_in_training"


def test_a_sign_off_names_everybody_and_is_not_given_alone(scene: Scene) -> None:
    scene.at = on("2024-03-01")
    house = town.train_institution(scene)
    budget = scene.open_budget(10_000)
    programme = issue.programme(scene, budget)
    sign_in = issue.programme(scene, budget, name="签到券", worth="sign_in")
    class_id = town.open_class(scene, house)
    li = town.enrolled(scene, programme, LI_SI, class_id)
    zhao = town.enrolled(scene, sign_in, ZHAO_LIU, class_id)
    zhang = town.redeemed(scene, programme, ZHANG_SAN, class_id)
    town.scan(scene, LI_SI, li, class_id)
    town.scan(scene, ZHAO_LIU, zhao, class_id)
    everybody = [zhang, li, zhao]
    registrar = town.staff(scene, house, Role.REGISTRAR)

    def sign(exams: dict[int, int | None], login: str = registrar) -> str:
        return town.code(scene, login, lambda work: finish.sign_off(work, class_id, exams))

    assert sign({}) == "class_not_over"
    town.sit_through(scene, class_id, dict.fromkeys(everybody, 40))
    exams: dict[int, int | None] = {zhang: 59_99, li: None, zhao: 88_00}
    assert sign({zhang: 80_00}) == "exams_missing"
    assert sign(exams | {987: 1}) == "exam_not_on_roster"
    assert sign(exams | {zhang: 100_01}) == "score_malformed"
    assert sign(exams, town.staff(scene, house, Role.TEACHER)) == "role_missing"
    officer = town.reviewer(scene)
    held = scene.do(officer, lambda work: holds.open_hold(work, Thing.VOUCHER, li, "举报待查"))
    done = town.sign_off(scene, class_id, exams)
    assert (done.finished, done.completed, done.failed, done.held) == (0, 1, 1, 1)
    assert done.failures[0].refusals[0].title == "结业考核 59.99 分，未达到合格线 60 分"
    assert town.voucher(scene, zhao).state == "completed"
    # nobody is left but the one on hold, who is signed off later; then nothing more
    assert sign({}) == "event_not_allowed"
    scene.do(officer, lambda work: holds.close_hold(work, work.session.merge(held), "不实"))
    late = town.sign_off(scene, class_id, {li: 60_00})
    assert (late.finished, late.failed) == (1, 0)
    assert town.voucher(scene, li).state == "trained"
    assert sign({}) == "event_not_allowed"
    with scene.database.read() as session:
        frozen = completion_of(session, zhang)
    assert frozen is not None
    assert (frozen.hours_attended, frozen.exam_hundredths, frozen.passed) == (40, 59_99, False)
    # the one who failed is still to lapse, so the class stays open
    assert scene.do("clock", running.close_due_classes) == 0
    scene.do(issue.worker(scene, ZHANG_SAN), lambda work: leave.drop(work, zhang, "不再补考"))
    assert scene.do("clock", running.close_due_classes) == 1


def test_who_alone_recorded_the_hours_does_not_sign_them(scene: Scene) -> None:
    scene.at = on("2024-03-01")
    house = town.train_institution(scene)
    programme = issue.programme(scene, scene.open_budget(10_000))
    class_id = town.open_class(scene, house, hours=8)
    zhang = town.redeemed(scene, programme, ZHANG_SAN, class_id)
    registrar = town.staff(scene, house, Role.REGISTRAR)
    scene.at = town.sessions(scene, class_id)[0].ends_at
    scene.do(registrar, note(town.sessions(scene, class_id)[0].id, {zhang: 8}))

    def sign(work: Work) -> finish.SignedOff:
        return finish.sign_off(work, class_id, {zhang: 70_00})

    assert town.code(scene, registrar, sign) == "second_person_needed"
    assert scene.do(town.staff(scene, house, Role.INSTITUTION_ADMIN), sign).finished == 1


def test_a_class_cancelled_before_it_begins_lets_everybody_go(scene: Scene) -> None:
    scene.at = on("2024-03-01")
    house, other = town.train_institution(scene), town.train_institution(scene, town.T2)
    programme = issue.programme(scene, scene.open_budget(10_000))
    class_id = town.open_class(scene, house)
    zhang = town.enrolled(scene, programme, ZHANG_SAN, class_id)

    def cancel(work: Work) -> object:
        return classes.cancel_class(work, class_id, "报名人数不足")

    assert town.code(scene, town.staff(scene, other, Role.REGISTRAR), cancel) == "class_missing"
    assert town.code(scene, town.staff(scene, house, Role.TEACHER), cancel) == "role_missing"
    scene.do(town.staff(scene, house, Role.REGISTRAR), cancel)
    assert (town.voucher(scene, zhang).state, town.a_class(scene, class_id).state) == (
        "accepted",
        "cancelled",
    )
    assert _told(scene, "class_cancelled") == ["已退出这个班，可以另选班级"]
    again = town.open_class(scene, house)
    scene.do(issue.worker(scene, ZHANG_SAN), lambda work: enrol.enrol(work, zhang, again))


def _told(scene: Scene, template: str) -> list[str]:
    """Return what people are told by telephone of their class, in the order of their vouchers."""
    with scene.database.read() as session:
        rows = session.scalars(
            select(Letter).where(Letter.key.startswith(f"{template}:")).order_by(Letter.id)
        )
        return [str(each.payload["facts"].get("step") or each.payload["facts"]["starts"]) for each in rows]


def test_a_running_class_that_falls_out_goes_on_in_another(scene: Scene) -> None:
    scene.at = on("2024-03-01")
    house, other = town.train_institution(scene), town.train_institution(scene, town.T2)
    programme = issue.programme(scene, scene.open_budget(10_000))
    class_id = town.open_class(scene, house)
    late = town.open_class(scene, other, starts_on=date(2024, 4, 15))
    wrong = town.open_class(scene, other, trade_code=TURNER, at_hour=15)
    li = town.enrolled(scene, programme, LI_SI, class_id)
    zhang = town.redeemed(scene, programme, ZHANG_SAN, class_id)
    first = town.sessions(scene, class_id)[0]
    scene.at = first.ends_at
    scene.do("clock", running.start_due_classes)
    scene.do(town.staff(scene, house, Role.TEACHER), note(first.id, {zhang: 8}))
    officer = town.reviewer(scene)

    def cancel(work: Work) -> object:
        return classes.cancel_class(work, class_id, "机构退出")

    assert town.code(scene, town.staff(scene, house, Role.REGISTRAR), cancel) == "role_missing"
    scene.do(officer, lambda work: impose(work, house, "delist", "查实虚假宣传"))
    scene.do(officer, cancel)
    assert _told(scene, "class_cancelled") == ["已上的学时保留，由人社部门转到别的班"] * 2
    assert (town.voucher(scene, zhang).state, town.voucher(scene, li).state) == ("training", "enrolled")
    scene.hire("外地审核员", Role.OFFICER_CITY, "310101199001010230", XINXIANG)

    def move(target: int) -> Callable[[Work], int]:
        return lambda work: transfer.transfer(work, [zhang, li], target, "原机构退出")

    assert town.code(scene, "外地审核员", move(late)) == "voucher_missing"
    assert town.code(scene, town.staff(scene, house, Role.REGISTRAR), move(late)) == "role_missing"
    assert town.code(scene, officer, move(wrong)) == "class_not_for_voucher"
    assert town.code(scene, officer, move(class_id)) == "class_not_open"
    assert scene.do(officer, move(late)) == 2
    assert len(_told(scene, "class_moved")) == 2, "and where they go on"
    with scene.database.read() as session:
        former, there = (session.get_one(TrainingClass, each) for each in (class_id, late))
        differing = compare(session, former, there, scene.at)
        assert differing.words == ["新班 2024-04-19 结班，比原班晚 24 天，取证期限跟着变"]
        days = town.sessions(scene, late)
        begun = compare(session, former, there, days[1].starts_at)
        assert (begun.held, begun.hours_held, "已上过 2 次课、16 学时" in begun.words[-1]) == (2, 16, True)
        fewer = replace(differing, hours=(40, 32))
        assert "比原班少 8 学时" in fewer.words[0]
        for later, short in ((0, 0), (1, 1), (2, 2)):
            # 32 of 40 hours are enough: one has sat 8 already, the other none
            told = count_falling_short(session, there, [zhang, li], days[later].starts_at)
            assert told == short, later
    assert town.code(scene, officer, move(late)) == "same_class"
    with scene.database.read() as session:
        place, redemption = enrolment_of(session, zhang), redemption_of(session, zhang)
        assert place is not None
        assert redemption is not None
        assert (place.class_id, redemption.class_id) == (late, class_id)
        assert hours_of(session, [zhang]) == {zhang: 8}
    assert str(town.voucher(scene, zhang).certify_by) == "2025-04-19"
    # the holds only waited for this; what was redeemed goes on, what was not is redeemed there
    scene.at = town.morning(scene, late)
    town.scan(scene, LI_SI, li, late)
    town.sit_through(scene, late, {zhang: 32, li: 40})
    done = town.sign_off(scene, late, {zhang: 80_00, li: 80_00})
    assert (done.finished, done.failed) == (2, 0)
