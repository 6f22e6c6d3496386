"""Certificates candidates say they hold already, against those kept here; what is not kept is not judged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from voucher.plumbing.secrets import Keyring
from voucher.registry.card_numbers import look_up_as
from voucher.stages.certify.models import Certificate


@dataclass(frozen=True, slots=True)
class Claimed:
    """Whose certificate of which level and number somebody says it is."""

    person_id: int
    level: int
    number: str


def check_held(session: Session, keyring: Keyring, claimed: Mapping[int, Claimed]) -> dict[int, bool]:
    """Return whether each certificate that is kept here is as claimed: same person and level, not revoked.

    Who is left out named a certificate nobody recorded here; that says nothing against it.
    """
    numbers = {key: look_up_as(keyring, each.number) for key, each in claimed.items()}
    rows = session.scalars(select(Certificate).where(Certificate.number.in_(sorted(set(numbers.values())))))
    kept: dict[str, list[Certificate]] = {}
    for each in rows:
        kept.setdefault(each.number, []).append(each)
    # of a number that renewed cards keep, any of them that stands
    return {
        key: any(_is_as_claimed(claimed[key], each) for each in kept[number])
        for key, number in numbers.items()
        if number in kept
    }


def _is_as_claimed(claimed: Claimed, kept: Certificate) -> bool:
    return kept.person_id == claimed.person_id and kept.level == claimed.level and kept.state != "revoked"
