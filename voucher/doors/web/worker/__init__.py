"""Pages of the worker, phone first: what may be used now, what to take, where to learn, what came of it."""

from __future__ import annotations

from voucher.doors.web.worker import (
    appeals,
    applications,
    archive,
    certificate_papers,
    classes,
    code,
    consents,
    disputes,
    helped,
    home,
    lessons,
    me,
    offers,
    offline,
    paper,
    phones,
    privacy,
    rating,
    signing_in,
    slips,
    standing,
    subsidies,
    vouchers,
)
from voucher.doors.web.worker.blueprint import worker

# the rooms hang their views on the blueprint when they are read
__all__ = [
    "appeals",
    "applications",
    "archive",
    "certificate_papers",
    "classes",
    "code",
    "consents",
    "disputes",
    "helped",
    "home",
    "lessons",
    "me",
    "offers",
    "offline",
    "paper",
    "phones",
    "privacy",
    "rating",
    "signing_in",
    "slips",
    "standing",
    "subsidies",
    "vouchers",
    "worker",
]
