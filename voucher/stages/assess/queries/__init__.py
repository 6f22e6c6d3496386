"""What doors and later stages may ask about assessment; reads only."""

from __future__ import annotations

from voucher.stages.assess.queries.batches import (
    BatchView,
    CandidateView,
    Statistics,
    get_batch,
    list_batches,
    list_candidates,
    read_statistics,
    view_batches,
)
from voucher.stages.assess.queries.exams import PassedExam, ResultView, exams_passed, results_of
from voucher.stages.assess.queries.ready import Ready, list_ready, mask_holders

__all__ = [
    "BatchView",
    "CandidateView",
    "PassedExam",
    "Ready",
    "ResultView",
    "Statistics",
    "exams_passed",
    "get_batch",
    "list_batches",
    "list_candidates",
    "list_ready",
    "mask_holders",
    "read_statistics",
    "results_of",
    "view_batches",
]
