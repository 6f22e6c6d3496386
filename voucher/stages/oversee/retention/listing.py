"""Making the list (试运行): piece by piece, each its own transaction, going on where it was cut off."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from voucher.ledger import audit
from voucher.ledger.states import StateEvent
from voucher.plumbing.clock import SHANGHAI
from voucher.plumbing.types import UtcTime
from voucher.plumbing.unit_of_work import Work
from voucher.registry.catalogue import Region, list_subtree
from voucher.registry.people import Person
from voucher.registry.retention import list_retention
from voucher.registry.subjects import SubjectKey
from voucher.registry.tables import require_parameter_number
from voucher.registry.users import PROVINCE, UserAccount, WebSession
from voucher.rules.lifecycle import Thing
from voucher.rules.retention import DataKind
from voucher.rules.windows import add_months
from voucher.stages.oversee.complaints.models import Complaint
from voucher.stages.oversee.complaints.queries import LIVE
from voucher.stages.oversee.retention.asking import THING
from voucher.stages.oversee.retention.failing import attempt
from voucher.stages.oversee.retention.judging import Verdict, judge_person
from voucher.stages.oversee.retention.models import RetentionItem, RetentionRun
from voucher.stages.oversee.retention.pacing import for_a_while
from voucher.stages.oversee.retention.telling import tell_piece

PIECE = "retention_list_piece"
COMPLAINT_MONTHS = "retention_complaint_months"
PERSON, SIGN_IN, COMPLAINT = KINDS = ("person", "sign_in", "complaint")
UNJUDGED = "retention_unjudged"


@dataclass(frozen=True, slots=True)
class Found:
    """Something of one kind held in a region."""

    object_id: int
    region_code: str | None


def list_piece(work: Work, run_id: int) -> int:
    """List the next piece of a run and return how many were looked at; none once the list stands.

    What cannot be judged is kept, with why, and stops nobody else; whoever is not reached in time is left to
    the next piece. When everything is listed those due are told, piece by piece as well.
    Raises Refused parameter_missing.
    """
    run = work.session.get_one(RetentionRun, run_id, with_for_update=True)
    if run.listed_at is not None or run.ended_at is not None:
        return 0
    limit = require_parameter_number(work.session, PIECE, work.today, ())
    if run.listed_kind == len(KINDS):
        told = tell_piece(work, run, limit)
        if told < limit:
            _finish(work, run)
        work.session.flush()
        return max(1, told)
    kind = KINDS[run.listed_kind]
    regions = frozenset(list_subtree(work.session, run.region_code))
    found = FINDERS[kind](work.session, run, regions, limit)
    looked_at = 0
    for each in for_a_while(found):
        verdict = _judge(work, run, kind, each.object_id)
        work.session.add(
            RetentionItem(
                run_id=run.id, kind=kind, object_id=each.object_id, region_code=each.region_code,
                code=verdict.code, words=verdict.words,
            )
        )  # fmt: skip
        run.listed_id = each.object_id
        looked_at += 1
    if looked_at == len(found) < limit:
        run.listed_kind, run.listed_id = run.listed_kind + 1, 0
    work.session.flush()
    return max(1, looked_at)


def _judge(work: Work, run: RetentionRun, kind: str, object_id: int) -> Verdict:
    if kind != PERSON:
        return Verdict()
    judged = attempt(work, lambda: judge_person(work.session, work.keyring, object_id, run.on_day))
    return judged if isinstance(judged, Verdict) else Verdict(UNJUDGED, judged.words)


def sessions_until(session: Session, on: date) -> datetime | None:
    """Return the moment before which records of signing in are held too long; none where kept for ever."""
    months = next(
        (each.months for each in list_retention(session, on) if each.kind == DataKind.ACCOUNT), None
    )
    return None if months is None else _start_of(add_months(on, -months))


def complaints_until(session: Session, on: date) -> datetime:
    """Return the moment before which complaints of nobody's account were concluded too long ago."""
    return _start_of(add_months(on, -require_parameter_number(session, COMPLAINT_MONTHS, on, ())))


def ended_at() -> ColumnElement[datetime]:
    """Return when a complaint ended: concluded, or taken back by whoever made it."""
    withdrawn = (
        select(func.max(StateEvent.at))
        .where(StateEvent.thing == str(Thing.COMPLAINT), StateEvent.object_id == Complaint.id)
        .correlate(Complaint)
        .scalar_subquery()
    )
    return func.coalesce(Complaint.concluded_at, withdrawn, type_=UtcTime())


def _finish(work: Work, run: RetentionRun) -> None:
    """Say that the list stands, since when it may be confirmed, and how many no message is written to."""
    run.listed_at, run.from_on = work.at, run.tell_from_on
    due = work.session.scalar(
        select(func.count()).where(
            RetentionItem.run_id == run.id, RetentionItem.kind == PERSON, RetentionItem.code.is_(None)
        )
    )
    audit.record_one(work, THING, run.id, "list", due=due, from_on=str(run.from_on))


def _is_here(run: RetentionRun, regions: frozenset[str]) -> ColumnElement[bool]:
    """Return the condition that a person is of a run's regions."""
    here: ColumnElement[bool] = Person.region_code.in_(sorted(regions))
    if run.region_code != PROVINCE:
        return here
    # whose home nobody knows, or lies in another province, is the province's
    ours = select(Region.code).where(Region.code.like(f"{PROVINCE[:2]}%"))
    return or_(here, Person.region_code.is_(None), Person.region_code.not_in(ours))


def _find_people(session: Session, run: RetentionRun, regions: frozenset[str], limit: int) -> Sequence[Found]:
    rows = session.execute(
        select(Person.id, Person.region_code)
        .join(SubjectKey, SubjectKey.blind_index == Person.blind_index)
        .where(Person.id > run.listed_id, _is_here(run, regions), SubjectKey.wrapped_key.is_not(None))
        .order_by(Person.id)
        .limit(limit)
    )
    return [Found(*each) for each in rows]


def _find_sign_ins(
    session: Session, run: RetentionRun, regions: frozenset[str], limit: int
) -> Sequence[Found]:
    until = sessions_until(session, run.on_day)
    if until is None:
        return []
    rows = session.execute(
        select(UserAccount.id, func.min(Person.region_code))
        .join(Person, Person.id == UserAccount.person_id)
        .join(WebSession, WebSession.user_id == UserAccount.id)
        .where(
            UserAccount.id > run.listed_id,
            _is_here(run, regions),
            WebSession.seen_at < until,
        )
        .group_by(UserAccount.id)
        .order_by(UserAccount.id)
        .limit(limit)
    )
    return [Found(*each) for each in rows]


def _find_complaints(
    session: Session, run: RetentionRun, regions: frozenset[str], limit: int
) -> Sequence[Found]:
    rows = session.execute(
        select(Complaint.id, Complaint.region_code)
        .join(SubjectKey, SubjectKey.blind_index == Complaint.subject_index)
        .where(
            Complaint.id > run.listed_id,
            Complaint.region_code.in_(sorted(regions)),
            Complaint.complainant_person_id.is_(None),
            Complaint.state.not_in(LIVE),
            ended_at() < complaints_until(session, run.on_day),
            SubjectKey.wrapped_key.is_not(None),
        )
        .order_by(Complaint.id)
        .limit(limit)
    )
    return [Found(*each) for each in rows]


def _start_of(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=SHANGHAI)


FINDERS: dict[str, Callable[[Session, RetentionRun, frozenset[str], int], Sequence[Found]]] = {
    PERSON: _find_people,
    SIGN_IN: _find_sign_ins,
    COMPLAINT: _find_complaints,
}
