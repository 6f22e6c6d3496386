"""Hits as people read them: whose, masked; the voucher's number, the institution's name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from voucher.plumbing.secrets import Keyring
from voucher.registry.institutions import Institution
from voucher.registry.people import read_people
from voucher.rules.privacy import mask_identity, mask_name
from voucher.stages.oversee.joins.models import AuditJoinHit
from voucher.stages.oversee.joins.using import name_vouchers

ERASED = "（已注销）"


@dataclass(frozen=True, slots=True)
class ToldHit:
    """One hit with the person masked; no person where it is about an institution."""

    position: int
    person_id: int | None
    masked_name: str
    masked_number: str
    voucher_id: int | None
    voucher: str
    institution: str
    amount_fen: int
    sentence: str
    rows: Sequence[dict[str, Any]]


def tell_hits(session: Session, keyring: Keyring, hits: Sequence[AuditJoinHit]) -> list[ToldHit]:
    """Return hits with the names they need, people masked."""
    people = read_people(session, keyring, [each.person_id for each in hits if each.person_id is not None])
    numbers = name_vouchers(session, [each.voucher_id for each in hits if each.voucher_id is not None])
    houses = dict(
        session.execute(
            select(Institution.id, Institution.name).where(
                Institution.id.in_(sorted({each.institution_id for each in hits if each.institution_id}))
            )
        ).all()
    )
    told = []
    for each in hits:
        who = people.get(each.person_id or 0)
        gone = ERASED if each.person_id is not None else ""
        told.append(
            ToldHit(
                each.position, each.person_id, mask_name(who.name) if who else gone,
                mask_identity(who.number) if who and who.number else "", each.voucher_id,
                numbers.get(each.voucher_id or 0, ""), houses.get(each.institution_id or 0, ""),
                each.amount_fen, each.sentence, each.rows,
            )
        )  # fmt: skip
    return told
