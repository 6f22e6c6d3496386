"""What the register itself said of certificates: its newest word, who still waits for one, every question."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, timedelta

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from voucher.plumbing.bulk import among
from voucher.plumbing.clock import day_of, end_of
from voucher.registry import tables
from voucher.stages.certify.models import Certificate
from voucher.stages.certify.models_look_ups import DEFINITIVE, RegisterLookUp, RegisterSystem
from voucher.stages.certify.queries.register import LOOKUP_CHUNK

FRESH = "register_fresh_days"
OUTCOME_NAMES: dict[str, str] = {
    "found": "查到本人的证书",
    "absent": "登记中没有这个编号",
    "other_person": "登记的是另一人",
    "unreachable": "联系不上",
    "refused": "对方不予受理",
    "malformed": "答复无法识别",
    "resting": "暂停联系（连续失败）",
}


def find_register(session: Session, on: date) -> RegisterSystem | None:
    """Return the register that is asked on a day, or None where the extracts of this house answer."""
    newest = session.scalars(
        select(RegisterSystem)
        .where(RegisterSystem.since <= on)
        .order_by(RegisterSystem.since.desc())
        .limit(1)
    ).first()
    return newest if newest is not None and newest.address is not None else None


def read_word_since(session: Session, at: datetime) -> datetime:
    """Return since when a register's word counts for a payment at a moment, by the dated parameter."""
    days = tables.read_parameter_number(session, FRESH, day_of(at), ()) or 0
    return end_of(day_of(at) - timedelta(days=days + 1))


def find_newest_words(session: Session, certificate_ids: Collection[int]) -> dict[int, RegisterLookUp]:
    """Return, per certificate, the newest look-up that brought the register's word."""
    newest = (
        select(func.max(RegisterLookUp.id))
        .where(
            among(session, RegisterLookUp.certificate_id, certificate_ids),
            RegisterLookUp.outcome.in_(DEFINITIVE),
        )
        .group_by(RegisterLookUp.certificate_id)
    )
    rows = session.scalars(select(RegisterLookUp).where(RegisterLookUp.id.in_(newest)))
    return {each.certificate_id: each for each in rows}


def was_asked_in_vain(session: Session, certificate_id: int, since: datetime) -> bool:
    """Return whether a connected register was asked about a certificate since a moment and did not answer."""
    return (
        session.scalars(
            select(RegisterLookUp.id)
            .where(
                RegisterLookUp.certificate_id == certificate_id,
                RegisterLookUp.way == "http",
                RegisterLookUp.outcome.not_in(DEFINITIVE),
                RegisterLookUp.asked_at >= since,
            )
            .limit(1)
        ).first()
        is not None
    )


def list_unanswered(
    session: Session,
    certificate_ids: Collection[int],
    since: datetime,
    ways: Collection[str] = ("http", "by_hand"),
) -> list[int]:
    """Return the certificates of whom the register has said nothing since a moment in one of these ways.

    A 培训合格证书 stands in no register and is never asked about.
    """
    waiting: list[int] = []
    ordered = sorted(set(certificate_ids))
    for start in range(0, len(ordered), LOOKUP_CHUNK):
        chunk = ordered[start : start + LOOKUP_CHUNK]
        answered = select(RegisterLookUp.certificate_id).where(
            RegisterLookUp.certificate_id.in_(chunk),
            RegisterLookUp.outcome.in_(DEFINITIVE),
            RegisterLookUp.way.in_(ways),
            RegisterLookUp.asked_at >= since,
        )
        waiting += session.scalars(
            select(Certificate.id)
            .where(
                Certificate.id.in_(chunk), Certificate.filing_id.is_not(None), Certificate.id.not_in(answered)
            )
            .order_by(Certificate.id)
        )
    return waiting


def list_never_confirmed(session: Session, tried_before: datetime, limit: int) -> list[int]:
    """Return recorded certificates nobody could confirm and nobody asked about since, the oldest first."""
    tried = (
        select(func.max(RegisterLookUp.asked_at))
        .where(RegisterLookUp.certificate_id == Certificate.id)
        .correlate(Certificate)
        .scalar_subquery()
    )
    return list(
        session.scalars(
            select(Certificate.id)
            .where(
                Certificate.state == "recorded",
                Certificate.filing_id.is_not(None),
                or_(tried.is_(None), tried < tried_before),
            )
            .order_by(Certificate.id)
            .limit(limit)
        )
    )


def list_questions(session: Session, certificate_id: int) -> list[RegisterLookUp]:
    """Return every time the register was asked about a certificate, the newest first."""
    return list(
        session.scalars(
            select(RegisterLookUp)
            .where(RegisterLookUp.certificate_id == certificate_id)
            .order_by(RegisterLookUp.id.desc())
        )
    )
