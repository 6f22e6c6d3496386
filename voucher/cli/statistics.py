"""`voucher statistics`: bring the roll-ups up, count them anew, or hold them against the books."""

from __future__ import annotations

import click

DIFFERENT = 3


@click.group(help="统计汇总：更新、重算、核对。")
def statistics() -> None:
    """Stand for the verbs below."""


@statistics.command(help="把上次更新以来的变化计入统计汇总。")
@click.pass_context
def refresh(ctx: click.Context) -> None:
    """Count what the trail says has changed."""
    from voucher.cli.office import answering_of, open_office
    from voucher.stages.oversee.statistics.refresh import refresh_statistics

    office = open_office(ctx)
    office.seal()
    rows = 0
    while more := office.act(refresh_statistics):
        rows += more
    answering_of(ctx).answer({"rows": rows}, [f"已计入 {rows} 条留痕"])


@statistics.command(help="清空统计汇总，按台账从头重算。")
@click.pass_context
def rebuild(ctx: click.Context) -> None:
    """Count everything again."""
    from voucher.cli.office import answering_of, open_office
    from voucher.stages.oversee.statistics.refresh import rebuild_statistics

    office = open_office(ctx)
    office.seal()
    facts = office.act(rebuild_statistics)
    answering_of(ctx).answer({"facts": facts}, [f"已从头重算，共 {facts} 张券和申领"])


@statistics.command(help="把统计汇总与逐笔查询、各级之间逐项核对；有任何差异即以非零退出。")
@click.pass_context
def check(ctx: click.Context) -> None:
    """Hold the roll-ups against the slow query and leave with 3 where anything differs."""
    from dataclasses import asdict

    from voucher.cli.office import answering_of, open_database
    from voucher.plumbing.schema import check_current
    from voucher.stages.oversee.statistics.reading import read_age
    from voucher.stages.oversee.statistics.verify import verify_statistics

    _, database = open_database()
    check_current(database)
    with database.read() as session:
        age, found = read_age(session), verify_statistics(session)
    lines = [f"不符：{each.where} {each.what}：汇总 {each.kept}，逐笔 {each.counted}" for each in found]
    lines.append(f"汇总到第 {age.seal_seq} 条留痕，之后还有 {age.behind} 条未计入；差异 {len(found)} 处")
    answering_of(ctx).answer(
        {
            "seal_seq": age.seal_seq,
            "behind": age.behind,
            "differences": [asdict(each) for each in found],
        },
        lines,
    )
    if found:
        ctx.exit(DIFFERENT)
