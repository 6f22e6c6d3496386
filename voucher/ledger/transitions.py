"""The table of allowed steps, kept as the rules have it: the database refuses every other."""

from __future__ import annotations

from sqlalchemy import insert, select

from voucher.ledger.states import NOTHING, Transition
from voucher.plumbing.unit_of_work import Work
from voucher.rules.lifecycle import ROWS


def load_transitions(work: Work) -> int:
    """Bring the table of allowed transitions up to `rules/lifecycle` and return how many rows were added.

    Rows that are no longer allowed stay, because history refers to them; the rules refuse them first.
    """
    known = set(
        work.session.execute(
            select(Transition.thing, Transition.from_state, Transition.event, Transition.to_state)
        ).all()
    )
    wanted = {
        (str(row.thing), row.state if row.state is not None else NOTHING, row.event, row.to) for row in ROWS
    }
    fresh = sorted(wanted - known)
    if fresh:
        work.session.execute(
            insert(Transition),
            [dict(zip(("thing", "from_state", "event", "to_state"), row, strict=True)) for row in fresh],
        )
    return len(fresh)
