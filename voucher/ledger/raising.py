"""Raising what a voucher holds to the level its certificate shows: other keys, not a fen more."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import select

from voucher.ledger import commitments, entitlements
from voucher.ledger.commitments import Commitment
from voucher.ledger.entitlements import CONSUMED, TAKEN, Entitlement
from voucher.ledger.holders import find_holders
from voucher.ledger.vouchers import Voucher
from voucher.plumbing.unit_of_work import Work
from voucher.rules.duplicates import DUPLICATE_ENTITLEMENT, fold_key
from voucher.rules.entitlement_levels import raised_key
from voucher.rules.levels import Level


def raise_level(work: Work, voucher: Voucher, level: Level, aliases: Mapping[str, str]) -> list[str]:
    """Move the keys a voucher holds to a higher level, with the amounts as they were; return the new keys.

    What the person has at that level, or is promised, stands in the way: it would be paid twice. The lower
    level then stands behind a higher one, as after any payment of it. The voucher and its holder are locked.
    Raises Refused duplicate_entitlement, entitlement_taken where somebody else is committed meanwhile.
    """
    held = [
        (each, work.session.get_one(Entitlement, each.entitlement_id))
        for each in commitments.find_open(work, [voucher.id]).get(voucher.id, [])
    ]
    keys = [raised_key(before.key, level) for _, before in held]
    _check_free(work, voucher.holder_person_id, keys, aliases)
    for commitment, _ in held:
        commitment.ended_at = work.at
    work.session.flush()
    entitlements.free(work, [before.id for _, before in held])
    wanted: list[dict[str, object]] = [
        {
            "key": key,
            "kind": before.kind,
            "person_id": before.person_id,
            "trade_code": before.trade_code,
            "level": int(level),
        }
        for key, (_, before) in zip(keys, held, strict=True)
    ]
    work.session.add_all(
        Commitment(
            voucher_id=voucher.id,
            kind=commitment.kind,
            entitlement_id=entitlement_id,
            amount_fen=commitment.amount_fen,
            explanation=commitment.explanation,
            priced_on=commitment.priced_on,
            made_at=work.at,
        )
        for entitlement_id, (commitment, _) in zip(entitlements.take(work, wanted), held, strict=True)
    )
    work.session.flush()
    return keys


def _check_free(work: Work, person_id: int, keys: list[str], aliases: Mapping[str, str]) -> None:
    """Refuse keys the person has already, by whatever name their occupation had then."""
    live = work.session.scalars(
        select(Entitlement.key)
        .where(Entitlement.person_id == person_id, Entitlement.state.in_((TAKEN, CONSUMED)))
        .order_by(Entitlement.id)
    ).all()
    wanted = {fold_key(key, aliases) for key in keys}
    for key in live:
        if fold_key(key, aliases) in wanted:
            holder = find_holders(work.session, [key]).get(key)
            raise DUPLICATE_ENTITLEMENT.refused(earlier=holder.number if holder is not None else "另一申领")
