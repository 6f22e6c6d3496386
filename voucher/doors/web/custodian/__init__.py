"""Pages of the key custodian, who keeps the signing keys and sees no business data."""

from __future__ import annotations

from voucher.doors.web.custodian import keys
from voucher.doors.web.custodian.blueprint import custodian

# the rooms hang their views on the blueprint when they are read
__all__ = ["custodian", "keys"]
