"""What the clock does with appeals: what nobody answered goes to the office, what nobody took on is over."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from voucher.ledger import states
from voucher.plumbing.unit_of_work import Work
from voucher.rules.actor import Role, check_role
from voucher.stages.assess.appeals.reading import REVIEW, due_on
from voucher.stages.assess.models_appeals import Appeal
from voucher.stages.assess.telling import tell_appellants

AT_MOST = 200
UNANSWERED = ("filed", "accepted", "upheld")
UNCONTESTED = ("refused_late", "rejected")


def pass_on_due(work: Work) -> int:
    """Hand every appeal whose evaluator is late to the office of its region, and return how many.

    Raises Refused role_missing, parameter_missing, calendar_year_missing.
    """
    check_role(work.actor, Role.CLOCK)
    late = _lock_late(work, UNANSWERED)
    states.move(work, Appeal, late, "pass_on", reason="评价机构逾期")
    for each in late:
        each.due_on = due_on(work, each.region_code, REVIEW)
    work.session.flush()
    tell_appellants(work, late, "pass_on")
    return len(late)


def close_due(work: Work) -> int:
    """Close every appeal whose answer nobody took to the office in time, and return how many.

    Raises Refused role_missing.
    """
    check_role(work.actor, Role.CLOCK)
    late = _lock_late(work, UNCONTESTED)
    states.move(work, Appeal, late, "close")
    for each in late:
        each.due_on = None
    work.session.flush()
    tell_appellants(work, late, "close")
    return len(late)


def _lock_late(work: Work, in_states: Sequence[str]) -> list[Appeal]:
    return list(
        work.session.scalars(
            select(Appeal)
            .where(Appeal.state.in_(in_states), Appeal.due_on < work.today)
            .order_by(Appeal.id)
            .limit(AT_MOST)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
    )
