"""The roll-ups: what each voucher counts for, and the sums of that by place, period and filter.

Nothing here is a record of its own: every row can be made again from the ledger.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from voucher.plumbing.db import Model
from voucher.plumbing.types import Day, Int64, Text, UtcTime

STEPS = ("issued", "accepted", "enrolled", "redeemed", "completed", "certified", "settled")
STEP_NAMES = {
    "issued": "发放", "accepted": "领取", "enrolled": "锁定", "redeemed": "核销", "completed": "结业",
    "certified": "取证", "settled": "兑现",
}  # fmt: skip
MEASURES = (*STEPS, "ended", "reserved_fen", "paid_fen")


class StatisticFact(Model):
    """What one voucher or claim counts for; a claim carries money only, at its voucher's place.

    A step's day is the Shanghai day it was reached, empty where it was not or no longer counts.
    `came_from`, `ended_as` and `why` are set where a voucher left the way.
    """

    __tablename__ = "statistic_fact"
    __table_args__ = (
        CheckConstraint("thing IN ('voucher','claim')", name="thing"),
        CheckConstraint("(ended_as = '') = (came_from = '')", name="ended"),
        Index("ix_statistic_fact_person", "person_id"),
        Index("ix_statistic_fact_place", "region_code", "institution_id", "class_id", "object_id"),
        # the filters that leave so few that people are counted one by one, in a whole province
        Index("ix_statistic_fact_programme", "programme_id"),
        Index("ix_statistic_fact_trade", "trade_code", "person_group", "level", "fund", "issued_month"),
        Index("ix_statistic_fact_blend", "person_group", "level", "fund"),
        # and in one county, whose vouchers lie all over the table: only those meant are fetched
        Index(
            "ix_statistic_fact_region",
            "region_code",
            "person_group",
            "level",
            "fund",
            "trade_code",
            "issued_month",
        ),
        # reasons under a trade with another filter are answered from here alone
        Index(
            "ix_statistic_fact_lost",
            "trade_code",
            "fund",
            "level",
            "person_group",
            "region_code",
            "issued_month",
            "came_from",
            "ended_as",
            "why",
            sqlite_where=text("ended_as <> ''"),
            postgresql_where=text("ended_as <> ''"),
        ),
        {"sqlite_strict": True},
    )

    thing: Mapped[str] = mapped_column(Text, primary_key=True)
    object_id: Mapped[int] = mapped_column(Int64, primary_key=True, autoincrement=False)
    person_id: Mapped[int] = mapped_column(Int64, nullable=False)
    issued_month: Mapped[str] = mapped_column(Text, nullable=False)
    region_code: Mapped[str] = mapped_column(Text, nullable=False)
    institution_id: Mapped[int] = mapped_column(Int64, nullable=False)
    class_id: Mapped[int] = mapped_column(Int64, nullable=False)
    programme_id: Mapped[int] = mapped_column(Int64, nullable=False)
    fund: Mapped[str] = mapped_column(Text, nullable=False)
    trade_code: Mapped[str] = mapped_column(Text, nullable=False)
    level: Mapped[int] = mapped_column(Int64, nullable=False)
    person_group: Mapped[str] = mapped_column(Text, nullable=False)
    issued_on: Mapped[date | None] = mapped_column(Day)
    accepted_on: Mapped[date | None] = mapped_column(Day)
    enrolled_on: Mapped[date | None] = mapped_column(Day)
    redeemed_on: Mapped[date | None] = mapped_column(Day)
    completed_on: Mapped[date | None] = mapped_column(Day)
    certified_on: Mapped[date | None] = mapped_column(Day)
    settled_on: Mapped[date | None] = mapped_column(Day)
    paid_on: Mapped[date | None] = mapped_column(Day)
    came_from: Mapped[str] = mapped_column(Text, nullable=False)
    ended_as: Mapped[str] = mapped_column(Text, nullable=False)
    why: Mapped[str] = mapped_column(Text, nullable=False)
    reserved_fen: Mapped[int] = mapped_column(Int64, nullable=False)
    paid_fen: Mapped[int] = mapped_column(Int64, nullable=False)


class Measured:
    """The columns that are added up: times (人次) per step, vouchers that left the way, amounts in fen."""

    issued: Mapped[int] = mapped_column(Int64, nullable=False)
    accepted: Mapped[int] = mapped_column(Int64, nullable=False)
    enrolled: Mapped[int] = mapped_column(Int64, nullable=False)
    redeemed: Mapped[int] = mapped_column(Int64, nullable=False)
    completed: Mapped[int] = mapped_column(Int64, nullable=False)
    certified: Mapped[int] = mapped_column(Int64, nullable=False)
    settled: Mapped[int] = mapped_column(Int64, nullable=False)
    ended: Mapped[int] = mapped_column(Int64, nullable=False)
    reserved_fen: Mapped[int] = mapped_column(Int64, nullable=False)
    paid_fen: Mapped[int] = mapped_column(Int64, nullable=False)


class StatisticCell(Measured, Model):
    """The smallest group: everything that was told apart, one row per combination that occurs."""

    __tablename__ = "statistic_cell"
    __table_args__ = (
        # a province under two filters: those that mean few of the smallest groups
        Index("ix_statistic_cell_programme", "programme_id"),
        Index("ix_statistic_cell_trade", "trade_code", "level", "person_group", "fund"),
        {"sqlite_strict": True},
    )

    region_code: Mapped[str] = mapped_column(Text, primary_key=True)
    institution_id: Mapped[int] = mapped_column(Int64, primary_key=True, autoincrement=False)
    class_id: Mapped[int] = mapped_column(Int64, primary_key=True, autoincrement=False)
    issued_month: Mapped[str] = mapped_column(Text, primary_key=True)
    programme_id: Mapped[int] = mapped_column(Int64, primary_key=True, autoincrement=False)
    fund: Mapped[str] = mapped_column(Text, primary_key=True)
    trade_code: Mapped[str] = mapped_column(Text, primary_key=True)
    level: Mapped[int] = mapped_column(Int64, primary_key=True, autoincrement=False)
    person_group: Mapped[str] = mapped_column(Text, primary_key=True)


class StatisticSlice(Measured, Model):
    """A region and a month of issue, under one filter at a time; dimension '' is without any filter."""

    __tablename__ = "statistic_slice"
    __table_args__ = ({"sqlite_strict": True},)

    dimension: Mapped[str] = mapped_column(Text, primary_key=True)
    word: Mapped[str] = mapped_column(Text, primary_key=True)
    region_code: Mapped[str] = mapped_column(Text, primary_key=True)
    issued_month: Mapped[str] = mapped_column(Text, primary_key=True)


class StatisticCuboid(Measured, Model):
    """A region's own vouchers of a month, told apart by the filters that have few words each, all at once.

    Two of these filters mean a large part of the smallest groups; here a province is some thousand rows.
    """

    __tablename__ = "statistic_cuboid"
    __table_args__ = ({"sqlite_strict": True},)

    region_code: Mapped[str] = mapped_column(Text, primary_key=True)
    issued_month: Mapped[str] = mapped_column(Text, primary_key=True)
    fund: Mapped[str] = mapped_column(Text, primary_key=True)
    level: Mapped[int] = mapped_column(Int64, primary_key=True, autoincrement=False)
    person_group: Mapped[str] = mapped_column(Text, primary_key=True)


class StatisticCuboidLoss(Model):
    """Vouchers that left the way, under the filters that have few words each, all at once."""

    __tablename__ = "statistic_cuboid_loss"
    __table_args__ = ({"sqlite_strict": True},)

    region_code: Mapped[str] = mapped_column(Text, primary_key=True)
    fund: Mapped[str] = mapped_column(Text, primary_key=True)
    level: Mapped[int] = mapped_column(Int64, primary_key=True, autoincrement=False)
    person_group: Mapped[str] = mapped_column(Text, primary_key=True)
    issued_month: Mapped[str] = mapped_column(Text, primary_key=True)
    came_from: Mapped[str] = mapped_column(Text, primary_key=True)
    ended_as: Mapped[str] = mapped_column(Text, primary_key=True)
    why: Mapped[str] = mapped_column(Text, primary_key=True)
    times: Mapped[int] = mapped_column(Int64, nullable=False)


class StatisticLoss(Model):
    """Vouchers that left the way, under one filter at a time: from where, as what, and why."""

    __tablename__ = "statistic_loss"
    __table_args__ = ({"sqlite_strict": True},)

    dimension: Mapped[str] = mapped_column(Text, primary_key=True)
    word: Mapped[str] = mapped_column(Text, primary_key=True)
    region_code: Mapped[str] = mapped_column(Text, primary_key=True)
    issued_month: Mapped[str] = mapped_column(Text, primary_key=True)
    came_from: Mapped[str] = mapped_column(Text, primary_key=True)
    ended_as: Mapped[str] = mapped_column(Text, primary_key=True)
    why: Mapped[str] = mapped_column(Text, primary_key=True)
    times: Mapped[int] = mapped_column(Int64, nullable=False)


class StatisticFlow(Model):
    """What happened in a region in a period (a day YYYY-MM-DD or a month YYYY-MM), step by step.

    The step `paid` carries the amount, in fen.
    """

    __tablename__ = "statistic_flow"
    __table_args__ = ({"sqlite_strict": True},)

    # the region first: a page asks for one of them and for many days
    region_code: Mapped[str] = mapped_column(Text, primary_key=True)
    period: Mapped[str] = mapped_column(Text, primary_key=True)
    step: Mapped[str] = mapped_column(Text, primary_key=True)
    times: Mapped[int] = mapped_column(Int64, nullable=False)
    amount_fen: Mapped[int] = mapped_column(Int64, nullable=False)


class StatisticHeads(Model):
    """How many different people (人数) stand at a place, of vouchers issued in a year (0: of any).

    People do not add up over places: each place has its own count.
    """

    __tablename__ = "statistic_heads"
    __table_args__ = ({"sqlite_strict": True},)

    region_code: Mapped[str] = mapped_column(Text, primary_key=True)
    institution_id: Mapped[int] = mapped_column(Int64, primary_key=True, autoincrement=False)
    class_id: Mapped[int] = mapped_column(Int64, primary_key=True, autoincrement=False)
    year: Mapped[int] = mapped_column(Int64, primary_key=True, autoincrement=False)
    issued: Mapped[int] = mapped_column(Int64, nullable=False)
    accepted: Mapped[int] = mapped_column(Int64, nullable=False)
    enrolled: Mapped[int] = mapped_column(Int64, nullable=False)
    redeemed: Mapped[int] = mapped_column(Int64, nullable=False)
    completed: Mapped[int] = mapped_column(Int64, nullable=False)
    certified: Mapped[int] = mapped_column(Int64, nullable=False)
    settled: Mapped[int] = mapped_column(Int64, nullable=False)


class StatisticPosition(Model):
    """How far the sealed trail has been counted, and when that was last looked at; one row."""

    __tablename__ = "statistic_position"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"), {"sqlite_strict": True})

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    seal_seq: Mapped[int] = mapped_column(Int64, nullable=False)
    counted_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
