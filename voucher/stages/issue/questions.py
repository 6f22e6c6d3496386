"""Which facts are still to be asked of other systems before a voucher, for whom, and who leaves them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from sqlalchemy import ColumnElement, Text, and_, cast, exists, or_, select
from sqlalchemy.orm import Session

from voucher.plumbing.unit_of_work import Work
from voucher.registry.outside.asking import wish_for
from voucher.registry.outside.models import OutsideAnswer, OutsideQuestion, OutsideSystem
from voucher.registry.outside.reading import read_outside
from voucher.registry.outside.systems import list_systems
from voucher.rules.actor import Role, check_role
from voucher.rules.outside import OUTSIDE_UNVERIFIED, FactKind, is_fresh
from voucher.stages.issue.models import Issue, IssueLine, Programme
from voucher.stages.issue.models_applications import Application
from voucher.stages.issue.outside import read_asked

MOST_LINES = 500
# a line refused for want of an answer is asked about for so long; then a new roster asks anew
REFUSED_FOR = timedelta(days=7)


def list_unanswered(
    session: Session, programme_id: int, person_ids: Sequence[int], on: date
) -> dict[int, list[FactKind]]:
    """Return, per person, what a programme wants and no answer is fresh for. Raises parameter_missing."""
    programme = session.get(Programme, programme_id)
    if programme is None:
        return {}
    asked = read_asked(session, programme, on)
    # a proof another system could stand for is asked of it only where there is one
    connected = list_systems(session, on)
    wanted = {*asked.wanted, *(each.fact for each in asked.demands if each.fact in connected)}
    if not wanted or asked.parameters is None:
        return {}
    fresh_days = asked.parameters.fresh_days
    known = read_outside(session, person_ids)
    missing = {
        person_id: [
            kind
            for kind in FactKind
            if kind in wanted
            and not any(
                is_fresh(each.told_on, on, fresh_days) for each in known.get(person_id, {}).get(kind, ())
            )
        ]
        for person_id in person_ids
    }
    return {person_id: kinds for person_id, kinds in missing.items() if kinds}


def leave_questions(work: Work) -> int:
    """Leave to be asked what rosters and applications still wait for, and return about how many people.

    Raises Refused role_missing.
    """
    check_role(work.actor, Role.CLOCK)
    session = work.session
    if session.scalar(select(OutsideSystem.id).limit(1)) is None:
        return 0
    waiting: dict[int, set[int]] = {}
    for programme_id, person_id in (*_waiting_lines(work), *_waiting_applications(session)):
        waiting.setdefault(programme_id, set()).add(person_id)
    left = 0
    for programme_id, people in sorted(waiting.items()):
        missing = list_unanswered(session, programme_id, sorted(people), work.today)
        wish_for(work, session.get_one(Programme, programme_id).region_code, missing)
        left += len(missing)
    return left


def _waiting_lines(work: Work) -> list[tuple[int, int]]:
    refused = and_(
        IssueLine.outcome == "refused",
        Issue.filed_at >= work.at - REFUSED_FOR,
        cast(IssueLine.refusal, Text).like(f"%{OUTSIDE_UNVERIFIED.code}%"),
    )
    pending = and_(Issue.state == "filed", IssueLine.outcome == "pending")
    rows = work.session.execute(
        select(Issue.programme_id, IssueLine.person_id)
        .join(Issue, Issue.id == IssueLine.issue_id)
        .where(or_(refused, pending), ~_asked_since(), ~_answered_since())
        .order_by(IssueLine.id.desc())
        .limit(MOST_LINES)
    )
    return [(programme_id, person_id) for programme_id, person_id in rows]


def _asked_since() -> ColumnElement[bool]:
    """Return whether a question about the person of a line was left after its roster was filed."""
    return exists().where(
        OutsideQuestion.person_id == IssueLine.person_id, OutsideQuestion.asked_at >= Issue.filed_at
    )


def _answered_since() -> ColumnElement[bool]:
    return exists().where(
        OutsideAnswer.person_id == IssueLine.person_id, OutsideAnswer.told_at > Issue.filed_at
    )


def _waiting_applications(session: Session) -> list[tuple[int, int]]:
    rows = session.execute(
        select(Application.programme_id, Application.person_id)
        .where(Application.state.in_(("filed", "asked")))
        .order_by(Application.id)
        .limit(MOST_LINES)
    )
    return [(programme_id, person_id) for programme_id, person_id in rows]
