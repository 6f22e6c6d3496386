"""Trying to use somebody else's voucher leaves a trace on it, though the answer tells nothing."""

from __future__ import annotations

from voucher.ledger import audit
from voucher.ledger.vouchers import Voucher
from voucher.plumbing.unit_of_work import Work
from voucher.rules.lifecycle import Thing

FOREIGN_ATTEMPT = "foreign_attempt"


def record_foreign_attempt(work: Work, voucher_id: int, act: str) -> bool:
    """Record that somebody else tried an act on a voucher; return whether there was such a voucher.

    Called after the act was refused, in a transaction of its own: what is refused leaves nothing.
    """
    voucher = work.session.get(Voucher, voucher_id)
    if voucher is None or voucher.holder_person_id == work.actor.person_id:
        return False
    audit.record_one(work, str(Thing.VOUCHER), voucher.id, FOREIGN_ATTEMPT, tried=act)
    return True
