"""Who holds a key: the number of the voucher or of the claim a person is told about."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from voucher.ledger.commitments import Commitment
from voucher.ledger.entitlements import LOOKUP_CHUNK
from voucher.ledger.vouchers import Voucher
from voucher.plumbing.db import Model
from voucher.plumbing.unit_of_work import Work


def claim_number(region_code: str, year: int, claim_id: int) -> str:
    """Return the number of a claim, e.g. SL-419001-2024-00000123."""
    return f"SL-{region_code}-{year}-{claim_id:08d}"


def name_holders(work: Work, entitlement_ids: Sequence[int]) -> dict[int, tuple[str, int | None]]:
    """Return, per key, the number of the voucher (with its id) or else of the claim that holds it."""
    found: dict[int, tuple[str, int | None]] = {}
    ordered = sorted(set(entitlement_ids))
    # the ledger's rows refer to claims by their table; the room above is nothing it could import
    claim = Model.metadata.tables["claim"].c
    for start in range(0, len(ordered), LOOKUP_CHUNK):
        chunk = ordered[start : start + LOOKUP_CHUNK]
        claims = select(claim.entitlement_id, claim.region_code, claim.filed_on, claim.id).where(
            claim.entitlement_id.in_(chunk)
        )
        for entitlement_id, region_code, filed_on, claim_id in work.session.execute(claims):
            found[entitlement_id] = (claim_number(region_code, filed_on.year, claim_id), None)
        vouchers = (
            select(Commitment.entitlement_id, Voucher)
            .join(Voucher, Voucher.id == Commitment.voucher_id)
            .where(Commitment.entitlement_id.in_(chunk))
        )
        for entitlement_id, voucher in work.session.execute(vouchers):
            found[entitlement_id] = (voucher.number, voucher.id)
    return found
