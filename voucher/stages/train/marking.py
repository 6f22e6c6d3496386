"""Signing in and out (签到、签退): by the own phone with the class code, or held to a scanner, or typed.

A class is locked while a mark is made, so that whoever counts marks counts all of them.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlalchemy import select

from voucher.ledger import audit
from voucher.ledger.credentials import CODE_USED
from voucher.ledger.credentials.answered import check_answer, count_up, read_answer
from voucher.ledger.credentials.genuine import Signed
from voucher.ledger.credentials.presented import Behind, find_presented
from voucher.ledger.credentials.screen import use_code
from voucher.ledger.vouchers import VOUCHER_MISSING, Voucher, get_voucher
from voucher.plumbing.unit_of_work import Work
from voucher.registry.people import read_people
from voucher.rules.actor import Role, check_role
from voucher.rules.attendance import SOURCE, check_mark_order, check_mark_time
from voucher.rules.errors import Family, KeptRefused, Refused, reason
from voucher.rules.lifecycle import STATE_NAMES, Thing
from voucher.stages.issue.queries import find_voucher
from voucher.stages.train.attend import ATTENDANCE_RECORDED, CLASS_NOT_IN_SESSION, list_learners
from voucher.stages.train.cards import check_card
from voucher.stages.train.class_codes import find_marked, list_numbers, read_mark_rules, slot_of
from voucher.stages.train.doubting import doubt_shared_device
from voucher.stages.train.models.classes import ClassSession, TrainingClass
from voucher.stages.train.models.marks import BY_PHONE, SCANNED, TYPED, AttendanceMark
from voucher.stages.train.models.places import Attendance
from voucher.stages.train.placing import Placed, Where, doubt_place, measure
from voucher.stages.train.positions import keep_position
from voucher.stages.train.presenting import stand_at
from voucher.stages.train.queries.lessons import is_played
from voucher.stages.train.queries.marks import list_marks, order_of
from voucher.stages.train.reading import SESSION_MISSING, STAFF, find_enrolment, serves_class
from voucher.stages.train.running import start_if_begun
from voucher.stages.train.scans import Scanned, record_scan
from voucher.stages.train.standing import check_taught

BROWSER = "attendance_browser"
OPERATION = "attend"

SESSION_PLAYED = reason(
    "session_is_played",
    "这次课是线上课，学时按学习记录计算，不签到、签退",
    "请学员登录后在“我的券”中学习；已学完的，课后按签到登记学时",
    SOURCE,
    Family.CONFLICT,
)
PHONE_OF_ANOTHER = reason(
    "phone_of_another",
    "这次签到不是您本人的手机签的",
    "请用本人登录、本人登记的手机签到；没有手机的，请工作人员扫码或凭证件登记",
    SOURCE,
    Family.FORBIDDEN,
)


@dataclass(frozen=True, slots=True)
class PhoneMark:
    """What a phone sends: the session, in or out, what its key signed, and which browser it was."""

    session_id: int
    direction: str
    digits: str
    browser: str
    where: Where = field(default=Where(), repr=False)


@dataclass(frozen=True, slots=True)
class StaffMark:
    """What staff record: the code on a screen, or a voucher's number with the last four of the card."""

    session_id: int
    direction: str
    code: str
    last4: str = ""
    device: str = ""
    where: Where = field(default=Where(), repr=False)


def mark_by_phone(work: Work, asked: PhoneMark) -> AttendanceMark:
    """Sign the actor in or out with the own phone; the same signature again is the same mark.

    Raises Refused role_missing, class_session_missing, phone_of_another, class_code_over, not_in_training,
    class_not_in_session, session_is_played, mark_outside_timetable, signed_in_already, not_signed_in,
    attendance_recorded, class_session_taught_stopped, class_session_before_place, parameter_missing and what
    `check_answer` refuses.
    """
    check_role(work.actor, Role.WORKER)
    held, found = find_marked(work.session, asked.session_id, lock=True)
    signed = read_answer(work.session, work.keyring, asked.digits, work.at)
    if signed.device.person_id != work.actor.person_id:
        raise PHONE_OF_ANOTHER.refused()
    done = _find_done(work, signed, asked)
    if done is not None:
        return done
    numbers = list_numbers(work.session, work.keyring, held, found, work.at)
    check_answer(signed, numbers, work.at)
    voucher = work.session.get_one(Voucher, signed.credential.voucher_id)
    _check_may_mark(work, held, found, voucher, asked.direction)
    placed = measure(work, held, found, asked.where)
    count_up(work, signed)
    mark = _write(
        work, held, voucher, asked.direction, BY_PHONE, placed, signed,
        browser=work.keyring.blind_index(BROWSER, asked.browser),
    )  # fmt: skip
    keep_position(work, found, mark, placed)
    doubt_shared_device(work, found, mark)
    doubt_place(work, found, mark)
    return mark


def mark_by_staff(work: Work, asked: StaffMark) -> AttendanceMark:
    """Sign somebody in or out at the institution: by the code shown, or by voucher number and card.

    Raises KeptRefused identity_differs, card_tries_used_up; Refused role_missing, class_session_missing,
    voucher_missing, not_in_training, class_not_in_session, mark_outside_timetable, signed_in_already,
    not_signed_in, session_is_played, attendance_recorded, class_session_taught_stopped,
    class_session_before_place, parameter_missing and what `find_presented` refuses.
    """
    check_role(work.actor, *STAFF)
    held, found = find_marked(work.session, asked.session_id)
    if not serves_class(work.actor, found, *STAFF):
        raise SESSION_MISSING.refused()
    if _is_code(asked.code):
        return _mark_scanned(work, held, found, asked)
    voucher = get_voucher(work, _find_by_number(work, found, asked.code))
    _, found = find_marked(work.session, asked.session_id, lock=True)
    _check_may_mark(work, held, found, voucher, asked.direction)
    _hold_card(work, found, voucher, asked)
    placed = measure(work, held, found, asked.where)
    mark = _write(work, held, voucher, asked.direction, TYPED, placed)
    doubt_place(work, found, mark)
    return mark


def _mark_scanned(work: Work, held: ClassSession, found: TrainingClass, asked: StaffMark) -> AttendanceMark:
    counter = stand_at(work, found, OPERATION)
    shown = find_presented(work.session, work.keyring, asked.code, work.at, counter)
    if shown.again is not None:
        raise CODE_USED.refused()
    voucher = get_voucher(work, shown.voucher_id)
    _, found = find_marked(work.session, asked.session_id, lock=True)
    _check_may_mark(work, held, found, voucher, asked.direction)
    if shown.screen is not None:
        use_code(work, shown.screen, OPERATION)
    if shown.signed is not None:
        count_up(work, shown.signed)
    placed = measure(work, held, found, asked.where)
    mark = _write(work, held, voucher, asked.direction, SCANNED, placed, shown.signed)
    keep_position(work, found, mark, placed)
    doubt_place(work, found, mark)
    return mark


def _is_code(text: str) -> bool:
    """Return whether somebody held a code to a scanner, and did not type a number with a Q in it."""
    return not any(each.isalpha() for each in text)


def _find_by_number(work: Work, found: TrainingClass, number: str) -> int:
    """Return the voucher of a number, in this class: of others nothing is said."""
    voucher = find_voucher(work.session, number)
    place = find_enrolment(work.session, voucher.id) if voucher is not None else None
    if voucher is None or place is None or place.class_id != found.id:
        raise VOUCHER_MISSING.refused()
    return voucher.id


def _hold_card(work: Work, found: TrainingClass, voucher: Voucher, asked: StaffMark) -> None:
    """Hold the characters typed against the card; a wrong one is kept like every scan."""
    holder = read_people(work.session, work.keyring, [voucher.holder_person_id]).get(voucher.holder_person_id)
    try:
        check_card(work, voucher, holder, asked.last4)
    except Refused as refused:
        scanned = Scanned("check", found.id, asked.code, asked.device)
        record_scan(work, scanned, refused.refusal, code=Behind(voucher.id))
        raise KeptRefused(refused.refusal) from None


def _check_may_mark(
    work: Work, held: ClassSession, found: TrainingClass, voucher: Voucher, direction: str
) -> None:
    """Refuse a mark of somebody who is not taught here now, or whose hours have been written down."""
    # presence and playing would be added up: whoever sat in a room and played as well had the hours twice
    if is_played(work.session, held.id):
        raise SESSION_PLAYED.refused()
    start_if_begun(work, found)
    if found.state not in ("approved", "running"):
        raise CLASS_NOT_IN_SESSION.refused(state=STATE_NAMES[Thing.CLASS][found.state])
    check_taught(work.session, found, held.starts_at)
    list_learners(work, found, held, [voucher.id])
    check_mark_time(direction, slot_of(held), work.at, read_mark_rules(work.session, found, work.at))
    recorded = work.session.scalar(
        select(Attendance.id).where(Attendance.session_id == held.id, Attendance.voucher_id == voucher.id)
    )
    if recorded is not None:
        raise ATTENDANCE_RECORDED.refused(voucher=voucher.number)
    check_mark_order(direction, order_of(list_marks(work.session, held.id, voucher.id)))


def _find_done(work: Work, signed: Signed, asked: PhoneMark) -> AttendanceMark | None:
    """Return the mark this very signature made before. Raises Refused code_used where it made another."""
    done = work.session.scalars(
        select(AttendanceMark).where(
            AttendanceMark.device_id == signed.device.id,
            AttendanceMark.counter == signed.presentation.counter,
        )
    ).first()
    if done is not None and (done.session_id, done.direction) != (asked.session_id, asked.direction):
        raise CODE_USED.refused()
    return done


def _write(
    work: Work,
    held: ClassSession,
    voucher: Voucher,
    direction: str,
    way: str,
    placed: Placed,
    signed: Signed | None = None,
    browser: str | None = None,
) -> AttendanceMark:
    mark = AttendanceMark(
        session_id=held.id,
        voucher_id=voucher.id,
        person_id=voucher.holder_person_id,
        direction=direction,
        way=way,
        device_id=signed.device.id if signed is not None else None,
        counter=signed.presentation.counter if signed is not None else None,
        browser=browser,
        distance_m=placed.distance_m,
        accuracy_m=placed.accuracy_m,
        no_position=placed.no_position,
        marked_at=work.at,
        marked_by_person_id=work.actor.person_id,
    )
    work.session.add(mark)
    work.session.flush()
    audit.record_one(
        work, str(Thing.CLASS), held.class_id, "mark",
        session=held.id, voucher=voucher.id, direction=direction, way=way,
    )  # fmt: skip
    return mark
