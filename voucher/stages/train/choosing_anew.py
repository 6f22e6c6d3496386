"""What a holder does whose institution left in the middle of the class: wait for a transfer, or choose anew.

Until the office has moved the voucher its holder may leave the place behind: not redeemed, it is free for any
class again; in training, it ends and another officer issues a new one.
"""

from __future__ import annotations

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from voucher.ledger import commitments, holds
from voucher.ledger.holds import Hold
from voucher.ledger.vouchers import VOUCHER_MISSING, Voucher, get_voucher
from voucher.plumbing.unit_of_work import Work
from voucher.rules.actor import Role, check_role
from voucher.rules.issuing import EXIT_NOT_THERE, LEFT_BY_INSTITUTION
from voucher.rules.lifecycle import Thing
from voucher.stages.train.classes import WAITS_FOR_TRANSFER
from voucher.stages.train.leave import send_back
from voucher.stages.train.models.classes import TrainingClass
from voucher.stages.train.reading import end_enrolments, find_enrolment


def list_exit_holds(session: Session, voucher_id: int) -> list[Hold]:
    """Return the open holds on a voucher that wait for another class, its own or its institution gone."""
    enrolment = find_enrolment(session, voucher_id)
    if enrolment is None:
        return []
    found = session.get_one(TrainingClass, enrolment.class_id)
    houses = sorted({found.institution_id, found.delivering_institution_id})
    return list(
        session.scalars(
            select(Hold)
            .where(
                Hold.thing == str(Thing.VOUCHER),
                Hold.object_id == voucher_id,
                Hold.closed_at.is_(None),
                or_(Hold.why == WAITS_FOR_TRANSFER, Hold.institution_id.in_(houses)),
            )
            .order_by(Hold.id)
        )
    )


def choose_anew(work: Work, voucher_id: int) -> Voucher:
    """Leave a place whose institution is gone, by the voucher's holder; other holds stay.

    Raises Refused role_missing, voucher_missing (also for a foreign one), exit_not_there, event_not_allowed.
    """
    check_role(work.actor, Role.WORKER)
    voucher = get_voucher(work, voucher_id, money=True)
    if voucher.holder_person_id != work.actor.person_id:
        raise VOUCHER_MISSING.refused()
    waiting = list_exit_holds(work.session, voucher_id)
    if not waiting:
        raise EXIT_NOT_THERE.refused()
    for each in waiting:
        holds.close_hold(work, each, LEFT_BY_INSTITUTION)
    if voucher.state == "enrolled":
        send_back(work, [voucher], LEFT_BY_INSTITUTION)
    else:
        commitments.end_vouchers(work, [voucher], "drop", LEFT_BY_INSTITUTION)
        end_enrolments(work, [voucher.id], "drop")
    return voucher
