"""Whether a class lies in what its institution filed and is listed for: kept once allowed, asked anew daily.

A filing accepted or a list changed meanwhile may leave a class outside. Whoever learns there did nothing
wrong: the class goes on, but the supervisor hears of it (R11), and from which day it was so.
"""

from __future__ import annotations

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from voucher.ledger import audit
from voucher.plumbing.unit_of_work import Work
from voucher.rules.actor import Role, check_role
from voucher.rules.errors import Refused
from voucher.rules.lifecycle import Thing
from voucher.stages.train.filed import check_class_scope
from voucher.stages.train.models.classes import TrainingClass
from voucher.stages.train.models.scopes import ClassScope

HELD = ("approved", "running")
MOST_AT_ONCE = 200


def ask_scope(work: Work, found: TrainingClass) -> ClassScope:
    """Ask whether a class is in scope by what is filed and listed now, and keep the answer.

    Another reason for the same no is news, but no new day: what was outside before it began stays so.
    """
    code, today = _find_missing(work.session, found), work.today
    kept = work.session.get(ClassScope, found.id)
    if kept is not None and kept.code == code:
        kept.asked_on = today
        return kept
    is_news = kept is not None or code is not None
    if kept is None:
        kept = ClassScope(class_id=found.id)
        work.session.add(kept)
    if kept.is_in_scope is not (code is None):
        kept.since = today
    kept.is_in_scope, kept.code, kept.asked_on = code is None, code, today
    work.session.flush()
    if is_news:
        audit.record_one(work, str(Thing.CLASS), found.id, "ask_scope", code=code)
    return kept


def _find_missing(session: Session, found: TrainingClass) -> str | None:
    try:
        check_class_scope(session, found, found.starts_on)
    except Refused as refused:
        return refused.refusal.code
    return None


def ask_due_scopes(work: Work) -> int:
    """Ask once a day of every class that is to come or runs; return how many were asked, some at a time.

    Raises Refused role_missing.
    """
    check_role(work.actor, Role.CLOCK)
    due = (
        select(TrainingClass)
        .outerjoin(ClassScope, ClassScope.class_id == TrainingClass.id)
        .where(
            TrainingClass.state.in_(HELD),
            TrainingClass.ends_on >= work.today,
            or_(ClassScope.asked_on.is_(None), ClassScope.asked_on < work.today),
        )
        .order_by(TrainingClass.id)
        .limit(MOST_AT_ONCE)
    )
    found = work.session.scalars(due).all()
    for each in found:
        ask_scope(work, each)
    return len(found)
