"""Where a voucher stands when somebody wants to use it: what a scanner is told, each with its next step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session, aliased

from voucher.ledger.vouchers import Voucher
from voucher.plumbing.clock import SHANGHAI
from voucher.plumbing.unit_of_work import Work
from voucher.registry.institutions import Institution
from voucher.registry.listing import STOPPED, read_states_at
from voucher.rules.actor import Actor
from voucher.rules.errors import Family, Refused, reason
from voucher.rules.filing import check_licensed
from voucher.rules.lifecycle import STATE_NAMES, Thing
from voucher.stages.train.models.classes import TrainingClass
from voucher.stages.train.models.places import REDEEMED_ALREADY, Enrolment
from voucher.stages.train.reading import (
    STAFF,
    find_redemption,
    format_moment,
    load_class,
    serves_class,
)

SOURCE = "豫办〔2021〕29号 第16项; S2-16b; LIFECYCLE 培训券"
# states in which the training has begun or is behind: the voucher has been used
USED = frozenset({"training", "trained", "assessed", "certified", "settled", "recovering", "recovered"})

VOUCHER_NOT_ACCEPTED = reason(
    "voucher_not_accepted",
    "这张券本人尚未领取",
    "请持券人先在“我的券”中领取，再报名或核销",
    SOURCE,
    Family.CONFLICT,
)
VOUCHER_EXPIRED = reason(
    "voucher_expired",
    "这张券已过核销截止日（{redeem_by}）",
    "过期的券不能使用；需要培训的，请重新领取新的培训券",
    SOURCE,
    Family.CONFLICT,
)
VOUCHER_ENDED = reason(
    "voucher_ended",
    "这张券已“{state}”，不能再使用",
    "请持券人在“我的券”中查看原因；有疑问的，请联系发券的人社部门",
    SOURCE,
    Family.CONFLICT,
)
ENROLLED_ALREADY = reason(
    "enrolled_already",
    "这张券已锁定在班级 {other}",
    "一张券只锁定一个班；要换班的，开课前先退出原班级",
    SOURCE,
    Family.CONFLICT,
)
NOT_ENROLLED = reason(
    "not_enrolled",
    "这张券还没有报名锁定到班级",
    "请先为持券人办理本班报名锁定，再出示新的码核销",
    SOURCE,
    Family.CONFLICT,
)
OTHER_CLASS = reason(
    "other_class",
    "这张券锁定在本机构的另一个班级 {other}",
    "请切换到该班级后核销",
    SOURCE,
    Family.CONFLICT,
)
OTHER_INSTITUTION = reason(
    "other_institution",
    "这张券锁定在其他机构，本机构不能核销",
    "请持券人到所报名的机构上课；要换机构的，开课前由本人退出原班级后重新报名",
    SOURCE,
    Family.CONFLICT,
)
CLASS_NOT_APPROVED = reason(
    "class_not_running",
    "班级当前为“{state}”，不能核销",
    "准予开班后方可核销；班级已取消的，请等待转班",
    SOURCE,
    Family.CONFLICT,
)
CLASS_NOT_STARTED = reason(
    "class_not_started",
    "班级 {starts_on} 开班，尚未开始",
    "请在开班当日起核销",
    SOURCE,
    Family.CONFLICT,
)
CLASS_OVER = reason(
    "class_over",
    "班级已于 {ends_on} 结束，不能再核销",
    "请持券人选择其他班级；确属漏扫的，请联系人社部门",
    SOURCE,
    Family.CONFLICT,
)
INSTITUTION_SUSPENDED = reason(
    "institution_suspended",
    "{institution}当前为“{state}”，暂停核销",
    "请等待人社部门处置；学员可由人社部门转到其他机构的班级",
    "豫办〔2021〕29号 第4项（退出机制）; S2-04p",
    Family.CONFLICT,
)
TAUGHT_WHILE_STOPPED = reason(
    "class_session_taught_stopped",
    "这次课 {starts} 上课时，{institution}为“{state}”，不登记到课",
    "停业期间的课不计学时；学员可由人社部门转到其他机构的班级，在那里补足学时",
    "豫办〔2021〕29号 第4项（退出机制）; S2-04p; 【设】停业期间不得上课",
    Family.CONFLICT,
)


class House(NamedTuple):
    """No more of an institution than a scan looks at."""

    name: str
    state: str
    licensed_until: date | None


@dataclass(frozen=True, slots=True)
class Seat:
    """The place a voucher is locked to, its class, and the institutions that answer for it and teach it."""

    enrolment: Enrolment
    training_class: TrainingClass
    houses: tuple[House, House]


DELIVERING = aliased(Institution)
# the columns of a seat, as `seat_of` takes them
SEATED: tuple[Any, ...] = (
    Enrolment,
    TrainingClass,
    *(
        column
        for each in (Institution, DELIVERING)
        for column in (each.name, each.state, each.licensed_until)
    ),
)
_SEAT = (
    select(*SEATED)
    .join(TrainingClass, TrainingClass.id == Enrolment.class_id)
    .join(Institution, Institution.id == TrainingClass.institution_id)
    .join(DELIVERING, DELIVERING.id == TrainingClass.delivering_institution_id)
    .where(Enrolment.voucher_id == bindparam("voucher_id"), Enrolment.ended_at.is_(None))
    .execution_options(populate_existing=True)
)


def seat_of(row: Sequence[Any]) -> Seat | None:
    """Return the seat of a row's columns `SEATED`, None where they are those of no place."""
    enrolment, found, *houses = row
    if enrolment is None:
        return None
    return Seat(enrolment, found, (House(*houses[:3]), House(*houses[3:])))


def check_usable(session: Session, actor: Actor, voucher: Voucher, today: date) -> None:
    """Refuse a voucher that nobody can use any more, or not yet.

    Raises Refused voucher_not_accepted, redeemed_already, voucher_expired, voucher_ended.
    """
    if voucher.state == "issued":
        raise VOUCHER_NOT_ACCEPTED.refused()
    if voucher.state in USED:
        raise redeemed_already(session, actor, voucher)
    if voucher.state == "expired" or (
        voucher.state in ("accepted", "enrolled") and voucher.redeem_by < today
    ):
        raise VOUCHER_EXPIRED.refused(redeem_by=voucher.redeem_by.isoformat())
    if voucher.state not in ("accepted", "enrolled"):
        raise VOUCHER_ENDED.refused(state=STATE_NAMES[Thing.VOUCHER][voucher.state])


def redeemed_already(session: Session, actor: Actor, voucher: Voucher) -> Refused:
    """Return the refusal of a second scan: when it was used, and to the institution's own people by whom."""
    found = find_redemption(session, voucher.id)
    if found is None:
        return REDEEMED_ALREADY.refused()
    at = format_moment(found.redeemed_at)
    own = serves_class(actor, load_class(session, found.class_id), *STAFF)
    by_you = own and found.redeemed_by_person_id == actor.person_id
    who = "由您" if by_you else "由本机构其他人员"
    words = f"这张券已于 {at} {who}在本机构核销" if own else f"这张券已于 {at} 在其他机构核销"
    told = REDEEMED_ALREADY.refusal(redeemed_at=at, own_institution=own, by_you=by_you)
    return Refused(replace(told, title=f"{words}，一张券只能核销一次"))


def get_redeemable_place(
    work: Work, voucher: Voucher, found: TrainingClass, *, shown_at: datetime | None = None
) -> Enrolment:
    """Return the place in which a voucher may be redeemed in a class; holds are not asked.

    The class and its institutions are read anew with the place. `shown_at` is when the code was shown, where
    a scan without a network is told of later: the institutions count as they stood then.

    Raises Refused voucher_not_accepted, redeemed_already, voucher_expired, voucher_ended, not_enrolled,
    other_class, other_institution, class_not_running, class_not_started, class_over, institution_suspended,
    licence_expired.
    """
    check_usable(work.session, work.actor, voucher, _day_of(work, shown_at))
    row = work.session.execute(_SEAT, {"voucher_id": voucher.id}).first()
    seat = seat_of(row) if row is not None else None
    if seat is not None and shown_at is not None:
        seat = _as_it_stood(work.session, seat, shown_at)
    return judge_place(work, voucher, found, seat, shown_at=shown_at)


def judge_place(
    work: Work, voucher: Voucher, found: TrainingClass, seat: Seat | None, *, shown_at: datetime | None = None
) -> Enrolment:
    """Return the place of `get_redeemable_place`, which refuses the same, where it has been read already."""
    session, day = work.session, _day_of(work, shown_at)
    check_usable(session, work.actor, voucher, day)
    if seat is None:
        raise NOT_ENROLLED.refused()
    other = seat.training_class
    if other.id != found.id:
        own = serves_class(work.actor, other, *STAFF)
        raise OTHER_CLASS.refused(other=other.number) if own else OTHER_INSTITUTION.refused()
    if found.state not in ("approved", "running"):
        over = found.state in ("signed_off", "closed")
        if over:
            raise CLASS_OVER.refused(ends_on=found.ends_on.isoformat())
        raise CLASS_NOT_APPROVED.refused(state=STATE_NAMES[Thing.CLASS][found.state])
    if day < found.starts_on:
        raise CLASS_NOT_STARTED.refused(starts_on=found.starts_on.isoformat())
    if day > found.ends_on:
        raise CLASS_OVER.refused(ends_on=found.ends_on.isoformat())
    for institution in seat.houses:
        _check_not_stopped(institution, shown_at)
        check_licensed(institution.name, institution.licensed_until, found.starts_on)
    return seat.enrolment


def check_goes_on(session: Session, found: TrainingClass) -> None:
    """Refuse a class whose institution, or who teaches it, may not go on. Raises institution_suspended."""
    for institution_id in (found.institution_id, found.delivering_institution_id):
        house = session.get_one(Institution, institution_id)
        _check_not_stopped(House(house.name, house.state, house.licensed_until))


def find_stopped(session: Session, found: TrainingClass, at: datetime) -> tuple[str, str] | None:
    """Return name and state of an institution of a class that was stopped then, None where none was."""
    houses = (found.institution_id, found.delivering_institution_id)
    then = read_states_at(session, houses, at)
    stopped = next((each for each in houses if then.get(each) in STOPPED), None)
    if stopped is None:
        return None
    return session.get_one(Institution, stopped).name, STATE_NAMES[Thing.INSTITUTION][then[stopped]]


def check_taught(session: Session, found: TrainingClass, at: datetime) -> None:
    """Refuse hours of what was begun at a moment when an institution of its class was stopped.

    Raises class_session_taught_stopped.
    """
    stopped = find_stopped(session, found, at)
    if stopped is not None:
        name, state = stopped
        starts = format_moment(at)
        raise TAUGHT_WHILE_STOPPED.refused(starts=starts, institution=name, state=state)


def _check_not_stopped(institution: House, shown_at: datetime | None = None) -> None:
    if institution.state not in STOPPED:
        return
    state = STATE_NAMES[Thing.INSTITUTION][institution.state]
    told = INSTITUTION_SUSPENDED.refusal(institution=institution.name, state=state)
    if shown_at is not None:
        told = replace(told, title=f"出示时{institution.name}为“{state}”，暂停核销")
    raise Refused(told)


def _as_it_stood(session: Session, seat: Seat, at: datetime) -> Seat:
    """Return a place with its institutions in the states they were in at a moment."""
    found, (holding, teaching) = seat.training_class, seat.houses
    ids = (found.institution_id, found.delivering_institution_id)
    then = read_states_at(session, ids, at)
    houses = (
        holding._replace(state=then.get(ids[0], holding.state)),
        teaching._replace(state=then.get(ids[1], teaching.state)),
    )
    return replace(seat, houses=houses)


def _day_of(work: Work, shown_at: datetime | None) -> date:
    return shown_at.astimezone(SHANGHAI).date() if shown_at is not None else work.today
