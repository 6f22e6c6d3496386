"""Signing in and out: with the own phone and the class code, at a scanner, by voucher number and card."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from functools import partial

import pytest
from sqlalchemy import func, select, text, update
from sqlalchemy.exc import DBAPIError

from tests import town_issue, town_train
from tests.plans import plans_of
from tests.scene import LI_SI, SUN_BA, ZHANG_SAN, ZHAO_LIU, Scene, on
from tests.town_attending import Room, class_room
from voucher.ledger.credentials.answered import count_up, read_answer
from voucher.ledger.credentials.devices import Device
from voucher.plumbing.unit_of_work import Work
from voucher.registry.access import colleagues
from voucher.rules.actor import Role
from voucher.rules.errors import Refused
from voucher.stages.train import attend, cosigning, finish, leave, marking, reverse, tallying, transfer
from voucher.stages.train.class_codes import find_marked, show_class_code
from voucher.stages.train.doubting import close_attendance_case
from voucher.stages.train.marking import PhoneMark, StaffMark
from voucher.stages.train.models.marks import AttendanceCase, AttendanceMark, MarkDoubt
from voucher.stages.train.queries import hours_of, list_attendance, redemption_of
from voucher.stages.train.queries.presence import list_presence


def test_a_phone_signs_its_own_holder_in_and_out_and_the_marks_make_the_hours(scene: Scene) -> None:
    room = class_room(scene)
    held = room.held
    early = room.wish(ZHANG_SAN, "in")
    assert room.refused(ZHANG_SAN, room.wish(ZHANG_SAN, "out")) == "mark_outside_timetable"
    first = room.send(ZHANG_SAN, early)
    assert room.send(ZHANG_SAN, early).id == first.id, "the answer was lost: the same mark"
    assert room.refused(ZHANG_SAN, room.wish(ZHANG_SAN, "in")) == "signed_in_already"
    # a friend in the room cannot sign for somebody else: neither with the own phone nor with the other's
    theirs = room.wish(LI_SI, "in")
    assert room.refused(ZHANG_SAN, theirs) == "phone_of_another"
    mine = room.phones[ZHANG_SAN].show(room.vouchers[ZHANG_SAN], challenge=room.number())
    assert room.refused(LI_SI, PhoneMark(held.id, "in", mine, "b")) == "phone_of_another"
    # the photograph of the screen is worth nothing two steps later, and any other number never
    number = room.number()
    scene.at += timedelta(seconds=30)
    assert room.refused(LI_SI, room.wish(LI_SI, "in", number)) == "class_code_over"
    assert room.refused(LI_SI, room.wish(LI_SI, "in", number % 99_999_999 + 1)) == "class_code_over"
    plain = room.phones[LI_SI].show(room.vouchers[LI_SI])
    assert room.refused(LI_SI, PhoneMark(held.id, "in", plain, "b")) == "class_code_over"
    assert room.refused(LI_SI, room.wish(LI_SI, "out")) == "mark_outside_timetable"
    scene.at = held.starts_at + timedelta(minutes=100)
    room.sign(LI_SI)
    assert room.refused(SUN_BA, room.wish(SUN_BA, "out")) == "not_signed_in"
    scene.at = held.ends_at - timedelta(minutes=5)
    room.sign(ZHANG_SAN, "out")
    room.sign(LI_SI, "out")
    room.sign(SUN_BA)
    write = partial(attend.attend, session_id=held.id, hours={room.vouchers[LI_SI]: 8})
    assert room.refused_staff(write) == "marks_speak", "nobody types over what a phone signed"
    assert room.refused_staff(partial(tallying.tally, session_id=held.id)) == "signing_not_over"
    assert room.tally() == 3
    assert room.refused(SUN_BA, early) == "phone_of_another"
    with scene.database.read() as session:
        hours = hours_of(session, list(room.vouchers.values()))
        recorded = {each.way for _, each in list_attendance(session, room.vouchers[ZHANG_SAN])}
    # 360 minutes; 255 minutes are five lessons; who never signed out was not there
    assert hours == {room.vouchers[ZHANG_SAN]: 8, room.vouchers[LI_SI]: 5, room.vouchers[SUN_BA]: 0}
    assert recorded == {"scan"}
    assert room.tally() == 0
    # who is corrected to nothing was not there, whatever was written before
    put_right = partial(attend.correct_attendance, session_id=held.id, hours=0, why="冒名签到")
    scene.do(room.staff(), partial(put_right, voucher_id=room.vouchers[LI_SI]))
    with scene.database.read() as session:
        sessions = town_train.sessions(scene, room.class_id)
        asked = len(plans_of(scene.database, "", lambda: list_presence(session, sessions)))
        here = list_presence(session, sessions)[held.id]
    assert (here.expected, here.came, here.share_bp, here.by_hand) == (4, 2, 5000, 0)
    assert asked == 6, "so many however many sessions"
    scene.at = held.ends_at + timedelta(minutes=31)
    with scene.database.read() as session, pytest.raises(Refused, match="mark_outside_timetable"):
        show_class_code(session, scene.keyring, *find_marked(session, held.id), scene.at)


def test_who_has_no_phone_is_scanned_or_typed_with_the_card(scene: Scene) -> None:
    room = class_room(scene, (ZHANG_SAN, LI_SI))
    held, zhang, li = room.held, room.vouchers[ZHANG_SAN], room.vouchers[LI_SI]
    digits = town_train.show(scene, ZHANG_SAN, zhang)

    def mark(code: str, last4: str = "") -> StaffMark:
        return StaffMark(held.id, "in", code, last4, "前台")

    other = town_train.staff(scene, town_train.train_institution(scene, town_train.T2), Role.TEACHER)
    assert town_train.code(scene, other, partial(marking.mark_by_staff, asked=mark(digits))) == (
        "class_session_missing"
    )
    made = scene.do(room.staff(), partial(marking.mark_by_staff, asked=mark(digits)))
    assert (made.way, made.voucher_id) == ("scanned", zhang)
    assert room.refused_staff(partial(marking.mark_by_staff, asked=mark(digits))) == "code_used"
    signed = room.phones[ZHANG_SAN].show(zhang)
    assert room.refused_staff(partial(marking.mark_by_staff, asked=mark(signed))) == "signed_in_already"
    number = town_train.voucher(scene, li).number
    for code, last4, told in (
        (number, "0000", "identity_differs"),
        ("JY-24-0000-0000-0", LI_SI[1][-4:], "voucher_missing"),
    ):
        assert room.refused_staff(partial(marking.mark_by_staff, asked=mark(code, last4))) == told
    typed = scene.do(room.staff(), partial(marking.mark_by_staff, asked=mark(number, LI_SI[1][-4:])))
    assert (typed.way, typed.browser) == ("typed", None)
    scene.at = held.ends_at
    out = StaffMark(held.id, "out", room.phones[LI_SI].show(li))
    assert scene.do(room.staff(Role.SCANNER), partial(marking.mark_by_staff, asked=out)).way == "scanned"
    # a code that signed somebody out is good for nothing else
    assert room.refused_staff(partial(marking.mark_by_staff, asked=out)) in ("code_expired", "code_used")
    # a phone that ends between the look and the mark is told so, not that its code was used
    shown = room.phones[ZHANG_SAN].show(zhang)

    def lose_meanwhile(work: Work) -> None:
        signed = read_answer(work.session, work.keyring, shown, work.at)
        lost = update(Device).values(ended_at=work.at, ended_why="lost")
        work.session.execute(lost, execution_options={"synchronize_session": False})
        count_up(work, signed)

    assert room.refused_staff(lose_meanwhile) == "device_gone"


def test_who_alone_marked_a_class_present_does_not_sign_it_off(scene: Scene) -> None:
    room = class_room(scene, (ZHANG_SAN,))
    held, zhang = room.held, room.vouchers[ZHANG_SAN]
    registrar, number = room.staff(Role.REGISTRAR), town_train.voucher(scene, zhang).number
    for direction, at in (("in", held.starts_at), ("out", held.ends_at)):
        scene.at = at
        asked = StaffMark(held.id, direction, number, ZHANG_SAN[1][-4:])
        scene.do(registrar, partial(marking.mark_by_staff, asked=asked))
    assert room.tally() == 1, "somebody else pressed the button, and looked at nothing"
    sign = partial(finish.sign_off, class_id=room.class_id, exams={zhang: 80_00})
    assert town_train.code(scene, registrar, sign) == "second_person_needed"
    # whoever gave a colleague a new password has known it: the two are no two people for some days
    head, scanner = room.staff(Role.INSTITUTION_ADMIN), room.staff(Role.REGISTRAR)
    with_new_password = partial(
        colleagues.reset_colleague, institution_id=room.house, user_id=scene.actor(scanner).user_id
    )
    scene.do(head, with_new_password)
    assert town_train.code(scene, head, sign) == "second_person_reset_lately"
    scene.at += timedelta(days=7)
    assert scene.do(room.staff(Role.INSTITUTION_ADMIN), sign).finished == 1


def test_whose_place_ended_or_moved_keeps_nobody_from_the_hours_and_loses_none(scene: Scene) -> None:
    room = class_room(scene)
    held = room.held
    zhang, li, sun, zhao = room.vouchers.values()
    scene.at = on("2024-03-01")
    other = town_train.open_class(scene, room.house, starts_on=date(2024, 4, 15))
    scene.at = held.starts_at
    for person in room.vouchers:
        room.sign(person)
    with scene.database.read() as session:
        redemption = redemption_of(session, zhang)
    assert redemption is not None
    ask = partial(reverse.ask_reversal, redemption_id=redemption.id, why="扫错了人")
    assert room.refused_staff(ask, Role.SCANNER) == "reversal_marked", "a mark would be left without a place"
    scene.at = held.ends_at
    for person in room.vouchers:
        room.sign(person, "out")

    def move(voucher_id: int, class_id: int) -> None:
        act = partial(transfer.transfer, voucher_ids=[voucher_id], class_id=class_id, why="工作调动")
        scene.do(town_train.reviewer(scene), act)

    def hours() -> dict[int, int]:
        with scene.database.read() as session:
            return hours_of(session, list(room.vouchers.values()))

    scene.do(town_issue.worker(scene, SUN_BA), partial(leave.drop, voucher_id=sun, why="不学了"))
    move(li, other)
    assert hours() == {}, "this session may still be signed out of: its class writes it down"
    scene.at = held.ends_at + timedelta(minutes=31)
    move(zhao, other)
    assert hours() == {zhao: 8}, "written down before he left"
    assert room.tally() == 2
    assert hours() == {zhang: 8, li: 8, zhao: 8}
    signed = scene.do(room.staff(), partial(cosigning.co_sign, session_id=held.id))
    assert signed.people == 3


def shared(room: Room, *people: tuple[str, str]) -> None:
    """Sign people in on one browser, one after the other within a minute."""
    for each in people:
        room.sign(each, browser="one-for-all")
        room.scene.at += timedelta(seconds=20)


def cases(scene: Scene) -> list[AttendanceCase]:
    """Return every case."""
    with scene.database.read() as session:
        return list(session.scalars(select(AttendanceCase).order_by(AttendanceCase.id)))


def test_three_people_on_one_device_are_pending_in_one_case_until_the_office_says(scene: Scene) -> None:
    room = class_room(scene)
    scene.at = room.held.starts_at
    shared(room, ZHANG_SAN, LI_SI)
    assert cases(scene) == []
    shared(room, SUN_BA, ZHAO_LIU)
    (case,) = cases(scene)
    assert doubted(scene, case) == 4, "the first two are pending as well, the fourth joins them"
    scene.at = room.held.ends_at
    for person in room.vouchers:
        room.sign(person, "out")
    assert room.tally() == 0
    registrar = room.staff(Role.REGISTRAR)
    sign = partial(
        finish.sign_off, class_id=room.class_id, exams=dict.fromkeys(room.vouchers.values(), 80_00)
    )
    assert town_train.code(scene, registrar, sign) == "attendance_cases_open"
    officer = town_train.reviewer(scene)

    def close(why: str, *, counts: bool = True) -> partial[AttendanceCase]:
        return partial(close_attendance_case, case_id=case.id, counts=counts, conclusion=why)

    assert town_train.code(scene, officer, close("")) == "why_missing"
    assert town_train.code(scene, registrar, close("确有其人")) == "role_missing"
    scene.do(officer, close("现场录像核实，四人都在，借用教师平板签到"))
    assert town_train.code(scene, officer, close("再来")) == "attendance_case_missing"
    assert room.tally() == 4
    with scene.database.read() as session:
        assert set(hours_of(session, list(room.vouchers.values())).values()) == {8}
    with pytest.raises(DBAPIError, match="goes one way"), scene.database.engine.begin() as connection:
        connection.execute(text("UPDATE attendance_case SET outcome = 'refused'"))
    for change in ("conclusion = '代签'", "closed_by_person_id = closed_by_person_id + 1"):
        with pytest.raises(DBAPIError, match="written once"), scene.database.engine.begin() as connection:
            connection.execute(text(f"UPDATE attendance_case SET {change}"))
    with pytest.raises(DBAPIError, match="append only"), scene.database.engine.begin() as connection:
        connection.execute(text("UPDATE attendance_mark SET direction = 'out'"))


def doubted(scene: Scene, case: AttendanceCase) -> int:
    """Return how many marks a case is about."""
    with scene.database.read() as session:
        return session.scalar(select(func.count()).where(MarkDoubt.case_id == case.id)) or 0


def test_refused_marks_come_to_nothing_and_five_minutes_apart_is_no_doubt(scene: Scene) -> None:
    room = class_room(scene)
    scene.at = room.held.starts_at
    shared(room, ZHANG_SAN, LI_SI)
    scene.at += timedelta(minutes=5)
    shared(room, SUN_BA)
    assert cases(scene) == []
    shared(room, ZHAO_LIU)
    assert cases(scene) == [], "two of them are longer ago"
    room.sign(LI_SI, "out", browser="one-for-all")
    (case,) = cases(scene)
    scene.do(
        town_train.reviewer(scene),
        partial(close_attendance_case, case_id=case.id, counts=False, conclusion="代签"),
    )
    scene.at = room.held.ends_at
    room.sign(ZHANG_SAN, "out")
    assert room.refused(SUN_BA, room.wish(SUN_BA, "out")) == "not_signed_in"
    assert room.tally() == 4
    with scene.database.read() as session:
        hours = hours_of(session, list(room.vouchers.values()))
    assert {person: hours[voucher_id] for person, voucher_id in room.vouchers.items()} == {
        ZHANG_SAN: 8, LI_SI: 0, SUN_BA: 0, ZHAO_LIU: 0,
    }  # fmt: skip


def test_three_at_the_same_moment_make_one_case(scene: Scene) -> None:
    room = class_room(scene)
    scene.at = room.held.starts_at
    wishes = {each: room.wish(each, "in", browser="one-for-all") for each in room.vouchers}
    logins = {each: town_issue.worker(scene, each) for each in wishes}
    with ThreadPoolExecutor(4) as pool:
        marks = list(
            pool.map(
                lambda each: scene.do(logins[each], partial(marking.mark_by_phone, asked=wishes[each])),
                wishes,
            )
        )
    assert len({each.id for each in marks}) == 4
    (case,) = cases(scene)
    assert doubted(scene, case) == 4
    # the same signature by eight at once is one mark
    scene.at = room.held.ends_at
    again = room.wish(ZHANG_SAN, "out")
    with ThreadPoolExecutor(4) as pool:
        ids = {each.id for each in pool.map(lambda _: room.send(ZHANG_SAN, again), range(8))}
    assert len(ids) == 1
    with scene.database.read() as session:
        assert session.scalar(select(func.count()).select_from(AttendanceMark)) == 5
