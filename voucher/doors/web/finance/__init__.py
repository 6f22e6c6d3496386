"""Pages of finance: budgets, payment files, bank results, reconciliation, clawbacks."""

from __future__ import annotations

from voucher.doors.web.finance import (
    bank_credits,
    banking,
    budgets,
    comparing,
    files,
    ledger,
    ledger_exports,
    ledger_papers,
    letters,
    months,
    statements,
    year_ends,
)
from voucher.doors.web.finance.blueprint import finance

# the rooms hang their views on the blueprint when they are read
__all__ = [
    "bank_credits",
    "banking",
    "budgets",
    "comparing",
    "files",
    "finance",
    "ledger",
    "ledger_exports",
    "ledger_papers",
    "letters",
    "months",
    "statements",
    "year_ends",
]
