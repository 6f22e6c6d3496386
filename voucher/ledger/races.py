"""Refusals that only say that another transaction came first: the act is judged again, whole."""

from __future__ import annotations

from voucher.ledger.budget import BUDGET_TAKEN
from voucher.ledger.entitlements import ENTITLEMENT_TAKEN
from voucher.plumbing.constraints import CHANGED_MEANWHILE
from voucher.plumbing.idempotency import KEY_IN_FLIGHT

# the second time the act sees what the other one has written, and says why it cannot go on, or goes on
RACES = frozenset({ENTITLEMENT_TAKEN.code, BUDGET_TAKEN.code, CHANGED_MEANWHILE.code, KEY_IN_FLIGHT.code})
