"""What is kept of a refused act of which nothing is left: a scan, a reach for a voucher."""

from __future__ import annotations

from typing import Any

from voucher.doors.api.room import Witness
from voucher.doors.auth.visitors import perform
from voucher.ledger.vouchers import VOUCHER_MISSING
from voucher.rules.errors import Refusal
from voucher.stages.issue.attempts import record_foreign_attempt
from voucher.stages.train.scans import Scanned, record_scan


def keep_scan(act: str) -> Witness:
    """Store a refused scan like an accepted one, in a transaction of its own."""

    def witness(given: dict[str, Any], _ids: dict[str, Any], refusal: Refusal) -> None:
        if given.get("digits") is None:
            return
        scanned = Scanned(act, given["class_id"], given["digits"], given["device"])
        perform(lambda work: record_scan(work, scanned, refusal))

    return witness


def note_attempt(act: str) -> Witness:
    """Leave a trace on a voucher that somebody reached for who does not hold it; the answer stays the same.

    Source: AC-C1; S2-16d.
    """

    def witness(given: dict[str, Any], ids: dict[str, Any], refusal: Refusal) -> None:
        voucher_id = ids.get("voucher_id") or given.get("voucher_id")
        if refusal.code == VOUCHER_MISSING.code and voucher_id is not None:
            perform(lambda work: record_foreign_attempt(work, voucher_id, act))

    return witness
