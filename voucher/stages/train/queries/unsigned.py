"""Classes that are over and not signed off (未签结业): for how long, and what their attendance says."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import Session

from voucher.ledger.vouchers import Voucher
from voucher.registry import catalogue, tables
from voucher.rules.training import attendance_share
from voucher.stages.train.models.classes import TrainingClass
from voucher.stages.train.models.places import Completion, Enrolment, Redemption
from voucher.stages.train.queries.hours import count_hours, read_bars

SIGN_OFF_DAYS = "sign_off_days"
UNSIGNED = ("approved", "running")


@dataclass(frozen=True, slots=True)
class Unsigned:
    """A class nobody has signed off, the days since it was over and how many it may take, None for any."""

    taught: TrainingClass
    days: int
    days_most: int | None

    @property
    def is_late(self) -> bool:
        """Return whether it counts with what its attendance says."""
        return self.days_most is not None and self.days > self.days_most


def list_unsigned(
    session: Session, chosen: Sequence[ColumnElement[bool]], today: date, *, limit: int | None = None
) -> list[Unsigned]:
    """Return the chosen classes that are over and unsigned with somebody scanned in, the oldest first.

    What was in force on a class's last day is its limit. Raises Refused parameter_missing.
    """
    scanned = exists().where(
        Redemption.voucher_id == Enrolment.voucher_id,
        Redemption.reversed_at.is_(None),
        Enrolment.class_id == TrainingClass.id,
        Enrolment.ended_at.is_(None),
    )
    query = (
        select(TrainingClass)
        .where(TrainingClass.state.in_(UNSIGNED), TrainingClass.ends_on < today, scanned, *chosen)
        .order_by(TrainingClass.ends_on, TrainingClass.id)
    )
    return view_unsigned(session, session.scalars(query.limit(limit)).all(), today)


def view_unsigned(session: Session, classes: Sequence[TrainingClass], today: date) -> list[Unsigned]:
    """Return classes that are over with the days since, and the most it may take.

    Raises Refused parameter_missing.
    """
    most: dict[tuple[str, date], int | None] = {}
    found = []
    for each in classes:
        key = (each.region_code, each.ends_on)
        if key not in most:
            regions = catalogue.list_ancestry(session, each.region_code)
            most[key] = tables.read_parameter_number(session, SIGN_OFF_DAYS, each.ends_on, regions)
        found.append(Unsigned(each, (today - each.ends_on).days, most[key]))
    return found


def count_present(session: Session, found: TrainingClass) -> int:
    """Return how many of a class, still in it and not signed off, attended enough to finish it.

    Raises Refused parameter_missing.
    """
    wanted: Collection[int] = session.scalars(
        select(Redemption.voucher_id)
        .join(Voucher, Voucher.id == Redemption.voucher_id)
        # whoever was moved away is scanned in where they were, and sits where they are
        .join(Enrolment, Enrolment.voucher_id == Redemption.voucher_id)
        .outerjoin(Completion, Completion.voucher_id == Redemption.voucher_id)
        .where(
            Enrolment.class_id == found.id,
            Enrolment.ended_at.is_(None),
            Redemption.reversed_at.is_(None),
            Voucher.state != "dropped",
            Completion.voucher_id.is_(None),
        )
    ).all()
    bars = read_bars(session, found)
    hours = count_hours(session, found, sorted(wanted))
    return sum(attendance_share(each, found.hours_planned) >= bars.share_bp for each in hours.values())
