"""Pages of a training institution: one queue and one form per act, for its four kinds of staff."""

from __future__ import annotations

from voucher.doors.web.institution import (
    attendance,
    challenges,
    changes,
    claims,
    classes,
    colleagues,
    completion_papers,
    desk,
    devices,
    filings,
    finishing,
    going_offline,
    inspections,
    lessons,
    marking,
    planning,
    reversals,
    rosters,
    scan,
    systems,
    texting,
    timetables,
    webhooks,
)
from voucher.doors.web.institution.blueprint import institution

# the rooms hang their views on the blueprint when they are read
__all__ = [
    "attendance",
    "challenges",
    "changes",
    "claims",
    "classes",
    "colleagues",
    "completion_papers",
    "desk",
    "devices",
    "filings",
    "finishing",
    "going_offline",
    "inspections",
    "institution",
    "lessons",
    "marking",
    "planning",
    "reversals",
    "rosters",
    "scan",
    "systems",
    "texting",
    "timetables",
    "webhooks",
]
