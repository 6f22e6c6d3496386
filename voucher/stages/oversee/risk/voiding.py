"""撤回名单之后: flags that rest on withdrawn lists alone end, what they held goes on; they count no more."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.orm import Session, load_only

from voucher.ledger.states import move
from voucher.plumbing.unit_of_work import Work
from voucher.stages.oversee.risk.facts.listing import LISTS, number_list
from voucher.stages.oversee.risk.models import RiskFlag, RiskFlagList
from voucher.stages.oversee.risk.reading import VOID, check_unconcerned
from voucher.stages.oversee.risk.stopping import count_holds, let_go

# rule and kind of the flags that rest on answers of exams, which come by lists alone
COPIED = ("R09", "person")


def check_apart_from_flags(work: Work, list_id: int, person_ids: Collection[int]) -> int:
    """Return how many flags end with a list; none of the people may have to do with what one is about.

    Raises Refused risk_flag_own_institution.
    """
    about = load_only(RiskFlag.institution_id, RiskFlag.suspect_person_id)
    flags = work.session.scalars(_select_resting(list_id).options(about)).all()
    for person_id in person_ids:
        check_unconcerned(work, flags, person_id)
    return len(flags)


def void_flags(work: Work, list_id: int, words: str, agreed_by_person_id: int, *, limit: int) -> int:
    """End the next flags of which every row comes from withdrawn lists, and return how many those were."""
    flags = work.session.scalars(
        _select_resting(list_id)
        .with_for_update()
        .execution_options(populate_existing=True)
        .order_by(RiskFlag.id)
        .limit(limit)
    ).all()
    if flags:
        let_go(work, flags, words)
        said: dict[str, object] = {"list": list_id, "agreed_by": agreed_by_person_id}
        move(work, RiskFlag, flags, "void", reason=words, content={each.id: said for each in flags})
    return len(flags)


def find_resting(session: Session, list_id: int) -> Sequence[int]:
    """Return the ids of the flags that would end were a list withdrawn."""
    return session.scalars(_select_resting(list_id).with_only_columns(RiskFlag.id)).all()


def count_resting(session: Session, list_id: int) -> tuple[int, int]:
    """Return how many flags would end were a list withdrawn, and how many holds stand by them."""
    ids = find_resting(session, list_id)
    return len(ids), count_holds(session, ids) if ids else 0


def count_left(session: Session, list_id: int) -> int:
    """Return how many flags rest on a list and would not end with it.

    Of a flag of before lists were noted only the rows kept of it were counted, so it is among these, however
    it came about.
    """
    mine = select(RiskFlagList.flag_id).where(RiskFlagList.list_id == list_id)
    ending = _select_resting(list_id).with_only_columns(RiskFlag.id)
    left = (RiskFlag.id.in_(mine), RiskFlag.state != VOID, RiskFlag.id.not_in(ending))
    return session.scalar(select(func.count()).select_from(RiskFlag).where(*left)) or 0


def count_unnoted(session: Session, regions: Collection[str], since: datetime) -> int:
    """Return how many flags of copied answers of regions and since a moment name no list.

    They were raised before lists were noted, when the answers did not say which list they were of.
    """
    noted = select(RiskFlagList.flag_id)
    unnoted = (
        RiskFlag.rule == COPIED[0],
        RiskFlag.kind == COPIED[1],
        RiskFlag.region_code.in_(sorted(regions)),
        RiskFlag.raised_at >= since,
        RiskFlag.state != VOID,
        RiskFlag.id.not_in(noted),
    )
    return session.scalar(select(func.count()).select_from(RiskFlag).where(*unnoted)) or 0


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
    """Return the query for flags with a row of a list, and all rows of it or of lists withdrawn before it.

    What a later withdrawal ends, the two of that one have answered for.
    """
    mine = LISTS.alias("mine")
    my_time = select(mine.c.withdrawn_at).where(mine.c.id == list_id).scalar_subquery()
    before = or_(my_time.is_(None), LISTS.c.withdrawn_at <= my_time)
    gone = or_(LISTS.c.id == list_id, and_(LISTS.c.withdrawn_at.is_not(None), before))
    resting = (
        select(RiskFlagList.flag_id)
        .join(LISTS, LISTS.c.id == RiskFlagList.list_id)
        .where(gone)
        .group_by(RiskFlagList.flag_id)
        .having(func.sum(RiskFlagList.rows) >= func.max(RiskFlagList.of_rows))
    )
    touching = select(RiskFlagList.flag_id).where(RiskFlagList.list_id == list_id)
    return select(RiskFlag).where(RiskFlag.id.in_(touching), RiskFlag.id.in_(resting), RiskFlag.state != VOID)
