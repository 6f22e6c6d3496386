"""Making the list (试运行): piece by piece, each its own transaction, going on where it was cut off."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from voucher.ledger import audit
from voucher.plumbing.clock import SHANGHAI
from voucher.plumbing.unit_of_work import Work
from voucher.registry.catalogue import list_subtree
from voucher.registry.letters import RETENTION_SOON, Notice, write_to_people
from voucher.registry.people import Person
from voucher.registry.retention import list_retention
from voucher.registry.subjects import SubjectKey
from voucher.registry.tables import require_parameter_number
from voucher.registry.users import PROVINCE, UserAccount, WebSession
from voucher.rules.retention import DataKind
from voucher.rules.windows import add_months
from voucher.stages.oversee.complaints.models import Complaint
from voucher.stages.oversee.complaints.queries import LIVE
from voucher.stages.oversee.retention.asking import THING
from voucher.stages.oversee.retention.judging import Verdict, judge_person
from voucher.stages.oversee.retention.models import RetentionItem, RetentionRun

PIECE, NOTICE_DAYS = "retention_list_piece", "retention_notice_days"
COMPLAINT_MONTHS = "retention_complaint_months"
PERSON, SIGN_IN, COMPLAINT = KINDS = ("person", "sign_in", "complaint")


@dataclass(frozen=True, slots=True)
class Found:
    """Something of one kind held in a region."""

    object_id: int
    region_code: str | None


def list_piece(work: Work, run_id: int) -> int:
    """List the next piece of a run and return how many were looked at; none once the list stands.

    Raises Refused parameter_missing.
    """
    run = work.session.get_one(RetentionRun, run_id, with_for_update=True)
    if run.listed_at is not None or run.ended_at is not None:
        return 0
    limit = require_parameter_number(work.session, PIECE, work.today, ())
    kind = KINDS[run.listed_kind]
    regions = frozenset(list_subtree(work.session, run.region_code))
    found = FINDERS[kind](work.session, run, regions, limit)
    for each in found:
        verdict = Verdict()
        if kind == PERSON:
            verdict = judge_person(work.session, work.keyring, each.object_id, run.on_day)
        work.session.add(
            RetentionItem(
                run_id=run.id, kind=kind, object_id=each.object_id, region_code=each.region_code,
                code=verdict.code, words=verdict.words,
            )
        )  # fmt: skip
        run.listed_id = each.object_id
    if len(found) < limit:
        run.listed_kind, run.listed_id = run.listed_kind + 1, 0
        if run.listed_kind == len(KINDS):
            run.listed_kind = len(KINDS) - 1
            _finish(work, run)
    work.session.flush()
    return max(1, len(found))


def sessions_until(session: Session, on: date) -> datetime | None:
    """Return the moment before which records of signing in are held too long; none where kept for ever."""
    months = next(
        (each.months for each in list_retention(session, on) if each.kind == DataKind.ACCOUNT), None
    )
    return None if months is None else _start_of(add_months(on, -months))


def complaints_until(session: Session, on: date) -> datetime:
    """Return the moment before which complaints of nobody's account were concluded too long ago."""
    return _start_of(add_months(on, -require_parameter_number(session, COMPLAINT_MONTHS, on, ())))


def _finish(work: Work, run: RetentionRun) -> None:
    """Say that the list stands, and tell everybody on it while they can still be told."""
    days = require_parameter_number(work.session, NOTICE_DAYS, run.on_day, ())
    due = work.session.scalars(
        select(RetentionItem.object_id).where(
            RetentionItem.run_id == run.id, RetentionItem.kind == PERSON, RetentionItem.code.is_(None)
        )
    ).all()
    # nobody to tell, nothing to wait for
    run.listed_at, run.from_on = work.at, work.today + timedelta(days=days if due else 0)
    told = {"from_on": run.from_on.isoformat()}
    write_to_people(work, [Notice(f"retention:{run.id}:{each}", each, RETENTION_SOON, told) for each in due])
    audit.record_one(work, THING, run.id, "list", due=len(due), from_on=run.from_on.isoformat())


def _find_people(session: Session, run: RetentionRun, regions: frozenset[str], limit: int) -> Sequence[Found]:
    here: ColumnElement[bool] = Person.region_code.in_(sorted(regions))
    if run.region_code == PROVINCE:
        # whose home nobody knows is the province's
        here = or_(here, Person.region_code.is_(None))
    rows = session.execute(
        select(Person.id, Person.region_code)
        .join(SubjectKey, SubjectKey.blind_index == Person.blind_index)
        .where(Person.id > run.listed_id, here, SubjectKey.wrapped_key.is_not(None))
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
            Person.region_code.in_(sorted(regions)),
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
            Complaint.concluded_at < complaints_until(session, run.on_day),
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
