"""What the person does: apply, answer what was asked, take it back; what a programme wants proven."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from voucher.ledger import states
from voucher.plumbing.secrets import Keyring
from voucher.plumbing.unit_of_work import Work
from voucher.registry import catalogue
from voucher.registry.outside.asking import wish_for
from voucher.registry.outside.reading import Facts, read_outside
from voucher.registry.tables import read_calendar, require_parameter_number
from voucher.rules.actor import Role, check_role
from voucher.rules.applications import (
    APPLICATION_MISSING,
    APPLICATION_NOT_NEEDED,
    APPLICATION_STANDING,
    DEMANDS_STAND,
    Demand,
    check_in_time,
    check_said,
    due_day,
    list_items,
    list_wanting,
    may_apply,
)
from voucher.rules.eligibility import FACTS_UNKNOWN
from voucher.rules.errors import Refused, refusal_as_json
from voucher.rules.lifecycle import Thing, check_event
from voucher.rules.outside import FactKind, is_fresh
from voucher.stages.issue.applications.attaching import attach_to_answers, attach_to_items
from voucher.stages.issue.judging import Verdict, judge_people
from voucher.stages.issue.models import Programme
from voucher.stages.issue.models_applications import (
    Application,
    ApplicationItem,
    ApplicationQuestion,
    ProgrammeDemand,
)
from voucher.stages.issue.open_programmes import enter_open_programme
from voucher.stages.issue.outside import Asked, list_known, read_asked
from voucher.stages.issue.questions import list_unanswered
from voucher.stages.issue.reading import lock_own_programme

DUE, ANSWER = "application_workdays", "clarification_workdays"
NOTHING: Mapping[int, Sequence[int]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a person would be asked to say, and why there is anything to ask."""

    verdict: Verdict
    labels: tuple[str, ...]


def state_demands(work: Work, programme_id: int, demands: Sequence[Demand]) -> None:
    """Write what a draft programme wants proven, in place of what stood before.

    Raises Refused role_missing, programme_missing, demands_stand.
    """
    programme = lock_own_programme(work, programme_id, Role.OPERATOR)
    if programme.state != "draft":
        raise DEMANDS_STAND.refused()
    work.session.execute(delete(ProgrammeDemand).where(ProgrammeDemand.programme_id == programme_id))
    work.session.add_all(
        ProgrammeDemand(
            programme_id=programme_id,
            position=position,
            label=each.label,
            fact=str(each.fact) if each.fact else None,
        )
        for position, each in enumerate(demands, start=1)
    )
    work.session.flush()


def list_wanted(session: Session, keyring: Keyring, programme: Programme, person_id: int, on: date) -> Wanted:
    """Return what a person would be asked to say for a voucher of a programme on a day, and why."""
    verdict = judge_people(session, keyring, programme, [person_id], on)[person_id]
    asked = read_asked(session, programme, on)
    facts = read_outside(session, [person_id]).get(person_id, {})
    unverified = _list_unverified(asked, facts, on)
    wanting = list_wanting(asked.demands, list_known(asked, facts, on))
    labels = list_items(wanting, unverified, verdict.doubt)
    return Wanted(verdict, labels)


def _list_unverified(asked: Asked, facts: Facts, on: date) -> list[FactKind]:
    fresh_days = asked.parameters.fresh_days if asked.parameters else 0
    return [
        kind
        for kind in asked.wanted
        if not any(is_fresh(each.told_on, on, fresh_days) for each in facts.get(kind, ()))
    ]


def apply(
    work: Work,
    programme_id: int,
    said: Mapping[int, str],
    *,
    declared: bool,
    attached: Mapping[int, Sequence[int]] = NOTHING,
) -> Application:
    """File the actor's own application for a voucher of a programme, each item with its words and files.

    Raises Refused role_missing, programme_missing, programme_not_open, declaration_missing,
    programme_not_published, programme_not_begun, programme_over, application_not_needed,
    application_standing, application_item_empty, attachment_missing, attachment_used,
    attachments_too_many, calendar_year_missing, and what no officer may decide otherwise.
    """
    programme = enter_open_programme(work, programme_id, declared=declared)
    if _find_standing(work.session, programme_id, work.actor.person_id) is not None:
        raise APPLICATION_STANDING.refused()
    wanted = list_wanted(work.session, work.keyring, programme, work.actor.person_id, work.today)
    cause = wanted.verdict.refusal or wanted.verdict.doubt
    if cause is None or cause.code == FACTS_UNKNOWN.code:
        raise APPLICATION_NOT_NEEDED.refused()
    if not may_apply(cause):
        raise Refused(cause)
    told = check_said(dict(enumerate(wanted.labels, start=1)), said)
    made = Application(
        programme_id=programme_id,
        region_code=programme.region_code,
        person_id=work.actor.person_id,
        cause=refusal_as_json(cause),
        filed_at=work.at,
        due_on=count_due(work, programme.region_code, DUE),
        **states.first_state(Thing.APPLICATION, "file"),
    )
    work.session.add(made)
    work.session.flush()
    states.begin(work, Thing.APPLICATION, [made.id], "file")
    items = [
        ApplicationItem(application_id=made.id, position=position, label=label, said=told[position])
        for position, label in enumerate(wanted.labels, start=1)
    ]
    work.session.add_all(items)
    work.session.flush()
    attach_to_items(work, items, attached)
    missing = list_unanswered(work.session, programme_id, [work.actor.person_id], work.today)
    wish_for(work, programme.region_code, missing)
    return made


def answer(
    work: Work,
    application_id: int,
    answers: Mapping[int, str],
    attached: Mapping[int, Sequence[int]] = NOTHING,
) -> Application:
    """Answer every question that is open about one's own application, by the question's id.

    Raises Refused role_missing, application_missing, event_not_allowed, application_answer_late,
    application_item_empty, attachment_missing, attachment_used, attachments_too_many.
    """
    found = lock_own(work, application_id)
    questions = list_open(work.session, application_id)
    check_event(Thing.APPLICATION, found.state, "answer")
    check_in_time(found.answer_by or work.today, work.today)
    told = check_said({each.id: each.question for each in questions}, answers)
    for each in questions:
        each.answer, each.answered_at = told[each.id], work.at
    attach_to_answers(work, questions, attached)
    states.move(work, Application, [found], "answer")
    # the office's days begin anew: what it decides on is only complete now
    found.due_on, found.answer_by = count_due(work, found.region_code, DUE), None
    work.session.flush()
    return found


def withdraw_application(work: Work, application_id: int) -> Application:
    """Take back one's own application.

    Raises Refused role_missing, application_missing, event_not_allowed.
    """
    found = lock_own(work, application_id)
    states.move(work, Application, [found], "withdraw")
    return found


def lock_own(work: Work, application_id: int) -> Application:
    """Return the actor's own application, locked; a foreign one is answered like a missing one.

    Raises Refused role_missing, application_missing.
    """
    check_role(work.actor, Role.WORKER)
    found = lock_application(work, application_id)
    if found.person_id != work.actor.person_id:
        raise APPLICATION_MISSING.refused()
    return found


def lock_application(work: Work, application_id: int) -> Application:
    """Return an application as it stands, locked. Raises Refused application_missing."""
    found = work.session.scalars(
        select(Application)
        .where(Application.id == application_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).first()
    if found is None:
        raise APPLICATION_MISSING.refused()
    return found


def list_open(session: Session, application_id: int) -> Sequence[ApplicationQuestion]:
    """Return the questions about an application nobody has answered yet."""
    return session.scalars(
        select(ApplicationQuestion)
        .join(ApplicationItem, ApplicationItem.id == ApplicationQuestion.item_id)
        .where(ApplicationItem.application_id == application_id, ApplicationQuestion.answered_at.is_(None))
        .order_by(ApplicationQuestion.id)
    ).all()


def _find_standing(session: Session, programme_id: int, person_id: int) -> int | None:
    return session.scalar(
        select(Application.id).where(
            Application.programme_id == programme_id,
            Application.person_id == person_id,
            Application.state.in_(("filed", "asked", "approved")),
        )
    )


def count_due(work: Work, region_code: str, parameter: str) -> date:
    """Return the last day of a term of a region that begins today.

    Raises Refused parameter_missing, calendar_year_missing.
    """
    regions = catalogue.list_ancestry(work.session, region_code)
    workdays = require_parameter_number(work.session, parameter, work.today, regions)
    return due_day(work.today, workdays, read_calendar(work.session))
