"""Who holds a key: the number of the voucher or of the claim a person is told about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from voucher.ledger.commitments import Commitment
from voucher.ledger.entitlements import CONSUMED, LOOKUP_CHUNK, TAKEN, Entitlement
from voucher.ledger.vouchers import Voucher
from voucher.plumbing.db import Model


@dataclass(frozen=True, slots=True)
class Holder:
    """What a person is told of a key that is not free: the number, and the voucher where it is one."""

    number: str
    voucher_id: int | None = None


def claim_number(region_code: str, year: int, claim_id: int) -> str:
    """Return the number of a claim, e.g. SL-419001-2024-00000123."""
    return f"SL-{region_code}-{year}-{claim_id:08d}"


def find_holders(session: Session, keys: Sequence[str]) -> dict[str, Holder]:
    """Return who holds each key that is taken or consumed: a claim (首次申领编号), or else a voucher."""
    found: dict[str, Holder] = {}
    ordered = sorted(set(keys))
    # the ledger's rows refer to claims by their table; the room above is nothing it could import
    claim = Model.metadata.tables["claim"].c
    for start in range(0, len(ordered), LOOKUP_CHUNK):
        live = [
            Entitlement.key.in_(ordered[start : start + LOOKUP_CHUNK]),
            Entitlement.state.in_((TAKEN, CONSUMED)),
        ]
        vouchers = (
            select(Entitlement.key, Voucher)
            .join(Commitment, Commitment.entitlement_id == Entitlement.id)
            .join(Voucher, Voucher.id == Commitment.voucher_id)
            .where(*live)
        )
        for key, voucher in session.execute(vouchers):
            found[key] = Holder(voucher.number, voucher.id)
        claims = (
            select(Entitlement.key, claim.region_code, claim.filed_on, claim.id)
            .join(claim.id.table, claim.entitlement_id == Entitlement.id)
            .where(*live)
        )
        for key, region_code, filed_on, claim_id in session.execute(claims):
            held = found.get(key)
            number = claim_number(region_code, filed_on.year, claim_id)
            found[key] = Holder(number, held.voucher_id if held is not None else None)
    return found
