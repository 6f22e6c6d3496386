"""Pages of the office: operators and officers of county, city and province."""

from __future__ import annotations

from voucher.doors.web.office import (
    accounts,
    batches,
    certificates,
    claim_deeds,
    claims,
    class_review,
    deciding,
    desk,
    drafting,
    dry_runs,
    institutions,
    issues,
    issuing,
    names,
    objections,
    programmes,
    standing,
    tariffs,
    voucher_deeds,
    vouchers,
    waiting,
    workers,
)
from voucher.doors.web.office.blueprint import office

# the rooms hang their views on the blueprint when they are read
__all__ = [
    "accounts",
    "batches",
    "certificates",
    "claim_deeds",
    "claims",
    "class_review",
    "deciding",
    "desk",
    "drafting",
    "dry_runs",
    "institutions",
    "issues",
    "issuing",
    "names",
    "objections",
    "office",
    "programmes",
    "standing",
    "tariffs",
    "voucher_deeds",
    "vouchers",
    "waiting",
    "workers",
]
