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
    direct,
    exam_door,
    examiners,
    own_staff,
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
    "direct",
    "evaluator",
    "exam_door",
    "examiners",
    "own_staff",
    "planning",
    "reader_files",
    "results",
    "sites",
    "slips",
    "uploads",
]
