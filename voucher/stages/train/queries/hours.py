"""The hours that count towards the end of a class, and what a class asks of whoever finishes it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from voucher.registry import catalogue, tables
from voucher.rules.lessons import cap_online_hours
from voucher.stages.train.models.classes import TrainingClass
from voucher.stages.train.queries.facts import hours_by_mode

ASKED = "cosign_needed"
ONLINE_SHARE = "online_share_most_bp"


@dataclass(frozen=True, slots=True)
class Bars:
    """What whoever finishes a class must reach: the share of its hours, and the points of its exam."""

    share_bp: int
    mark: int


def asks_cosign(session: Session, found: TrainingClass) -> bool:
    """Return whether only co-signed sessions count towards the end of a class. Raises parameter_missing."""
    regions = catalogue.list_ancestry(session, found.region_code)
    return tables.read_flag(session, ASKED, found.ends_on, regions)


def count_hours(session: Session, found: TrainingClass, voucher_ids: Sequence[int]) -> dict[int, int]:
    """Return the recorded hours of vouchers that count towards the end of a class.

    Raises Refused parameter_missing.
    """
    modes = hours_by_mode(session, voucher_ids, cosigned_only=asks_cosign(session, found))
    regions = catalogue.list_ancestry(session, found.region_code)
    share_most_bp = tables.require_parameter_number(session, ONLINE_SHARE, found.ends_on, regions)
    return {
        voucher_id: cap_online_hours(offline, online, found.hours_planned, share_most_bp)
        for voucher_id, (offline, online) in modes.items()
    }


def read_bars(session: Session, found: TrainingClass) -> Bars:
    """Return what a class asks of whoever finishes it. Raises Refused parameter_missing."""
    regions = catalogue.list_ancestry(session, found.region_code)
    return Bars(
        tables.read_parameter_number(session, "attendance_minimum", found.ends_on, regions) or 0,
        tables.read_parameter_number(session, "pass_mark", found.ends_on, regions) or 0,
    )
