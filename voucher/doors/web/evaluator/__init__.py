"""Pages of an evaluator: what waits, exams from plan to publication, certificates, its own subsidies."""

from __future__ import annotations

from voucher.doors.web.evaluator import (
    batches,
    certificates,
    claims,
    corrections,
    desk,
    examiners,
    planning,
    results,
)
from voucher.doors.web.evaluator.blueprint import evaluator

# the rooms hang their views on the blueprint when they are read
__all__ = [
    "batches",
    "certificates",
    "claims",
    "corrections",
    "desk",
    "evaluator",
    "examiners",
    "planning",
    "results",
]
