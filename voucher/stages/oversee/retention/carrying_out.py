"""Carrying a confirmed run out (办理清除): piece by piece; what is no longer due is kept, with why."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from voucher.ledger import audit
from voucher.plumbing.clock import day_of
from voucher.plumbing.db import Database
from voucher.plumbing.jobs import Run
from voucher.plumbing.secrets import Keyring
from voucher.plumbing.unit_of_work import Work, perform
from voucher.registry import subjects
from voucher.registry.people import Person
from voucher.registry.tables import require_parameter_number
from voucher.registry.users import SessionOrigin, UserAccount, WebSession
from voucher.rules.actor import Actor, Role, check_role
from voucher.rules.errors import Refused
from voucher.rules.retention import RETENTION_TOLD_LATELY, RETENTION_UNTOLD
from voucher.stages.oversee.complaints.models import Complaint
from voucher.stages.oversee.complaints.queries import LIVE
from voucher.stages.oversee.privacy.destroying import destroy_person
from voucher.stages.oversee.retention.asking import JOB_KIND, LIST, THING
from voucher.stages.oversee.retention.failing import Failure, attempt
from voucher.stages.oversee.retention.judging import GONE, NOT_DUE, Verdict, holds_no_key, judge_person
from voucher.stages.oversee.retention.listing import (
    COMPLAINT,
    PERSON,
    SIGN_IN,
    complaints_until,
    ended_at,
    list_piece,
    sessions_until,
)
from voucher.stages.oversee.retention.models import RetentionItem, RetentionRun
from voucher.stages.oversee.retention.pacing import breathe, for_a_while
from voucher.stages.oversee.retention.telling import check_item_told

PIECE = "retention_erase_piece"
NOT_TOLD = frozenset({RETENTION_UNTOLD.code, RETENTION_TOLD_LATELY.code})
__all__ = ["JOB_KIND", "carry_out_piece", "work_as_job"]


def work_as_job(
    database: Database, keyring: Keyring, keeper: Callable[[], Actor], now: Callable[[], datetime]
) -> Callable[[Run], Any]:
    """Return the handler of both steps; run again, it goes on where the last one stopped."""

    def handle(run: Run) -> dict[str, int]:
        run_id = int(run.payload["run"])
        piece = list_piece if run.payload["step"] == LIST else carry_out_piece
        done = 0
        while more := perform(database, keyring, keeper(), now(), lambda work: piece(work, run_id)):
            done += more
            run.progress(done)
            breathe()
        return {"looked_at": done}

    return handle


def carry_out_piece(work: Work, run_id: int) -> int:
    """Destroy the next piece of what is due and return how many that were; none once the run has ended.

    Raises Refused role_missing, parameter_missing.
    """
    check_role(work.actor, Role.CLOCK)
    run = work.session.get_one(RetentionRun, run_id, with_for_update=True)
    if run.confirmed_at is None or run.ended_at is not None:
        return 0
    limit = require_parameter_number(work.session, PIECE, work.today, ())
    due = work.session.scalars(
        select(RetentionItem)
        .where(
            RetentionItem.run_id == run.id,
            RetentionItem.code.is_(None),
            RetentionItem.outcome.is_(None),
            RetentionItem.failed_at.is_(None),
        )
        .order_by(RetentionItem.id)
        .limit(limit)
    ).all()
    done = 0
    for each in for_a_while(due):
        _carry_out(work, run, each)
        done += 1
    if not due:
        _finish(work, run)
    work.session.flush()
    return done


def _carry_out(work: Work, run: RetentionRun, item: RetentionItem) -> None:
    """Do one line, or leave it open with why."""
    done = attempt(work, lambda: DEEDS[item.kind](work, run, item))
    if isinstance(done, Failure):
        item.failed_at, item.failed_words = work.at, done.words
        audit.record_one(work, THING, run.id, "fail", item=item.id)
        return
    item.outcome, item.done_at = ("erased" if done.may_go else "kept"), work.at
    item.kept_words = done.words


def count_outcomes(session: Session, run_id: int) -> dict[str, int]:
    """Return how many of a run were destroyed, and how many kept after all."""
    rows = session.execute(
        select(RetentionItem.outcome, func.count())
        .where(RetentionItem.run_id == run_id, RetentionItem.outcome.is_not(None))
        .group_by(RetentionItem.outcome)
    )
    return {str(outcome): count for outcome, count in rows}


def _finish(work: Work, run: RetentionRun) -> None:
    run.ending, run.ended_at = "done", work.at
    work.session.flush()
    failed = work.session.scalar(
        select(func.count()).where(RetentionItem.run_id == run.id, RetentionItem.failed_at.is_not(None))
    )
    audit.record_one(work, THING, run.id, "done", failed=failed, **count_outcomes(work.session, run.id))


def _erase_person(work: Work, run: RetentionRun, item: RetentionItem) -> Verdict:
    """Erase a person who still may go; whoever signed in meanwhile, or was not told, is kept."""
    person_id = item.object_id
    work.session.execute(select(Person.id).where(Person.id == person_id).with_for_update()).one()
    # held against today: what was listed a month ago may be needed again
    verdict = judge_person(work.session, work.keyring, person_id, work.today)
    if not verdict.may_go:
        return verdict
    try:
        check_item_told(work, item)
    except Refused as refused:
        if refused.refusal.code not in NOT_TOLD:
            raise
        return Verdict(refused.refusal.code, refused.refusal.sentence)
    destroy_person(work, person_id, THING, run=run.id)
    return verdict


def _forget_sign_ins(work: Work, run: RetentionRun, item: RetentionItem) -> Verdict:
    account_id = item.object_id
    until = sessions_until(work.session, run.on_day)
    if until is None:
        return Verdict(*NOT_DUE)
    account = work.session.get_one(UserAccount, account_id, with_for_update=True)
    is_old = (WebSession.user_id == account_id, WebSession.seen_at < until)
    last_at = work.session.scalar(select(func.max(WebSession.seen_at)).where(*is_old))
    if last_at is not None:
        # or whoever is not seen within half a year would count as never seen
        account.last_seen_on = max(day_of(last_at), account.last_seen_on or date.min)
        work.session.flush()
    old = select(WebSession.token_hash).where(*is_old)
    work.session.execute(delete(SessionOrigin).where(SessionOrigin.token_hash.in_(old)))
    gone = work.session.execute(delete(WebSession).where(*is_old).returning(WebSession.token_hash)).all()
    audit.record_one(work, "user_account", account_id, "forget_sign_ins", run=run.id, count=len(gone))
    return Verdict()


def _erase_complaint(work: Work, run: RetentionRun, item: RetentionItem) -> Verdict:
    complaint_id = item.object_id
    found = work.session.get_one(Complaint, complaint_id, with_for_update=True, populate_existing=True)
    if holds_no_key(work.session, found.subject_index):
        return Verdict(*GONE)
    # opened again, or concluded again, since it was listed
    until = complaints_until(work.session, run.on_day)
    ended = work.session.scalar(select(ended_at()).where(Complaint.id == complaint_id))
    if found.state in LIVE or ended is None or ended >= until:
        return Verdict(*NOT_DUE)
    subjects.destroy_key(work, found.subject_index)
    audit.record_one(work, "complaint", complaint_id, "erase", run=run.id)
    return Verdict()


DEEDS: dict[str, Callable[[Work, RetentionRun, RetentionItem], Verdict]] = {
    PERSON: _erase_person,
    SIGN_IN: _forget_sign_ins,
    COMPLAINT: _erase_complaint,
}
