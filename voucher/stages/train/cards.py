"""The identity card at the counter: its last four characters are compared blind, and never guessed.

Four characters are ten thousand possibilities, so the wrong tries of a voucher are counted by the day.
"""

from __future__ import annotations

from datetime import datetime, time

from sqlalchemy import func, select

from voucher.ledger.vouchers import Voucher
from voucher.plumbing.clock import SHANGHAI
from voucher.plumbing.unit_of_work import Work
from voucher.registry import tables
from voucher.registry.people import Named
from voucher.rules.classes import IDENTITY_DIFFERS, check_card_tries, check_last_four
from voucher.stages.train.models.places import Scan


def check_card(work: Work, voucher: Voucher, holder: Named | None, last4: str) -> None:
    """Hold the characters typed against the card of a locked voucher's holder, as they were read.

    Once too many were wrong today the right ones are refused as well. Raises Refused card_tries_used_up,
    identity_differs, parameter_missing.
    """
    most = tables.read_number_at(work.session, "card_tries_most", work.today, voucher.region_code)
    check_card_tries(_count_wrong(work, voucher.id), most)
    check_last_four(holder.number if holder else None, last4)


def _count_wrong(work: Work, voucher_id: int) -> int:
    """Return how many scans of a voucher were refused for the card today, at any counter."""
    midnight = datetime.combine(work.today, time(), SHANGHAI)
    return (
        work.session.scalar(
            select(func.count())
            .select_from(Scan)
            .where(
                Scan.voucher_id == voucher_id,
                Scan.code == IDENTITY_DIFFERS.code,
                Scan.scanned_at >= midnight,
            )
        )
        or 0
    )
