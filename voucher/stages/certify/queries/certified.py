"""Who is a 持证人员: people with a certificate that stands and whose newest look-up matched."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from voucher.stages.certify.models import Certificate
from voucher.stages.certify.queries.register import list_verified_certificates

LOOKUP_CHUNK = 500


def list_certified_people(session: Session, person_ids: Sequence[int]) -> dict[int, date]:
    """Return those people who hold a verified certificate, each with the day of the first that stands."""
    held: dict[int, tuple[int, date]] = {}
    ordered = sorted(set(person_ids))
    for start in range(0, len(ordered), LOOKUP_CHUNK):
        rows = session.execute(
            select(Certificate.id, Certificate.person_id, Certificate.issued_on).where(
                Certificate.person_id.in_(ordered[start : start + LOOKUP_CHUNK])
            )
        )
        held.update({row.id: (row.person_id, row.issued_on) for row in rows})
    first: dict[int, date] = {}
    for each in list_verified_certificates(session, list(held)):
        person_id, issued_on = held[each]
        first[person_id] = min(issued_on, first.get(person_id, issued_on))
    return first
