"""What one person read of a certificate by hand that still waits for somebody else to read it as well."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import Select, exists, func, select
from sqlalchemy.orm import Session

from voucher.stages.certify.models import Certificate
from voucher.stages.certify.models_look_ups import DEFINITIVE, HandReading, RegisterLookUp
from voucher.stages.certify.queries.archive import select_within

# the first reading waits so long for the second
COUNTS_FOR = timedelta(days=30)
# in any other state nobody may read it by hand, so no reading of it waits for somebody
READABLE = ("recorded", "valid")


def find_open_reading(session: Session, certificate_id: int, at: datetime) -> HandReading | None:
    """Return the newest reading of a certificate that another person can still confirm."""
    mine = _select_open(at).where(HandReading.certificate_id == certificate_id)
    return session.scalars(mine.order_by(HandReading.id.desc()).limit(1)).first()


def select_half_read(at: datetime) -> Select[int]:
    """Return the certificates one person has read by hand and nobody else yet."""
    return _select_open(at).with_only_columns(HandReading.certificate_id)


def count_half_read(
    session: Session, regions: Collection[str], at: datetime, *, person_id: int
) -> tuple[int, datetime | None]:
    """Return how many certificates of these regions wait for this person's reading, and since when."""
    waiting = _select_open(at).where(
        HandReading.certificate_id.in_(select_within(regions)), HandReading.read_by_person_id != person_id
    )
    counted = waiting.with_only_columns(
        func.count(HandReading.certificate_id.distinct()), func.min(HandReading.read_at)
    )
    count, oldest_at = session.execute(counted).one()
    return count, oldest_at


def _select_open(at: datetime) -> Select[HandReading]:
    """Return readings no word of the register has come after, of certificates that can still be read."""
    answered = exists().where(
        RegisterLookUp.certificate_id == HandReading.certificate_id,
        RegisterLookUp.outcome.in_(DEFINITIVE),
        RegisterLookUp.asked_at >= HandReading.read_at,
    )
    readable = exists().where(
        Certificate.id == HandReading.certificate_id, Certificate.state.in_(READABLE)
    )  # fmt: skip
    return select(HandReading).where(HandReading.read_at > at - COUNTS_FOR, ~answered, readable)
