"""What the office does with an application: ask item by item, agree, decline; the clock ends it."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import select

from voucher.ledger import states
from voucher.plumbing.unit_of_work import Work
from voucher.rules.actor import Role, check_role
from voucher.rules.applications import APPLICATION_MISSING, QUESTION_MISSING
from voucher.rules.approval import check_two_people
from voucher.rules.words import check_why
from voucher.stages.issue.applications.filing import ANSWER, count_due, lock_application
from voucher.stages.issue.models_applications import Application, ApplicationItem, ApplicationQuestion
from voucher.stages.issue.reading import OFFICERS, reaches

NOT_ANSWERED = "答复期限已过"


def ask_clarification(work: Work, application_id: int, questions: Mapping[int, str]) -> Application:
    """Ask what is unclear, each question at its item (by its id), all at once.

    Raises Refused role_missing, application_missing (also for a foreign one), event_not_allowed,
    second_person_needed, application_question_missing, calendar_year_missing.
    """
    found = _lock_to_decide(work, application_id)
    items = set(
        work.session.scalars(
            select(ApplicationItem.id).where(ApplicationItem.application_id == application_id)
        )
    )
    asked = {item_id: words.strip() for item_id, words in questions.items() if words.strip()}
    if not asked or not asked.keys() <= items:
        raise QUESTION_MISSING.refused()
    found.answer_by = count_due(work, found.region_code, ANSWER)
    work.session.flush()
    states.move(work, Application, [found], "ask")
    work.session.add_all(
        ApplicationQuestion(
            item_id=item_id, question=words, asked_by_person_id=work.actor.person_id, asked_at=work.at
        )
        for item_id, words in sorted(asked.items())
    )
    work.session.flush()
    return found


def approve(work: Work, application_id: int, opinion: str) -> Application:
    """Agree, with what it stands on: the person may now take the voucher.

    Raises Refused role_missing, application_missing, event_not_allowed, second_person_needed, why_missing.
    """
    return _decide(work, application_id, "approve", opinion)


def decline(work: Work, application_id: int, opinion: str) -> Application:
    """Decline with the reason. Raises Refused as `approve` does."""
    return _decide(work, application_id, "decline", opinion)


def lapse_applications(work: Work) -> int:
    """End the applications whose questions nobody answered in time, and return how many.

    Raises Refused role_missing.
    """
    check_role(work.actor, Role.CLOCK)
    due = work.session.scalars(
        select(Application)
        .where(Application.state == "asked", Application.answer_by < work.today)
        .order_by(Application.id)
        .with_for_update()
    ).all()
    states.move(work, Application, due, "lapse", reason=NOT_ANSWERED)
    return len(due)


def _decide(work: Work, application_id: int, event: str, opinion: str) -> Application:
    found = _lock_to_decide(work, application_id)
    said = check_why(opinion)
    found.decided_by_person_id, found.decided_at, found.opinion = work.actor.person_id, work.at, said
    work.session.flush()
    states.move(work, Application, [found], event, reason=said)
    return found


def _lock_to_decide(work: Work, application_id: int) -> Application:
    """Return an application of the actor's own regions, locked; nobody decides on their own."""
    check_role(work.actor, *OFFICERS)
    found = lock_application(work, application_id)
    if not reaches(work, found.region_code, *OFFICERS):
        raise APPLICATION_MISSING.refused()
    check_two_people(found.person_id, work.actor.person_id)
    return found
