"""Budgets: granted, reserved, spent, what is left; and every movement, those made together in one row."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask import render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from voucher.doors.auth.door import the_door
from voucher.doors.auth.visitors import current_actor
from voucher.doors.web import fields
from voucher.doors.web.acting import Done, submit
from voucher.doors.web.finance.blueprint import finance
from voucher.doors.web.timelines import name_people
from voucher.ledger.budget import BUDGET_MISSING, Budget
from voucher.ledger.postings import ACCOUNT_NAMES, Account, Transfer
from voucher.plumbing.unit_of_work import Work
from voucher.registry.catalogue import Region, get_region
from voucher.rules.money import format_yuan
from voucher.rules.vocabulary import FUND_SOURCE_NAMES, FundSource
from voucher.stages.issue.queries.funds import list_draws
from voucher.stages.settle import queries
from voucher.stages.settle.granting import grant_budget
from voucher.stages.settle.queries.ledger_lines import MOVEMENT_NAMES
from voucher.stages.settle.queries.year_ends import list_due_year_ends

MOVEMENTS_SHOWN = 100
LEFT = {"over": "年度过完、待结转"}


@dataclass(frozen=True, slots=True)
class Movement:
    """Transfers of one act at one moment: from where to where, how many, how much, by whom."""

    name: str
    path: str
    count: int
    amount_fen: int
    at: datetime
    who: str


@finance.get("/budgets")
def budgets() -> ResponseReturnValue:
    """Show the budgets of this account's regions."""
    return _show_all()


@finance.post("/budgets")
def open_budget() -> ResponseReturnValue:
    """Open a budget, or grant more to the one that exists."""

    def call(work: Work) -> Done:
        amount_fen = fields.fen("amount", "下达金额")
        opened = grant_budget(
            work,
            region_code=fields.text("region", "地区", limit=12),
            year=fields.whole("year", "年度"),
            source=fields.one_of("source", "资金来源", FundSource),
            amount_fen=amount_fen,
            document=fields.text("document", "文号", limit=120),
        )
        words = f"已下达 {format_yuan(amount_fen)} 元，现余额 {format_yuan(opened.available_fen)} 元"
        return Done(words, url_for("web.finance.budget", budget_id=opened.id))

    return submit(call, _show_all)


@finance.get("/budgets/<int:budget_id>")
def budget(budget_id: int) -> ResponseReturnValue:
    """Show one budget and its movements, newest first."""
    door, regions = the_door(), current_actor().regions
    with door.read() as session:
        found = next(
            (each for each in queries.list_budgets(session, regions) if each.id == budget_id),
            None,
        )
        if found is None:
            raise BUDGET_MISSING.refused(budget=budget_id)
        return render_template(
            "finance/budget.html",
            budget=found,
            is_due=any(each.id == budget_id for each, _ in list_due_year_ends(session, regions, door.today)),
            region=get_region(session, found.region_code),
            draws=list_draws(session, budget_id),
            movements=_list_movements(session, budget_id),
            shown=MOVEMENTS_SHOWN,
        )


def _show_all() -> str:
    actor = current_actor()
    # named otherwise than the fields of the form below them
    area, fund, year = fields.asked("area", actor.regions), fields.asked("fund"), fields.cursor("of")
    left, today = fields.asked("left", LEFT), the_door().today
    with the_door().read() as session:
        everything = queries.list_budgets(session, actor.regions)
        due = {each.id: asked for each, asked in list_due_year_ends(session, actor.regions, today)}
        rows = [
            each
            for each in everything
            if area in (None, each.region_code) and fund in (None, each.source) and year in (0, each.year)
            if left is None or each.id in due
        ]
        return render_template(
            "finance/budgets.html",
            rows=rows,
            chosen={"area": area, "fund": fund, "of": year or None, "left": left},
            due=due,
            left=LEFT.items(),
            years=[(each, f"{each} 年") for each in sorted({each.year for each in everything}, reverse=True)],
            by_fund=_sum_by_fund(rows),
            totals=_sum(rows),
            region_names=_name_regions(session, actor.regions),
            sources=[(str(code), name) for code, name in FUND_SOURCE_NAMES.items()],
        )


def _sum(rows: list[Budget]) -> dict[str, int]:
    return {
        "granted_fen": sum(each.granted_fen for each in rows),
        "reserved_fen": sum(each.reserved_fen for each in rows),
        "spent_fen": sum(each.spent_fen for each in rows),
        "returned_fen": sum(each.returned_fen for each in rows),
        "available_fen": sum(each.available_fen for each in rows),
    }


def _sum_by_fund(rows: list[Budget]) -> list[tuple[str, dict[str, int]]]:
    """Return the sums of each fund source, where there is more than one."""
    sources = sorted({each.source for each in rows})
    if len(sources) < 2:
        return []
    return [(source, _sum([each for each in rows if each.source == source])) for source in sources]


def _name_regions(session: Session, codes: frozenset[str]) -> dict[str, str]:
    rows = session.execute(
        select(Region.code, Region.name).where(Region.code.in_(sorted(codes))).order_by(Region.code)
    )
    return dict(rows.all())


def _list_movements(session: Session, budget_id: int) -> list[Movement]:
    source, target = aliased(Account), aliased(Account)
    rows = session.execute(
        select(
            Transfer.act,
            source.role,
            target.role,
            Transfer.at,
            Transfer.actor_person_id,
            func.count(),
            func.sum(Transfer.amount_fen),
        )
        .join(source, source.id == Transfer.from_account_id)
        .join(target, target.id == Transfer.to_account_id)
        .where(source.budget_id == budget_id)
        .group_by(Transfer.act, source.role, target.role, Transfer.at, Transfer.actor_person_id)
        .order_by(func.max(Transfer.id).desc())
        .limit(MOVEMENTS_SHOWN)
    ).all()
    names = name_people(session, [row.actor_person_id for row in rows])
    return [
        Movement(
            MOVEMENT_NAMES.get(act, act),
            f"{ACCOUNT_NAMES[from_role]} → {ACCOUNT_NAMES[to_role]}",
            count,
            int(amount_fen),
            at,
            names.get(person_id, "系统"),
        )
        for act, from_role, to_role, at, person_id, count, amount_fen in rows
    ]
