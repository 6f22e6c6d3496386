"""What the clock does to classes: they begin with their first session and close when nobody is left."""

from __future__ import annotations

from sqlalchemy import exists, select

from voucher.ledger import states
from voucher.ledger.vouchers import Voucher
from voucher.plumbing.unit_of_work import Work
from voucher.rules.actor import Role, check_role
from voucher.stages.train.models.classes import ClassSession, TrainingClass
from voucher.stages.train.models.places import Enrolment
from voucher.stages.train.reading import SEATED, begins_at


def start_due_classes(work: Work) -> int:
    """Start the approved classes whose first session has begun; return how many. Raises role_missing."""
    check_role(work.actor, Role.CLOCK)
    begun = exists().where(ClassSession.class_id == TrainingClass.id, ClassSession.starts_at <= work.at)
    due = work.session.scalars(
        select(TrainingClass)
        .where(TrainingClass.state == "approved", begun)
        .order_by(TrainingClass.id)
        .with_for_update()
    ).all()
    states.move(work, TrainingClass, due, "start")
    return len(due)


def start_if_begun(work: Work, found: TrainingClass) -> None:
    """Start a locked class the clock has not come to yet, so that its room need not wait for a minute."""
    if found.state == "approved" and begins_at(work.session, found.id) <= work.at:
        states.move(work, TrainingClass, [found], "start")


def close_due_classes(work: Work) -> int:
    """Close the signed-off classes in which no voucher is left; return how many. Raises role_missing."""
    check_role(work.actor, Role.CLOCK)
    sitting = (
        exists()
        .where(Enrolment.class_id == TrainingClass.id, Enrolment.ended_at.is_(None))
        .where(Voucher.id == Enrolment.voucher_id, Voucher.state.in_(SEATED))
    )
    due = work.session.scalars(
        select(TrainingClass)
        .where(TrainingClass.state == "signed_off", ~sitting)
        .order_by(TrainingClass.id)
        .with_for_update()
    ).all()
    states.move(work, TrainingClass, due, "close")
    return len(due)
