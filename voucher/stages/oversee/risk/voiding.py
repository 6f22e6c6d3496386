"""撤回名单之后: flags that rest on withdrawn lists alone end, what they held goes on; they count no more."""

from __future__ import annotations

from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.orm import Session

from voucher.ledger.holds import Hold
from voucher.ledger.states import move
from voucher.plumbing.unit_of_work import Work
from voucher.stages.oversee.risk.facts.listing import LISTS, number_list
from voucher.stages.oversee.risk.models import RiskFlag, RiskFlagList
from voucher.stages.oversee.risk.reading import VOID, check_unconcerned
from voucher.stages.oversee.risk.stopping import let_go, mark_of


def void_flags(work: Work, list_id: int, words: str, first_person_id: int) -> int:
    """End the flags of which every row comes from withdrawn lists, and return how many those were.

    Neither of the two who withdraw may have to do with what a flag is about. Raises Refused
    risk_flag_own_institution.
    """
    flags = work.session.scalars(
        _select_resting(list_id)
        .with_for_update()
        .execution_options(populate_existing=True)
        .order_by(RiskFlag.id)
    ).all()
    for flag in flags:
        for person_id in (first_person_id, work.actor.person_id):
            check_unconcerned(work, flag, person_id)
    for flag in flags:
        let_go(work, flag, words)
        move(work, RiskFlag, [flag], "void", reason=words, content={flag.id: {"list": list_id}})
    return len(flags)


def count_resting(session: Session, list_id: int) -> tuple[int, int]:
    """Return how many flags would end were a list withdrawn, and how many holds stand by them."""
    ids = session.scalars(_select_resting(list_id).with_only_columns(RiskFlag.id)).all()
    holds = 0
    for first in range(0, len(ids), 100):
        marked = [
            Hold.why.startswith(f"{mark_of(each)}（", autoescape=True) for each in ids[first : first + 100]
        ]
        open_ones = and_(Hold.closed_at.is_(None), or_(*marked))
        holds += session.scalar(select(func.count()).select_from(Hold).where(open_ones)) or 0
    return len(ids), holds


def list_lists_of(session: Session, flag_id: int) -> list[tuple[str, int, bool]]:
    """Return the lists a flag rests on: number, how many of its rows, whether it was withdrawn."""
    rows = session.execute(
        select(LISTS.c.region_code, LISTS.c.id, RiskFlagList.rows, LISTS.c.withdrawn_at.is_not(None))
        .join(LISTS, LISTS.c.id == RiskFlagList.list_id)
        .where(RiskFlagList.flag_id == flag_id)
        .order_by(RiskFlagList.list_id)
    )
    return [(number_list(region, list_id), count, bool(gone)) for region, list_id, count, gone in rows]


def _select_resting(list_id: int) -> Select[RiskFlag]:
    """Return the query for flags with a row of a list, and all rows of it or of lists withdrawn already."""
    gone = or_(LISTS.c.id == list_id, LISTS.c.withdrawn_at.is_not(None))
    resting = (
        select(RiskFlagList.flag_id)
        .join(LISTS, LISTS.c.id == RiskFlagList.list_id)
        .where(gone)
        .group_by(RiskFlagList.flag_id)
        .having(func.sum(RiskFlagList.rows) >= func.max(RiskFlagList.of_rows))
    )
    mine = select(RiskFlagList.flag_id).where(RiskFlagList.list_id == list_id)
    return select(RiskFlag).where(RiskFlag.id.in_(mine), RiskFlag.id.in_(resting), RiskFlag.state != VOID)
