"""Measures become final (确定) by the clock: the days to appeal are over, and no appeal waits."""

from __future__ import annotations

from sqlalchemy import select

from voucher.ledger.states import move
from voucher.plumbing.unit_of_work import Work
from voucher.stages.oversee.measures.models import Measure
from voucher.stages.oversee.measures.queries import select_appealed

AT_ONCE = 500


def finish_due_measures(work: Work) -> int:
    """Make final what nobody has appealed against in time, and return how many that were."""
    due = work.session.scalars(
        select(Measure)
        .where(
            Measure.state == "confirmed",
            Measure.appeal_until < work.today,
            Measure.id.not_in(select_appealed()),
        )
        .order_by(Measure.id)
        .limit(AT_ONCE)
        .with_for_update(skip_locked=True)
    ).all()
    if due:
        move(work, Measure, due, "finish")
    return len(due)
