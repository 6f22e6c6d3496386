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
from voucher.stages.assess.queries.entered import (
    Earned,
    RecordedEntries,
    find_entered_people,
    find_recorded_entries,
)
from voucher.stages.assess.queries.exams import PassedExam, ResultView, exams_passed, results_of
from voucher.stages.assess.queries.ready import Ready, list_ready, mask_holders
from voucher.stages.assess.queries.suspicions import list_suspicions, number_batches

__all__ = [
    "BatchView",
    "CandidateView",
    "Earned",
    "PassedExam",
    "Ready",
    "RecordedEntries",
    "ResultView",
    "Statistics",
    "exams_passed",
    "find_entered_people",
    "find_recorded_entries",
    "get_batch",
    "list_batches",
    "list_candidates",
    "list_ready",
    "list_suspicions",
    "mask_holders",
    "number_batches",
    "read_statistics",
    "results_of",
    "view_batches",
]
