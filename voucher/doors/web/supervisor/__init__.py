"""Pages of supervisor and auditor: down through every level, one voucher's chain, trail and invariants."""

from __future__ import annotations

from voucher.doors.web.supervisor import (
    board,
    drill,
    examining,
    exports,
    join_hits,
    joins,
    list_withdrawals,
    lists,
    looks,
    proofs,
    quality,
    report_files,
    reports,
    risks,
    statistics,
    statistics_files,
    tracing,
    trail,
)
from voucher.doors.web.supervisor.blueprint import supervisor

# the rooms hang their views on the blueprint when they are read
__all__ = [
    "board",
    "drill",
    "examining",
    "exports",
    "join_hits",
    "joins",
    "list_withdrawals",
    "lists",
    "looks",
    "proofs",
    "quality",
    "report_files",
    "reports",
    "risks",
    "statistics",
    "statistics_files",
    "supervisor",
    "tracing",
    "trail",
]
