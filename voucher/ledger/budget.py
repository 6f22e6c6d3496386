"""Budgets: granted, reserved, spent, returned; never below zero, one region, year and fund source each.

A reservation is one conditional UPDATE backed by a CHECK; REPEATABLE READ alone was measured to
overdraw a budget six times.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    UniqueConstraint,
    func,
    select,
    text,
    update,
)
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.orm.util import AliasedClass

from voucher.ledger import audit, postings
from voucher.ledger.postings import AVAILABLE, RESERVED, RETURNED, SPENT, TREASURY, Line
from voucher.ledger.year_ends import find_spender, home_of
from voucher.plumbing.constraints import CHANGED_MEANWHILE, translate
from voucher.plumbing.db import Model
from voucher.plumbing.types import Int64, Text, UtcTime
from voucher.plumbing.unit_of_work import Work
from voucher.rules.errors import Family, reason
from voucher.rules.money import check_fen, format_yuan

SOURCE = "豫办〔2021〕29号 四(三); S2-Z3a"

BUDGET_MISSING = reason(
    "budget_missing",
    "没有编号为 {budget} 的预算",
    "请用“voucher budget list”或预算页面查看现有预算编号",
    SOURCE,
    Family.MISSING,
)
BUDGET_EXHAUSTED = reason(
    "budget_exhausted",
    "预算余额不足：需要 {needed} 元，可用 {available} 元",
    "请先追加预算，或等待其他事项释放占用；已按先后顺序排队的事项会自动办理",
    SOURCE,
    Family.CONFLICT,
)
BUDGET_TAKEN = reason(
    "budget_exists",
    "该地区该年度该资金来源的预算已经建立",
    "请在原预算上追加，不必另建",
    SOURCE,
    Family.CONFLICT,
)
BUDGET_YEAR_OVER = reason(
    "budget_year_over",
    "{year} 年度的这笔预算已经年末结转，不能再下达、起草和制单",
    "请改用编号为 {into} 的 {next_year} 年度预算；结转过来的券和申领都在那里支付",
    "预算法 第四十二条",
    Family.CONFLICT,
)
AMOUNT_NOT_POSITIVE = reason("amount_not_positive", "金额必须大于零", "请核对金额后重新填写", SOURCE)


class Budget(Model):
    """What one region may spend in one fiscal year from one of the six fund sources, in fen."""

    __tablename__ = "budget"
    __table_args__ = (
        UniqueConstraint("region_code", "year", "source"),
        CheckConstraint(
            "granted_fen >= 0 AND reserved_fen >= 0 AND spent_fen >= 0 AND returned_fen >= 0",
            name="nothing_below_zero",
        ),
        CheckConstraint("reserved_fen + spent_fen + returned_fen <= granted_fen", name="never_overdrawn"),
        CheckConstraint("year BETWEEN 2000 AND 2100", name="year"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    region_code: Mapped[str] = mapped_column(Text, ForeignKey("region.code"), nullable=False)
    year: Mapped[int] = mapped_column(Int64, nullable=False)
    source: Mapped[str] = mapped_column(Text, nullable=False)
    granted_fen: Mapped[int] = mapped_column(Int64, nullable=False, default=0)
    reserved_fen: Mapped[int] = mapped_column(Int64, nullable=False, default=0)
    spent_fen: Mapped[int] = mapped_column(Int64, nullable=False, default=0)
    returned_fen: Mapped[int] = mapped_column(Int64, nullable=False, default=0)
    document: Mapped[str | None] = mapped_column(Text)
    opened_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    carried_into_id: Mapped[int | None] = mapped_column(Int64)

    @property
    def available_fen(self) -> int:
        """Return what may still be reserved."""
        return self.granted_fen - self.reserved_fen - self.spent_fen - self.returned_fen


def home(budget: type[Budget] | AliasedClass[Budget]) -> ColumnElement[int]:
    """Return the column that says in which budget the money of one stands by now."""
    return func.coalesce(budget.carried_into_id, budget.id)


class Waiting(Model):
    """A place in the queue for money; served strictly in order of its number."""

    __tablename__ = "waiting"
    __table_args__ = (
        CheckConstraint("amount_fen > 0", name="amount_above_zero"),
        CheckConstraint("(claim_id IS NULL) <> (issue_line_id IS NULL)", name="one_object"),
        Index("uq_waiting_claim", "claim_id", unique=True, sqlite_where=text("ended_at IS NULL"),
              postgresql_where=text("ended_at IS NULL")),
        Index("uq_waiting_issue_line", "issue_line_id", unique=True, sqlite_where=text("ended_at IS NULL"),
              postgresql_where=text("ended_at IS NULL")),
        Index("ix_waiting_queue", "budget_id", "id"),
        {"sqlite_strict": True},
    )  # fmt: skip

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    budget_id: Mapped[int] = mapped_column(Int64, ForeignKey("budget.id"), nullable=False)
    claim_id: Mapped[int | None] = mapped_column(Int64, ForeignKey("claim.id"))
    issue_line_id: Mapped[int | None] = mapped_column(Int64, ForeignKey("issue_line.id"))
    amount_fen: Mapped[int] = mapped_column(Int64, nullable=False)
    queued_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    ended_at: Mapped[datetime | None] = mapped_column(UtcTime)
    served: Mapped[int | None] = mapped_column(Int64)


translate("uq_budget_region_code_year_source", "budget.region_code, budget.year, budget.source", BUDGET_TAKEN)
translate("uq_waiting_claim", "waiting.claim_id", CHANGED_MEANWHILE)
translate("uq_waiting_issue_line", "waiting.issue_line_id", CHANGED_MEANWHILE)
translate("ck_budget_never_overdrawn", "ck_budget_never_overdrawn", CHANGED_MEANWHILE)


def open_budget(
    work: Work, *, region_code: str, year: int, source: str, amount_fen: int, document: str | None = None
) -> Budget:
    """Open a budget and grant its first amount, or grant more to the one that exists, and return it.

    Raises Refused amount_not_positive, amount_not_fen.
    """
    found = find_or_open(work, region_code, year, source, document)
    grant(work, found.id, amount_fen, document)
    return get_budget(work, found.id)


def find_or_open(work: Work, region_code: str, year: int, source: str, document: str | None) -> Budget:
    """Return a budget, locked, opened with nothing in it where there was none."""
    found = work.session.scalars(
        select(Budget)
        .where(Budget.region_code == region_code, Budget.year == year, Budget.source == str(source))
        .with_for_update()
    ).first()
    if found is None:
        found = Budget(
            region_code=region_code,
            year=year,
            source=str(source),
            granted_fen=0,
            reserved_fen=0,
            spent_fen=0,
            returned_fen=0,
            document=document,
            opened_at=work.at,
        )
        work.session.add(found)
        work.session.flush()
        postings.open_accounts(work, found.id)
    return found


def get_budget(work: Work, budget_id: int, *, lock: bool = False) -> Budget:
    """Return a budget as it stands, locked for this transaction where asked.

    Raises Refused budget_missing.
    """
    wanted = select(Budget).where(Budget.id == budget_id).execution_options(populate_existing=True)
    found = work.session.scalars(wanted.with_for_update() if lock else wanted).first()
    if found is None:
        raise BUDGET_MISSING.refused(budget=budget_id)
    return found


def get_home(work: Work, budget_id: int, *, lock: bool = False) -> Budget:
    """Return the budget in which money kept under this one stands now. Raises Refused budget_missing."""
    found = get_budget(work, home_of(work.session, budget_id), lock=lock)
    # it may have been carried while its lock was waited for
    return found if found.carried_into_id is None else get_home(work, found.id, lock=lock)


def check_year_open(work: Work, budget: Budget) -> None:
    """Refuse what would begin under a budget whose year was carried. Raises Refused budget_year_over."""
    if budget.carried_into_id is not None:
        into = get_budget(work, budget.carried_into_id)
        raise BUDGET_YEAR_OVER.refused(year=budget.year, into=into.id, next_year=into.year)


def _count(work: Work, budget_id: int, **changes_fen: int) -> bool:
    """Change the counters unless that would overdraw the budget; return whether it was done."""
    columns = {name: getattr(Budget, name) + change for name, change in changes_fen.items()}
    used = {
        name: columns.get(name, getattr(Budget, name))
        for name in ("granted_fen", "reserved_fen", "spent_fen", "returned_fen")
    }
    done = work.session.scalars(
        update(Budget)
        .where(
            Budget.id == budget_id,
            used["reserved_fen"] + used["spent_fen"] + used["returned_fen"] <= used["granted_fen"],
            *(used[name] >= 0 for name in columns),
        )
        .values(**columns)
        .returning(Budget.id)
        .execution_options(synchronize_session=False)
    ).first()
    return done is not None


def _record(work: Work, budget_id: int, act: str, amount_fen: int, lines: int) -> None:
    audit.record_one(work, "budget", budget_id, act, amount_fen=amount_fen, lines=lines)


def grant(work: Work, budget_id: int, amount_fen: int, document: str | None = None) -> None:
    """Grant more money to a budget (下达).

    Raises Refused amount_not_positive, amount_not_fen, budget_year_over.
    """
    if check_fen(amount_fen) <= 0:
        raise AMOUNT_NOT_POSITIVE.refused()
    check_year_open(work, get_budget(work, budget_id))
    _count(work, budget_id, granted_fen=amount_fen)
    postings.post(work, budget_id, TREASURY, AVAILABLE, "grant", [Line(amount_fen)])
    audit.record_one(work, "budget", budget_id, "grant", amount_fen=amount_fen, document=document)


def reserve(work: Work, budget_id: int, lines: Sequence[Line]) -> None:
    """Reserve the lines, all or none (占用). Raises Refused budget_exhausted, budget_missing."""
    needed = sum(check_fen(line.amount_fen) for line in lines)
    if needed == 0:
        return
    budget_id = home_of(work.session, budget_id)
    if not _count(work, budget_id, reserved_fen=needed):
        available = get_budget(work, budget_id).available_fen
        raise BUDGET_EXHAUSTED.refused(needed=format_yuan(needed), available=format_yuan(available))
    postings.post(work, budget_id, AVAILABLE, RESERVED, "reserve", lines)
    _record(work, budget_id, "reserve", needed, len(lines))


def release(work: Work, budget_id: int, lines: Sequence[Line]) -> None:
    """Give reserved money back (释放)."""
    budget_id = home_of(work.session, budget_id)
    _move(work, budget_id, RESERVED, AVAILABLE, "release", lines, {"reserved_fen": -1})


def spend(work: Work, budget_id: int, lines: Sequence[Line]) -> None:
    """Turn reserved money into spent money, when the bank has confirmed it: in the year it does (支出)."""
    budget_id = home_of(work.session, budget_id)
    _move(work, budget_id, RESERVED, SPENT, "spend", lines, {"reserved_fen": -1, "spent_fen": 1})


def take_back(work: Work, budget_id: int, lines: Sequence[Line]) -> None:
    """Book recovered money of one claim as returned to the treasury, in the year that paid it (追回上缴)."""
    budget_id = find_spender(work, budget_id, lines[0].claim_id if lines else None)
    _move(work, budget_id, SPENT, RETURNED, "take_back", lines, {"spent_fen": -1, "returned_fen": 1})


def _move(
    work: Work,
    budget_id: int,
    source: str,
    target: str,
    act: str,
    lines: Sequence[Line],
    signs: Mapping[str, int],
) -> None:
    amount_fen = sum(line.amount_fen for line in lines if line.amount_fen > 0)
    if not amount_fen:
        return
    # the budget before its accounts, as everywhere: the other way round meets a reservation in a deadlock
    if not _count(work, budget_id, **{name: sign * amount_fen for name, sign in signs.items()}):
        raise RuntimeError(f"budget {budget_id} does not hold what is to be moved by {act}")
    postings.post(work, budget_id, source, target, act, lines)
    _record(work, budget_id, act, amount_fen, len(lines))
