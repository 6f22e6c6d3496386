"""Phone checks whose last day is over: they stand in a queue of their own."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime

from sqlalchemy.orm import Session

from voucher.stages.train.queries.phone_checks import DrawView, list_waiting_draws


def count_late_draws(session: Session, regions: Collection[str], today: date) -> tuple[int, datetime | None]:
    """Return how many people of these regions should have been called by now, and the oldest draw."""
    late = [each for each in list_waiting_draws(session, regions) if each.is_late(today)]
    drawn = [each.draw.drawn_at for each in late if each.draw.drawn_at is not None]
    return sum(each.waiting for each in late), min(drawn, default=None)


def list_late_draws(session: Session, regions: Collection[str], today: date) -> list[DrawView]:
    """Return the draws of these regions with people who should have been called by now, the oldest first."""
    late = [each for each in list_waiting_draws(session, regions) if each.is_late(today)]
    return sorted(late, key=lambda each: each.draw.id)
