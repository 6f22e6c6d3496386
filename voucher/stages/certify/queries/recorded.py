"""What stands recorded already of the certificates and the people a file names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from voucher.plumbing.bulk import among
from voucher.registry import people
from voucher.stages.certify.models import Certificate

COMPARED = (
    "number", "name_index", "kind", "trade_code", "level", "issued_on", "institution_id", "filing_id",
    "method", "theory_hundredths", "skill_hundredths", "fee_fen", "evaluation_batch",
)  # fmt: skip


def find_present(session: Session, indexes: Sequence[str]) -> dict[str, str]:
    """Return the present number's index of everybody known by one of these, former ones among them."""
    ids = people.find_ids(session, indexes)
    present = people.find_subject_indexes(session, list(ids.values()))
    return {index: present[person_id] for index, person_id in ids.items()}


def find_stored(session: Session, numbers: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Return the recorded facts behind each known number."""
    columns = [getattr(Certificate, name) for name in COMPARED]
    found: dict[str, dict[str, Any]] = {}
    rows = session.execute(
        select(people.Person.blind_index, *columns)
        .join(people.Person, people.Person.id == Certificate.person_id)
        .where(among(session, Certificate.number, numbers))
    )
    for subject, *values in rows:
        facts = dict(zip(COMPARED, values, strict=True))
        found[facts["number"]] = facts | {"subject": subject}
    return found
