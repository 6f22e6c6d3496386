"""Certificates candidates say they hold already, against those kept here; what is not kept is not judged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from voucher.rules.spelling import fold_spelling
from voucher.stages.certify.models import Certificate


@dataclass(frozen=True, slots=True)
class Claimed:
    """Whose certificate of which level and number somebody says it is."""

    person_id: int
    level: int
    number: str


def check_held(session: Session, claimed: Mapping[int, Claimed]) -> dict[int, bool]:
    """Return whether each certificate that is kept here is as claimed: same person and level, not revoked.

    Who is left out named a certificate nobody recorded here; that says nothing against it.
    """
    numbers = {key: fold_spelling(each.number).upper() for key, each in claimed.items()}
    rows = session.scalars(select(Certificate).where(Certificate.number.in_(sorted(set(numbers.values())))))
    kept = {each.number: each for each in rows}
    return {
        key: _is_as_claimed(claimed[key], kept[number]) for key, number in numbers.items() if number in kept
    }


def _is_as_claimed(claimed: Claimed, kept: Certificate) -> bool:
    return kept.person_id == claimed.person_id and kept.level == claimed.level and kept.state != "revoked"
