"""Who is a 持证人员: people with a certificate that stands and whose newest look-up matched."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from voucher.stages.certify.models import Certificate
from voucher.stages.certify.queries.register import list_verified_certificates

LOOKUP_CHUNK = 500


def list_certified_people(session: Session, person_ids: Sequence[int]) -> set[int]:
    """Return those people who hold a verified certificate."""
    held: dict[int, int] = {}
    ordered = sorted(set(person_ids))
    for start in range(0, len(ordered), LOOKUP_CHUNK):
        held.update(
            session.execute(
                select(Certificate.id, Certificate.person_id).where(
                    Certificate.person_id.in_(ordered[start : start + LOOKUP_CHUNK])
                )
            ).all()
        )
    return {held[each] for each in list_verified_certificates(session, list(held))}
