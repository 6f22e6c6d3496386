"""Pages of an evaluator: what waits, exams from plan to publication, certificates, its own subsidies."""

from __future__ import annotations

from voucher.doors.web.evaluator import (
    appeals,
    batches,
    certificate_papers,
    certificates,
    claims,
    corrections,
    desk,
    exam_door,
    examiners,
    planning,
    reader_files,
    results,
    sites,
    slips,
    uploads,
)
from voucher.doors.web.evaluator.blueprint import evaluator

# the rooms hang their views on the blueprint when they are read
__all__ = [
    "appeals",
    "batches",
    "certificate_papers",
    "certificates",
    "claims",
    "corrections",
    "desk",
    "evaluator",
    "exam_door",
    "examiners",
    "planning",
    "reader_files",
    "results",
    "sites",
    "slips",
    "uploads",
]
