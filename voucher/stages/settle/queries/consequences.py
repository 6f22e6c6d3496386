"""What falls with certificates that are revoked: vouchers, claims, payments, in people and fen."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from voucher.ledger.vouchers import Voucher
from voucher.rules.revocations import Consequences, Fallen, Standing, add_up_consequences
from voucher.stages.certify import queries as certificates
from voucher.stages.settle.models.claims import Claim
from voucher.stages.settle.models.payments import Payment

LOOKUP_CHUNK = 500
# what has ended takes nothing with it
OVER = ("refused", "rejected", "withdrawn", "recovering", "recovered")


def read_consequences(session: Session, certificate_ids: Collection[int]) -> Consequences:
    """Return what would fall with these certificates as things stand now."""
    found = certificates.find_certificates(session, sorted(certificate_ids))
    proven = certificates.find_proven(session, sorted(found))
    fallen: list[Fallen] = []
    ordered = sorted(found)
    for start in range(0, len(ordered), LOOKUP_CHUNK):
        chunk = ordered[start : start + LOOKUP_CHUNK]
        vouchers = [proven[each] for each in chunk if each in proven]
        fallen += [
            Fallen("voucher", voucher_id, state, step, 0)
            for voucher_id, state, step in session.execute(
                select(Voucher.id, Voucher.state, Voucher.seq).where(Voucher.id.in_(vouchers))
            )
        ]
        on_them = (Claim.certificate_id.in_(chunk) | Claim.voucher_id.in_(vouchers)) & Claim.state.not_in(
            OVER
        )
        fallen += [
            Fallen("claim", *row)
            for row in session.execute(
                select(Claim.id, Claim.state, Claim.seq, Claim.amount_fen).where(on_them)
            )
        ]
        fallen += [
            Fallen("payment", *row)
            for row in session.execute(
                select(Payment.id, Payment.state, Payment.seq, Payment.amount_fen)
                .join(Claim, Claim.id == Payment.claim_id)
                .where(on_them)
            )
        ]
    standing = {i: Standing(each.person_id, each.number, each.state, each.seq) for i, each in found.items()}
    return add_up_consequences(standing, fallen)
