"""`voucher check`: every invariant asked of the database as it stands; not one row may break any of them."""

from __future__ import annotations

import click

VIOLATED = 3


@click.command(
    name="check", help="逐项检查不变量：账、预算、资格、环节、拨付、留痕；有任何一行不符即以非零退出。"
)
@click.option(
    "--limit", default=20, show_default=True, type=click.IntRange(1, 10_000), help="每项最多列出的行数"
)
@click.pass_context
def check(ctx: click.Context, limit: int) -> None:
    """Ask every invariant and leave with 3 where one is broken."""
    from voucher.cli.office import answering_of, open_database
    from voucher.cli.progress import showing
    from voucher.plumbing.clock import clock_of
    from voucher.plumbing.schema import check_current
    from voucher.stages.oversee.invariants import INVARIANTS, find_violations

    _, database = open_database()
    check_current(database)
    now = clock_of(database.engine)()
    with showing("检查") as progress, database.read() as session:
        found = find_violations(session, limit=limit, now=now, progress=progress)
    broken = {(each.number, each.title) for each in found}
    told: dict[str, object] = {
        "checked": len(INVARIANTS),
        "broken": len(broken),
        "violations": [{"number": each.number, "title": each.title, "row": each.row} for each in found],
    }
    lines = [
        f"不符：{each.number} {each.title}："
        + "，".join(f"{name}={_shown(value)}" for name, value in each.row.items())
        for each in found
    ]
    lines.append(f"共检查 {len(INVARIANTS)} 项，" + (f"{len(broken)} 项不符" if broken else "全部相符"))
    answering_of(ctx).answer(told, lines)
    if found:
        ctx.exit(VIOLATED)


def _shown(value: object) -> str:
    return "无" if value is None else str(value)
