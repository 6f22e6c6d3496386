"""Dealing with a complaint: accept or refuse it, ask the institution, take its answer, conclude."""

from __future__ import annotations

from datetime import date

from voucher.ledger.states import move
from voucher.plumbing.unit_of_work import Work
from voucher.registry.tables import read_calendar, require_parameter_number
from voucher.rules.actor import Role, check_role
from voucher.rules.calendar import add_workdays
from voucher.rules.complaints import SOURCE
from voucher.rules.errors import Family, reason
from voucher.rules.lifecycle import Thing, check_event
from voucher.rules.words import check_why
from voucher.stages.oversee.complaints.models import Complaint
from voucher.stages.oversee.complaints.reading import (
    COMPLAINT_MISSING,
    load_complaint,
    load_handled,
    lock_complaint,
)

CLOSE_DAYS, ANSWER_DAYS = "complaint_close_workdays", "complaint_answer_workdays"
STAFF = (Role.INSTITUTION_ADMIN, Role.REGISTRAR, Role.EVALUATOR_ADMIN)

ANSWER_AWAITED = reason(
    "complaint_answer_awaited",
    "机构可以在 {until}（含当天）前说明，现在还不能下结论",
    "请等机构说明，或等期限过去",
    SOURCE,
    Family.CONFLICT,
)


def accept(work: Work, complaint_id: int) -> Complaint:
    """Accept a complaint: whoever does deals with it from now on, and it is concluded within working days.

    Raises Refused role_missing, complaint_missing, complaint_own_institution, event_not_allowed,
    calendar_year_missing.
    """
    found = load_complaint(work, complaint_id)
    check_event(Thing.COMPLAINT, found.state, "accept")
    close_by = _after(work, CLOSE_DAYS)
    found.accepted_at, found.handler_person_id = work.at, work.actor.person_id
    found.close_by = close_by
    work.session.flush()
    move(work, Complaint, [found], "accept", content={found.id: {"until": close_by.isoformat()}})
    return found


def refuse(work: Work, complaint_id: int, words: str) -> Complaint:
    """Refuse what is not for this office, and say where to turn. Raises Refused as accepting, why_missing."""
    found = load_complaint(work, complaint_id)
    check_event(Thing.COMPLAINT, found.state, "refuse")
    return _conclude(work, found, "refuse", words, words)


def ask(work: Work, complaint_id: int, question: str) -> Complaint:
    """Ask the institution, in the office's own words: those of the complainant it never reads.

    Raises Refused as accepting, complaint_not_yours, why_missing.
    """
    found = load_handled(work, complaint_id)
    said = check_why(question)
    check_event(Thing.COMPLAINT, found.state, "ask")
    answer_by = _after(work, ANSWER_DAYS)
    found.question, found.asked_at, found.answer_by = said, work.at, answer_by
    work.session.flush()
    move(work, Complaint, [found], "ask", content={found.id: {"until": answer_by.isoformat()}})
    return found


def answer(work: Work, complaint_id: int, words: str) -> Complaint:
    """Say what the institution has to say, once; it never concludes.

    Raises Refused role_missing, complaint_missing (also for one of another institution, and one not asked),
    why_missing, event_not_allowed.
    """
    check_role(work.actor, *STAFF)
    said = check_why(words)
    found = lock_complaint(work, Complaint.id == complaint_id)
    if found.asked_at is None or not work.actor.serves(found.institution_id, *STAFF):
        raise COMPLAINT_MISSING.refused()
    check_event(Thing.COMPLAINT, found.state, "answer")
    found.answer, found.answered_at = said, work.at
    found.answered_by_person_id = work.actor.person_id
    work.session.flush()
    move(work, Complaint, [found], "answer")
    return found


def conclude(work: Work, complaint_id: int, words: str, reply: str, *, is_upheld: bool) -> Complaint:
    """Say whether a complaint is true: `words` for the office, `reply` for whoever complained.

    Raises Refused as accepting, complaint_not_yours, complaint_answer_awaited, why_missing.
    """
    found = load_handled(work, complaint_id)
    event = "uphold" if is_upheld else "dismiss"
    check_event(Thing.COMPLAINT, found.state, event)
    until = found.answer_by
    if until is not None and found.answered_at is None and work.today <= until:
        raise ANSWER_AWAITED.refused(until=until.isoformat())
    return _conclude(work, found, event, words, reply)


def _conclude(work: Work, found: Complaint, event: str, words: str, reply: str) -> Complaint:
    found.conclusion, found.reply = check_why(words), check_why(reply)
    found.concluded_at, found.concluded_by_person_id = work.at, work.actor.person_id
    work.session.flush()
    move(work, Complaint, [found], event)
    return found


def _after(work: Work, parameter: str) -> date:
    days = require_parameter_number(work.session, parameter, work.today, ())
    return add_workdays(work.today, days, read_calendar(work.session), count_first=False)
