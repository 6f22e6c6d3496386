"""The ledger's lines, page by page: a million of them are read without trouble."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import ColumnElement, Select, func, or_, select, union_all
from sqlalchemy.orm import Session, aliased

from voucher.ledger.budget import Budget
from voucher.ledger.postings import Account, Transfer


@dataclass(frozen=True, slots=True)
class EntrySearch:
    """Which lines: of a budget; of a voucher or of claims; an act; from one moment to before another.

    `ids` are the first and the last id of the span, where they have been looked up.
    """

    budget_id: int | None = None
    voucher_id: int | None = None
    claim_ids: tuple[int, ...] = ()
    act: str | None = None
    since: datetime | None = None
    before: datetime | None = None
    ids: tuple[int, int] | None = None

    @property
    def by_moment(self) -> bool:
        """Return whether a span of time is asked for."""
        return self.since is not None or self.before is not None

    @property
    def of_one(self) -> bool:
        """Return whether a voucher or claims are asked for: few lines, found by them."""
        return self.voucher_id is not None or bool(self.claim_ids)


@dataclass(frozen=True, slots=True)
class Entry:
    """One transfer: act, from where to where, how much in fen, for which claim or voucher, by whom."""

    id: int
    at: datetime
    act: str
    budget_id: int
    from_role: str
    to_role: str
    amount_fen: int
    claim_id: int | None
    voucher_id: int | None
    institution_id: int | None
    actor_person_id: int


def page_entries(
    session: Session, regions: Collection[str], wanted: EntrySearch, *, before_id: int | None, limit: int = 50
) -> list[Entry]:
    """Return lines of the budgets of these regions, the newest first, those before a line's id."""
    ids = _find_ids(session, regions, wanted, before_id, limit)
    source, target = aliased(Account), aliased(Account)
    rows = session.execute(
        select(
            Transfer.id, Transfer.at, Transfer.act, source.budget_id, source.role, target.role,
            Transfer.amount_fen, Transfer.claim_id, Transfer.voucher_id, Transfer.institution_id,
            Transfer.actor_person_id,
        )
        .join(source, source.id == Transfer.from_account_id)
        .join(target, target.id == Transfer.to_account_id)
        .where(Transfer.id.in_(ids))
        .order_by(Transfer.id.desc())
    )  # fmt: skip
    return [Entry(*row) for row in rows]


def _find_ids(
    session: Session, regions: Collection[str], wanted: EntrySearch, before_id: int | None, limit: int
) -> Sequence[int]:
    """Return the newest ids account by account, each by its own index, and of these the newest."""
    mine = select(Account.id).join(Budget, Budget.id == Account.budget_id)
    mine = mine.where(Budget.region_code.in_(sorted(regions)))
    if wanted.budget_id is None or wanted.of_one:
        # few lines, found by the voucher or the claim; or nearly all of them, in the order they were made
        found = _narrow(select(Transfer.id), wanted, before_id).where(Transfer.from_account_id.in_(mine))
        return session.scalars(found.order_by(_newest(wanted)).limit(limit)).all()
    parts = [
        select(
            _narrow(select(Transfer.id), wanted, before_id)
            .where(Transfer.from_account_id == account_id)
            .order_by(_newest(wanted))
            .limit(limit)
            .subquery()
            .c.id
        )
        for account_id in session.scalars(mine.where(Budget.id == wanted.budget_id))
    ]
    if not parts:
        return []
    every = union_all(*parts).subquery()
    return session.scalars(select(every.c.id).order_by(every.c.id.desc()).limit(limit)).all()


def _newest(wanted: EntrySearch) -> ColumnElement[int]:
    """Return the order of the lines; those of one span are found by their moment first.

    Their own index would be read from the newest line back through every month since; where the ids of the
    span are known it is read between them, so that one piece after another costs what it holds.
    """
    by_moment = wanted.by_moment and wanted.ids is None
    return (Transfer.id + 0).desc() if by_moment else Transfer.id.desc()


def bound(session: Session, wanted: EntrySearch) -> EntrySearch:
    """Return a search whose lines are read piece by piece: a span of time is bounded by its ids, once."""
    if not wanted.by_moment or wanted.of_one:
        return wanted
    span = _narrow(
        select(Transfer.id), EntrySearch(since=wanted.since, before=wanted.before), None
    ).subquery()
    first, last = session.execute(select(func.min(span.c.id), func.max(span.c.id))).one()
    return replace(wanted, ids=(first, last) if first is not None else (1, 0))


def count_entries(
    session: Session, regions: Collection[str], wanted: EntrySearch, *, most: int | None
) -> int:
    """Return how many lines a search finds, counted no further than a number where one is given."""
    mine = select(Account.id).join(Budget, Budget.id == Account.budget_id)
    mine = mine.where(Budget.region_code.in_(sorted(regions)))
    if wanted.budget_id is not None:
        mine = mine.where(Budget.id == wanted.budget_id)
    found = _narrow(select(Transfer.id), wanted, None).where(Transfer.from_account_id.in_(mine))
    return session.scalar(select(func.count()).select_from(found.limit(most).subquery())) or 0


def _narrow(query: Select[int], wanted: EntrySearch, before_id: int | None) -> Select[int]:
    if wanted.of_one:
        query = query.where(
            or_(Transfer.claim_id.in_(wanted.claim_ids), Transfer.voucher_id == (wanted.voucher_id or 0))
        )
    if wanted.act is not None:
        query = query.where(Transfer.act == wanted.act)
    if wanted.since is not None:
        query = query.where(Transfer.at >= wanted.since)
    if wanted.before is not None:
        query = query.where(Transfer.at < wanted.before)
    if wanted.ids is not None:
        query = query.where(Transfer.id.between(*wanted.ids))
    return query if before_id is None else query.where(Transfer.id < before_id)


@dataclass(frozen=True, slots=True)
class MonthSum:
    """What one budget moved in a span by one act: how many lines, how much in fen."""

    budget_id: int
    act: str
    lines: int
    amount_fen: int


def sum_acts(session: Session, region_code: str, since: datetime, before: datetime) -> list[MonthSum]:
    """Return what each budget of a region moved in a span, by act."""
    rows = session.execute(
        select(Account.budget_id, Transfer.act, func.count(), func.sum(Transfer.amount_fen))
        .join(Account, Account.id == Transfer.from_account_id)
        .join(Budget, Budget.id == Account.budget_id)
        .where(Budget.region_code == region_code, Transfer.at >= since, Transfer.at < before)
        .group_by(Account.budget_id, Transfer.act)
        .order_by(Account.budget_id, Transfer.act)
    )
    return [MonthSum(budget_id, act, lines, int(total)) for budget_id, act, lines, total in rows]
