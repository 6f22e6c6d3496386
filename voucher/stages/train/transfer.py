"""Moving vouchers to another class (转班), by the office: what was promised and attended stays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import or_, select

from voucher.ledger import holds
from voucher.ledger.credentials.issuing import end_vouchers_credentials
from voucher.ledger.holds import Hold
from voucher.ledger.vouchers import VOUCHER_MISSING, Voucher, advance, lock_vouchers
from voucher.plumbing.unit_of_work import Work
from voucher.registry.people import Person
from voucher.rules.actor import check_role
from voucher.rules.classes import check_class_fits
from voucher.rules.errors import Family, reason
from voucher.rules.lifecycle import STATE_NAMES, Thing, check_event
from voucher.stages.issue.queries import get_programme
from voucher.stages.train.classes import WAITS_FOR_TRANSFER
from voucher.stages.train.enrol import set_certify_by
from voucher.stages.train.fitting import CLASS_NOT_OPEN, check_place, check_redeem_by, subject_of
from voucher.stages.train.intake import take_along
from voucher.stages.train.models.classes import TrainingClass
from voucher.stages.train.models.places import Enrolment
from voucher.stages.train.queries.differing import compare
from voucher.stages.train.queries.facts import completion_of
from voucher.stages.train.reading import (
    OFFICERS,
    ROSTER_CHANGED,
    SEATED,
    SOURCE,
    check_why,
    end_enrolments,
    find_enrolment,
    get_reached_class,
    load_class,
)
from voucher.stages.train.tallying import tally_leavers
from voucher.stages.train.telling import tell_moved

SIGNED_OFF_ALREADY = reason(
    "signed_off_already",
    "券 {voucher} 已在原班级结业签字，结果为未合格",
    "结业签字后不再转班；有正当理由的，请持券人联系发券的人社部门",
    SOURCE,
    Family.CONFLICT,
)
SAME_CLASS = reason(
    "same_class",
    "券 {voucher} 已在这个班级",
    "请选择另一个班级",
    SOURCE,
    Family.CONFLICT,
)


def transfer(
    work: Work, voucher_ids: Sequence[int], class_id: int, why: str, *, out_of: int | None = None
) -> int:
    """Move enrolled vouchers and those in training to a class of the same subject and return how many.

    Hours and redemption stay, and marks are written down as hours first; holds that waited for the transfer
    are closed, and a class with an intake takes each up on it. With `out_of` each must still sit in that
    class, or nobody is moved. Raises Refused role_missing, voucher_missing (also for a foreign one),
    class_roster_changed, class_missing, training_why_missing, event_not_allowed, same_class,
    signed_off_already, class_not_open, expires_before_class, parameter_missing, class_intake_full,
    class_intake_transfer_denied, class_intake_transfer_struck, and what keeps a voucher out of a class.
    """
    check_role(work.actor, *OFFICERS)
    check_why(why)
    wanted = sorted(set(voucher_ids))
    # like an enrolment: two vouchers of one person are never booked past each other
    holders = select(Voucher.holder_person_id).where(Voucher.id.in_(wanted))
    work.session.execute(
        select(Person.id).where(Person.id.in_(holders)).order_by(Person.id).with_for_update(key_share=True)
    ).all()
    vouchers = lock_vouchers(work, Voucher.id.in_(wanted))
    if len(vouchers) != len(wanted) or not all(_reaches(work, each) for each in vouchers):
        raise VOUCHER_MISSING.refused()
    seats = _find_seats(work, wanted)
    if out_of is not None:
        if not all(each.state in SEATED and seats.get(each.id) == out_of for each in vouchers):
            raise ROSTER_CHANGED.refused()
        # a merger locks the class they leave as well: two that swap people never wait for each other
        both = select(TrainingClass.id).where(TrainingClass.id.in_((out_of, class_id)))
        work.session.execute(both.order_by(TrainingClass.id).with_for_update()).all()
    target = get_reached_class(work, class_id, lock=True)
    if target.state not in ("approved", "running") or work.today > target.ends_on:
        raise CLASS_NOT_OPEN.refused(state=STATE_NAMES[Thing.CLASS][target.state])
    _tally_former(work, seats)
    differing = {
        each: compare(work.session, load_class(work.session, class_id), target, work.at)
        for each, class_id in seats.items()
    }
    for voucher in vouchers:
        _move(work, voucher, target)
    advance(work, vouchers, "transfer", reason=why)
    end_vouchers_credentials(work, [each.id for each in vouchers], "transfer")
    tell_moved(work, vouchers, target, differing)
    return len(vouchers)


def _reaches(work: Work, voucher: Voucher) -> bool:
    return any(voucher.region_code in work.actor.reach.get(role, frozenset()) for role in OFFICERS)


def _find_seats(work: Work, voucher_ids: Sequence[int]) -> dict[int, int]:
    """Return the class each voucher has an open enrolment in."""
    rows = work.session.execute(
        select(Enrolment.voucher_id, Enrolment.class_id)
        .where(Enrolment.voucher_id.in_(voucher_ids), Enrolment.ended_at.is_(None))
        .order_by(Enrolment.voucher_id)
    )
    return dict(rows.all())


def _tally_former(work: Work, seats: Mapping[int, int]) -> None:
    """Write down what people have signed in the classes they leave: the new one cannot do it for them."""
    leaving: dict[int, list[int]] = {}
    for voucher_id, class_id in seats.items():
        leaving.setdefault(class_id, []).append(voucher_id)
    for class_id, voucher_ids in sorted(leaving.items()):
        tally_leavers(work, load_class(work.session, class_id), voucher_ids)


def _move(work: Work, voucher: Voucher, target: TrainingClass) -> None:
    session = work.session
    check_event(Thing.VOUCHER, voucher.state, "transfer")
    enrolment = find_enrolment(session, voucher.id)
    if enrolment is None:
        raise VOUCHER_MISSING.refused()
    if enrolment.class_id == target.id:
        raise SAME_CLASS.refused(voucher=voucher.number)
    if completion_of(session, voucher.id) is not None:
        raise SIGNED_OFF_ALREADY.refused(voucher=voucher.number)
    former = load_class(session, enrolment.class_id)
    # prices and keys were locked for the former class; only the same subject leaves them true
    check_class_fits(subject_of(session, former), subject_of(session, target))
    programme = get_programme(session, voucher.programme_id)
    if voucher.state == "enrolled":
        check_redeem_by(voucher, target)
    check_place(work, voucher, programme, target)
    take_along(work, target, voucher)
    end_enrolments(work, [voucher.id], "transfer")
    session.add(
        Enrolment(
            voucher_id=voucher.id,
            person_id=voucher.holder_person_id,
            class_id=target.id,
            enrolled_at=work.at,
            enrolled_by_person_id=work.actor.person_id,
        )
    )
    set_certify_by(work, voucher, programme, target)
    session.flush()
    _let_go(work, voucher, former, target)


def _let_go(work: Work, voucher: Voucher, former: TrainingClass, target: TrainingClass) -> None:
    """Close the holds that only waited for another class: a cancelled class, an institution's exit."""
    houses = {former.institution_id, former.delivering_institution_id}
    houses -= {target.institution_id, target.delivering_institution_id}
    waiting = work.session.scalars(
        select(Hold)
        .where(
            Hold.thing == str(Thing.VOUCHER),
            Hold.object_id == voucher.id,
            Hold.closed_at.is_(None),
            or_(Hold.why == WAITS_FOR_TRANSFER, Hold.institution_id.in_(sorted(houses))),
        )
        .order_by(Hold.id)
    ).all()
    for each in waiting:
        holds.close_hold(work, each, f"已转入班级 {target.number}")
