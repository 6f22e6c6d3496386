"""`voucher settle`: every certificate of a period judged, priced, and what is due filed as one batch."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from voucher.cli.office import Office
    from voucher.stages.settle.draft import Settled, Wish

DAY = click.DateTime(formats=["%Y-%m-%d"])
SHOWN_LINES = 20


@click.command(
    name="settle", help="按发证日期结算：逐证核验、计价，应付的作为一批申报；以本人账号（--as、--code）办理。"
)
@click.option("--kind", required=True, metavar="补贴类型", help="如 评价补贴")
@click.option("--region", required=True, metavar="CODE", help="评价机构备案地区代码")
@click.option("--from", "since", required=True, type=DAY, help="发证日期起（含）")
@click.option("--to", "until", required=True, type=DAY, help="发证日期止（含）")
@click.option("--budget", "budget_id", required=True, type=int, help="预算编号")
@click.pass_context
def settle(
    ctx: click.Context, kind: str, region: str, since: datetime, until: datetime, budget_id: int
) -> None:
    """Settle one period as one batch, in one transaction."""
    from voucher.cli.office import answering_of, open_office
    from voucher.cli.progress import showing
    from voucher.plumbing.unit_of_work import Work
    from voucher.rules.vocabulary import parse_subsidy_kind
    from voucher.stages.certify.verify import verify_issued
    from voucher.stages.settle.draft import Wish
    from voucher.stages.settle.draft import settle as settle_batch

    wish = Wish(parse_subsidy_kind(kind), region, since.date(), until.date(), budget_id)
    office = open_office(ctx)
    # who files reviews nothing of it afterwards: that has to be a person, as at the page
    office.check_proven()
    with showing("结算") as progress:

        def act(work: Work) -> Settled:
            verify_issued(work, wish.region_code, wish.from_on, wish.until_on)
            return settle_batch(work, wish, progress)

        settled = office.act(act)
    told = describe(office, wish, settled)
    answering_of(ctx).answer(told, sentences(told))


def describe(office: Office, wish: Wish, settled: Settled) -> dict[str, object]:
    """Return a settlement for machines; amounts in fen, people masked."""
    from voucher.registry import catalogue, people
    from voucher.rules.money import format_yuan
    from voucher.rules.vocabulary import Outcome
    from voucher.stages.settle.lines import describe_line, sum_by_level

    payable = settled.with_outcome(Outcome.PAYABLE)
    certificates = [each.candidate.certificate for each in settled.verdicts]
    year = office.today.year
    with office.look() as session:
        named = people.read_people(session, office.keyring, [each.person_id for each in certificates])
        trades = catalogue.name_trades(session, [each.trade_code for each in certificates])
    return {
        "batch": settled.batch_id,
        "batch_number": settled.batch_number,
        "region": wish.region_code,
        "from": wish.from_on.isoformat(),
        "to": wish.until_on.isoformat(),
        "budget": wish.budget_id,
        "people": len({each.candidate.certificate.person_id for each in payable}),
        "claims": len(payable),
        "refused": len(settled.with_outcome(Outcome.REFUSED)),
        "manual": len(settled.with_outcome(Outcome.MANUAL)),
        "total_fen": settled.total_fen,
        "total_yuan": format_yuan(settled.total_fen),
        "by_level": sum_by_level(settled.verdicts),
        "lines": [
            describe_line(
                each,
                named.get(each.candidate.certificate.person_id),
                wish.region_code,
                year,
                trades.get(each.candidate.certificate.trade_code, ""),
            )
            for each in settled.verdicts
        ],
    }


def sentences(told: dict[str, object]) -> list[str]:
    """Return a settlement for people: the sums, then the first lines that are not payable, each with why."""
    from voucher.rules.money import format_yuan

    by_level, lines = told["by_level"], told["lines"]
    if not isinstance(by_level, dict) or not isinstance(lines, list):
        raise TypeError("describe() made this")
    said = [
        (
            f"批次 {told['batch_number']}：应付 {told['claims']} 条 {told['people']} 人，"
            f"合计 {told['total_yuan']} 元；不予受理 {told['refused']} 条，转人工 {told['manual']} 条"
        )
    ]
    said += [
        f"  {level}：{row['claims']} 条，{format_yuan(row['amount_fen'])} 元"
        for level, row in by_level.items()
    ]
    others = [line for line in lines if line["outcome"] != "payable"]
    for line in others[:SHOWN_LINES]:
        said.append(
            f"  {line['name']} {line['certificate']}：{line['title']}。{line['next_step']}（{line['code']}）"
        )
    if len(others) > SHOWN_LINES:
        said.append(f"  ……另有 {len(others) - SHOWN_LINES} 条，用 --json 查看全部")
    return said
