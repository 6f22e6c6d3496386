"""Pages of the office: operators and officers of county, city and province."""

from __future__ import annotations

from voucher.doors.web.office import accounts, batches, claims, deciding, desk, names, objections
from voucher.doors.web.office.blueprint import office

# the rooms hang their views on the blueprint when they are read
__all__ = ["accounts", "batches", "claims", "deciding", "desk", "names", "objections", "office"]
