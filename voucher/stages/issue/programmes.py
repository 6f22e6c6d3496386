"""Programmes (券种): drafted by one person, published by another, stopped, topped up, closed."""

from __future__ import annotations

from sqlalchemy import select

from voucher.ledger import audit, states
from voucher.plumbing.unit_of_work import Work
from voucher.rules.actor import Role, check_role
from voucher.rules.approval import check_two_people
from voucher.rules.issuing import PROGRAMME_STOPPED, check_in_period
from voucher.rules.lifecycle import Thing, check_event
from voucher.rules.programmes import check_quantity
from voucher.rules.words import check_why
from voucher.stages.issue.drafting import NewProgramme as NewProgramme
from voucher.stages.issue.drafting import draft_programme as draft_programme
from voucher.stages.issue.models import Programme
from voucher.stages.issue.reading import OFFICERS, lock_own_programme, lock_programme
from voucher.stages.issue.waiting import end_waiting_lines, serve_waiting


def publish_programme(work: Work, programme_id: int) -> Programme:
    """Let vouchers be issued under a drafted programme; its terms stand from now on.

    Raises Refused role_missing, programme_missing, second_person_needed, programme_over,
    event_not_allowed.
    """
    programme = lock_own_programme(work, programme_id, *OFFICERS)
    check_two_people(programme.drafted_by_person_id, work.actor.person_id)
    if work.today > programme.from_on:
        check_in_period(programme.name, programme.from_on, programme.until_on, work.today)
    states.move(work, Programme, [programme], "publish")
    programme.published_by_person_id = work.actor.person_id
    programme.published_at = work.at
    work.session.flush()
    return programme


def discard_programme(work: Work, programme_id: int, why: str) -> None:
    """Throw a draft away. Raises Refused role_missing, programme_missing, why_missing, event_not_allowed."""
    programme = lock_own_programme(work, programme_id, Role.OPERATOR, *OFFICERS)
    states.move(work, Programme, [programme], "discard", reason=check_why(why))


def stop_programme(work: Work, programme_id: int, why: str) -> None:
    """Issue nothing more under a programme for now; vouchers out there stay, those waiting are refused.

    Raises Refused role_missing, programme_missing, why_missing, event_not_allowed.
    """
    _end(work, lock_own_programme(work, programme_id, *OFFICERS), "stop", check_why(why))


def close_programme(work: Work, programme_id: int, why: str) -> None:
    """Issue nothing more under a programme for ever; vouchers out there stay, those waiting are refused.

    Raises Refused role_missing, programme_missing, why_missing, event_not_allowed.
    """
    _end(work, lock_own_programme(work, programme_id, *OFFICERS), "close", check_why(why))


def _end(work: Work, programme: Programme, event: str, why: str | None = None) -> None:
    states.move(work, Programme, [programme], event, reason=why)
    end_waiting_lines(work, programme, PROGRAMME_STOPPED.refusal(programme=programme.name))
    # who stood behind them in the queue comes first now
    serve_waiting(work, programme.budget_id)


def resume_programme(work: Work, programme_id: int, why: str) -> None:
    """Issue vouchers again under a stopped programme.

    Raises Refused role_missing, programme_missing, why_missing, programme_over, event_not_allowed.
    """
    programme = lock_own_programme(work, programme_id, *OFFICERS)
    check_in_period(programme.name, min(programme.from_on, work.today), programme.until_on, work.today)
    states.move(work, Programme, [programme], "resume", reason=check_why(why))


def top_up(work: Work, programme_id: int, quantity: int, why: str) -> Programme:
    """Let so many more vouchers be issued under the same terms and return the programme.

    Raises Refused role_missing, programme_missing, why_missing, quantity_invalid, event_not_allowed.
    """
    programme = lock_own_programme(work, programme_id, *OFFICERS)
    said = check_why(why)
    check_quantity(quantity)
    # whatever is no longer to be stopped has nothing to be topped up either
    check_event(Thing.PROGRAMME, programme.state, "close")
    programme.quantity += quantity
    work.session.flush()
    audit.record_one(
        work,
        str(Thing.PROGRAMME),
        programme.id,
        "top_up",
        more=quantity,
        quantity=programme.quantity,
        why=said,
    )
    return programme


def close_due_programmes(work: Work) -> int:
    """Close every programme whose last day is over and return how many. Raises Refused role_missing."""
    check_role(work.actor, Role.CLOCK)
    due = work.session.execute(
        select(Programme.id)
        .where(Programme.state.in_(("published", "stopped")), Programme.until_on < work.today)
        .order_by(Programme.budget_id, Programme.id)
    ).scalars()
    ended = 0
    for programme_id in due.all():
        programme = lock_programme(work, programme_id)
        if programme.state in ("published", "stopped"):
            _end(work, programme, "close")
            ended += 1
    return ended
