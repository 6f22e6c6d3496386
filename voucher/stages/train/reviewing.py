"""The office's word on a class: approved (准予开班), or returned with every defect at once."""

from __future__ import annotations

from sqlalchemy import select

from voucher.ledger import states
from voucher.ledger.audit import AuditRow
from voucher.plumbing.unit_of_work import Work
from voucher.registry.listing import check_listed
from voucher.rules.approval import check_two_people
from voucher.rules.lifecycle import Thing, check_event
from voucher.rules.timetables import CLASS_BEGINS_UNREVIEWED
from voucher.stages.train.filed import check_filed
from voucher.stages.train.intake_checks import check_filed_intake
from voucher.stages.train.models.classes import TrainingClass
from voucher.stages.train.phone_draws import commit_seed
from voucher.stages.train.reading import check_why, format_moment, get_reached_class, list_sessions
from voucher.stages.train.scopes import ask_scope
from voucher.stages.train.subcontracting import check_subcontracted


def approve_class(work: Work, class_id: int, opinion: str) -> TrainingClass:
    """Allow a class to take place and to enrol vouchers; the seed of its phone checks is fixed now.

    Nobody allows a class he drafted, rewrote or filed himself. Somebody on its intake who is taught elsewhere
    then keeps nobody else from being taught: his own enrolment is refused. Raises Refused role_missing,
    class_missing, training_why_missing, event_not_allowed, second_person_needed, institution_not_listed,
    class_begins_unreviewed, and what `check_filed`, `check_filed_intake` and `check_subcontracted` refuse.
    """
    check_why(opinion)
    found = get_reached_class(work, class_id, lock=True)
    check_event(Thing.CLASS, found.state, "approve")
    for person_id in _hands_of(work, found):
        check_two_people(person_id, work.actor.person_id)
    for institution_id in sorted({found.institution_id, found.delivering_institution_id}):
        check_listed(work.session, institution_id, found.starts_on)
    check_not_begun(work, found)
    check_subcontracted(work.session, found)
    check_filed(work.session, work.keyring, found)
    found.intake_size = check_filed_intake(work, found)
    states.move(work, TrainingClass, [found], "approve", reason=opinion)
    ask_scope(work, found)
    commit_seed(work, found)
    return found


def check_not_begun(work: Work, found: TrainingClass) -> None:
    """Refuse a class nobody could enrol in any more: its first lesson has begun.

    Raises class_begins_unreviewed.
    """
    first = min(each.starts_at for each in list_sessions(work.session, found.id))
    if first <= work.at:
        raise CLASS_BEGINS_UNREVIEWED.refused(starts=format_moment(first))


def _hands_of(work: Work, found: TrainingClass) -> list[int]:
    """Return who wrote the plan of a class or filed it, also in an earlier round."""
    written = select(AuditRow.actor_person_id).where(
        AuditRow.thing == str(Thing.CLASS),
        AuditRow.object_id == found.id,
        AuditRow.act.in_(("draft", "revise", "file")),
    )
    return sorted({found.drafted_by_person_id, *work.session.scalars(written)})


def return_class(work: Work, class_id: int, defects: str) -> TrainingClass:
    """Send a class back to its institution with everything that is wrong.

    Raises Refused role_missing, class_missing, training_why_missing, event_not_allowed.
    """
    check_why(defects)
    found = get_reached_class(work, class_id, lock=True)
    states.move(work, TrainingClass, [found], "return", reason=defects)
    return found
