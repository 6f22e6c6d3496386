"""Saved filters (常用筛选): what an account looks for often in a list, kept under a name of its own."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from voucher.ledger import audit
from voucher.plumbing.constraints import translate
from voucher.plumbing.db import Model
from voucher.plumbing.types import Int64, Text, UtcTime
from voucher.plumbing.unit_of_work import Work
from voucher.registry.tables import require_parameter_number
from voucher.registry.users import UserAccount
from voucher.rules.errors import Family, reason

SOURCE = "【设】常用筛选只供本账号使用"
MOST = "saved_filters_most"
LONGEST_NAME = 20
KEPT = "dropped_at IS NULL"

FILTER_EMPTY = reason(
    "saved_filter_empty",
    "现在没有筛选条件，没有可以保存的",
    "请先在列表页选好条件、点“查询”，再保存",
    SOURCE,
)
FILTER_UNNAMED = reason(
    "saved_filter_unnamed",
    "名称没有填写，或超过 {longest} 字",
    "请写一个自己认得出的短名称，例如“一季度退回”",
    SOURCE,
)
FILTER_NAMED = reason(
    "saved_filter_named",
    "这个列表已有同名的常用筛选",
    "请换一个名称，或先删除原来的",
    SOURCE,
    Family.CONFLICT,
)
FILTERS_FULL = reason(
    "saved_filters_full",
    "这个列表已保存 {most} 个常用筛选，不能再加",
    "请先删除不再用的",
    SOURCE,
    Family.CONFLICT,
)
FILTER_MISSING = reason(
    "saved_filter_missing",
    "没有找到这个常用筛选",
    "可能已经删除；请从“常用筛选”页面重新选择",
    SOURCE,
    Family.MISSING,
)


class SavedFilter(Model):
    """One filter of one list (`place`) of one account; `query` is the address behind the question mark."""

    __tablename__ = "saved_filter"
    __table_args__ = (
        CheckConstraint("length(name) BETWEEN 1 AND 20", name="name"),
        CheckConstraint("length(query) BETWEEN 1 AND 1000", name="query"),
        Index("uq_saved_filter_name", "user_id", "place", "name", unique=True,
              sqlite_where=text(KEPT), postgresql_where=text(KEPT)),
        {"sqlite_strict": True},
    )  # fmt: skip

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    user_id: Mapped[int] = mapped_column(Int64, ForeignKey("user_account.id"), nullable=False)
    place: Mapped[str] = mapped_column(Text, nullable=False)
    name: Mapped[str] = mapped_column(Text, nullable=False)
    query: Mapped[str] = mapped_column(Text, nullable=False)
    saved_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    dropped_at: Mapped[datetime | None] = mapped_column(UtcTime)


translate("uq_saved_filter_name", "saved_filter.user_id, saved_filter.place, saved_filter.name", FILTER_NAMED)


def save_filter(work: Work, place: str, name: str, query: str) -> SavedFilter:
    """Keep a filter for the acting account and return it.

    Raises Refused saved_filter_empty, saved_filter_unnamed, saved_filter_named, saved_filters_full,
    parameter_missing.
    """
    if not query:
        raise FILTER_EMPTY.refused()
    name = " ".join(name.split())
    if not name or len(name) > LONGEST_NAME:
        raise FILTER_UNNAMED.refused(longest=LONGEST_NAME)
    # two saved at once by one account are counted one after the other
    work.session.execute(select(UserAccount.id).where(UserAccount.id == work.actor.user_id).with_for_update())
    mine = list_filters(work.session, work.actor.user_id, place)
    if name in {each.name for each in mine}:
        raise FILTER_NAMED.refused()
    most = require_parameter_number(work.session, MOST, work.today, [])
    if len(mine) >= most:
        raise FILTERS_FULL.refused(most=most)
    saved = SavedFilter(
        user_id=work.actor.user_id, place=place, name=name, query=query, saved_at=work.at, dropped_at=None
    )
    work.session.add(saved)
    work.session.flush()
    audit.record_one(work, "saved_filter", saved.id, "save", place=place)
    return saved


def drop_filter(work: Work, saved_filter_id: int) -> SavedFilter:
    """Take a filter of the acting account away. Raises Refused saved_filter_missing, as for a foreign one."""
    found = work.session.scalars(
        select(SavedFilter).where(SavedFilter.id == saved_filter_id).with_for_update()
    ).first()
    if found is None or found.user_id != work.actor.user_id or found.dropped_at is not None:
        raise FILTER_MISSING.refused()
    found.dropped_at = work.at
    work.session.flush()
    audit.record_one(work, "saved_filter", found.id, "drop", place=found.place)
    return found


def list_filters(session: Session, user_id: int, place: str | None = None) -> Sequence[SavedFilter]:
    """Return the filters an account keeps, of one list or of all, by list in the order they were saved."""
    query = select(SavedFilter).where(SavedFilter.user_id == user_id, SavedFilter.dropped_at.is_(None))
    if place is not None:
        query = query.where(SavedFilter.place == place)
    return session.scalars(query.order_by(SavedFilter.place, SavedFilter.id)).all()
