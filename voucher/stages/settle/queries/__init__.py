"""What doors and later stages may ask about settlement; reads only."""

from __future__ import annotations

from voucher.stages.settle.queries.batch_lists import BatchFilter, count_batches, list_batches
from voucher.stages.settle.queries.batches import (
    BatchSummary,
    LevelSum,
    LineView,
    get_batch,
    list_lines,
    list_payees_of,
    summarise,
)
from voucher.stages.settle.queries.claims import (
    StepView,
    claim_timeline,
    get_claim,
    get_claim_line,
    list_clearings,
    object_timeline,
)
from voucher.stages.settle.queries.declared import sum_declared
from voucher.stages.settle.queries.desk import Waiting, desk
from voucher.stages.settle.queries.differences import (
    Difference,
    find_owed_of_file,
    read_owed_still,
    reconcile,
    sum_bounced,
    sum_differences,
)
from voucher.stages.settle.queries.holds import count_open_holds, list_open_holds
from voucher.stages.settle.queries.notices import (
    NoticeLine,
    get_notice,
    get_objection_by_number,
    list_notice_lines,
    list_notices,
    list_objections,
    sum_notice,
)
from voucher.stages.settle.queries.payments import (
    count_answers,
    get_budget,
    get_payment_file,
    list_budgets,
    list_clawbacks,
    list_payment_files,
    list_payment_lines,
    page_budgets,
    sum_paid,
)
from voucher.stages.settle.queries.vouchers import VoucherClaim, list_voucher_claims

__all__ = [
    "BatchFilter",
    "BatchSummary",
    "Difference",
    "LevelSum",
    "LineView",
    "NoticeLine",
    "StepView",
    "VoucherClaim",
    "Waiting",
    "claim_timeline",
    "count_answers",
    "count_batches",
    "count_open_holds",
    "desk",
    "find_owed_of_file",
    "get_batch",
    "get_budget",
    "get_claim",
    "get_claim_line",
    "get_notice",
    "get_objection_by_number",
    "get_payment_file",
    "list_batches",
    "list_budgets",
    "list_clawbacks",
    "list_clearings",
    "list_lines",
    "list_notice_lines",
    "list_notices",
    "list_objections",
    "list_open_holds",
    "list_payees_of",
    "list_payment_files",
    "list_payment_lines",
    "list_voucher_claims",
    "object_timeline",
    "page_budgets",
    "read_owed_still",
    "reconcile",
    "sum_bounced",
    "sum_declared",
    "sum_differences",
    "sum_notice",
    "sum_paid",
    "summarise",
]
