"""Whose money the visitor may look at beside the regions: that of the institutions it collects for."""

from __future__ import annotations

from voucher.doors.api.reach import institutions_served
from voucher.doors.auth.entries import PAYEE_STAFF


def own_payees(region: str | None = None) -> frozenset[int]:
    """Return the payees the visitor works for; none once a region was named, which is the office's way."""
    return institutions_served(PAYEE_STAFF) if region is None else frozenset()
