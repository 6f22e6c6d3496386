"""`voucher budget`: money granted to a region for a year from one fund source."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from voucher.ledger.budget import Budget
    from voucher.plumbing.unit_of_work import Work


@click.group(help="下达和查看预算。")
def budget() -> None:
    """Stand for the two verbs below."""


@budget.command(help="下达预算；同一地区、年度和资金渠道已有预算的，视为追加。")
@click.option("--region", required=True, metavar="CODE", help="地区代码，如 419001")
@click.option("--year", required=True, type=click.IntRange(2000, 2100), help="预算年度")
@click.option("--source", required=True, metavar="资金渠道", help="如 就业补助资金")
@click.option("--amount-yuan", required=True, metavar="N", help="金额（元），如 2,000,000.00")
@click.option("--document", metavar="文号", help="下达文件")
@click.pass_context
def add(
    ctx: click.Context, region: str, year: int, source: str, amount_yuan: str, document: str | None
) -> None:
    """Open a budget, or grant more to the one that is there."""
    from voucher.cli.office import answering_of, open_office
    from voucher.rules.money import format_yuan, parse_yuan
    from voucher.rules.vocabulary import parse_fund_source
    from voucher.stages.settle.granting import grant_budget

    amount_fen, fund_source = parse_yuan(amount_yuan), parse_fund_source(source)

    def act(work: Work) -> Budget:
        return grant_budget(
            work, region_code=region, year=year, source=fund_source, amount_fen=amount_fen, document=document
        )

    made = open_office(ctx).act(act)
    told = describe(made)
    answering_of(ctx).answer(told, [f"已下达 {format_yuan(amount_fen)} 元。{_sentence(told)}"])


@budget.command(name="list", help="本辖区的预算：下达、占用、支出、上缴、余额。")
@click.pass_context
def list_budgets(ctx: click.Context) -> None:
    """List the budgets of the regions the account reaches."""
    from sqlalchemy import select

    from voucher.cli.office import answering_of, open_office
    from voucher.ledger.budget import Budget

    office = open_office(ctx)
    with office.look() as session:
        rows = session.scalars(select(Budget).order_by(Budget.year, Budget.region_code, Budget.id))
        told = [describe(row) for row in rows if row.region_code in office.actor.regions]
    answering_of(ctx).answer({"budgets": told}, [_sentence(each) for each in told] or ["没有预算"])


def describe(found: Budget) -> dict[str, object]:
    """Return a budget for machines, amounts in fen and as people write them."""
    from voucher.rules.money import format_yuan
    from voucher.rules.vocabulary import FUND_SOURCE_NAMES, FundSource

    amounts = {
        name: getattr(found, name)
        for name in ("granted_fen", "reserved_fen", "spent_fen", "returned_fen", "available_fen")
    }
    return {
        "budget": found.id,
        "region": found.region_code,
        "year": found.year,
        "source": found.source,
        "source_name": FUND_SOURCE_NAMES[FundSource(found.source)],
        **amounts,
        "granted": format_yuan(found.granted_fen),
        "available": format_yuan(found.available_fen),
    }


def _sentence(told: dict[str, object]) -> str:
    return (
        f"预算 {told['budget']}：{told['region']} {told['year']} 年 {told['source_name']}，"
        f"下达 {told['granted']} 元，余额 {told['available']} 元"
    )
