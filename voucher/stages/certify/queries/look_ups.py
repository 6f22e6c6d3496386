"""Every time the register was asked about a certificate, and what it said."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from voucher.rules.errors import Refusal
from voucher.stages.certify.models import Certificate, Verification
from voucher.stages.certify.queries.archive import select_within
from voucher.stages.certify.queries.proofs import read_refusal
from voucher.stages.certify.queries.register import CERTIFICATE_NUMBER_UNKNOWN


@dataclass(frozen=True, slots=True)
class LookUp:
    """One answer of the register: matched, or what stood against it."""

    asked_at: datetime
    source: str
    verified: bool
    refusals: tuple[Refusal, ...]


def get_certificate_within(session: Session, certificate_id: int, regions: Collection[str]) -> Certificate:
    """Return a certificate issued in these regions. Raises Refused certificate_number_unknown."""
    found = session.scalars(
        select(Certificate).where(
            Certificate.id == certificate_id, Certificate.id.in_(select_within(regions))
        )
    ).first()
    if found is None:
        raise CERTIFICATE_NUMBER_UNKNOWN.refused()
    return found


def list_look_ups(session: Session, certificate_id: int) -> list[LookUp]:
    """Return the look-ups of a certificate, the newest first."""
    rows = session.scalars(
        select(Verification)
        .where(Verification.certificate_id == certificate_id)
        .order_by(Verification.id.desc())
    )
    return [
        LookUp(
            each.asked_at, each.source, bool(each.verified), tuple(read_refusal(told) for told in each.codes)
        )
        for each in rows
    ]
