"""The office's word on a class: approved (准予开班), or returned with every defect at once."""

from __future__ import annotations

from voucher.ledger import states
from voucher.plumbing.unit_of_work import Work
from voucher.registry.listing import check_listed
from voucher.rules.lifecycle import Thing, check_event
from voucher.stages.train.models.classes import TrainingClass
from voucher.stages.train.reading import check_why, get_reached_class


def approve_class(work: Work, class_id: int, opinion: str) -> TrainingClass:
    """Allow a class to take place and to enrol vouchers.

    Raises Refused role_missing, class_missing, training_why_missing, event_not_allowed,
    institution_not_listed.
    """
    check_why(opinion)
    found = get_reached_class(work, class_id, lock=True)
    check_event(Thing.CLASS, found.state, "approve")
    for institution_id in sorted({found.institution_id, found.delivering_institution_id}):
        check_listed(work.session, institution_id, found.starts_on)
    states.move(work, TrainingClass, [found], "approve", reason=opinion)
    return found


def return_class(work: Work, class_id: int, defects: str) -> TrainingClass:
    """Send a class back to its institution with everything that is wrong.

    Raises Refused role_missing, class_missing, training_why_missing, event_not_allowed.
    """
    check_why(defects)
    found = get_reached_class(work, class_id, lock=True)
    states.move(work, TrainingClass, [found], "return", reason=defects)
    return found
