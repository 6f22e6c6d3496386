"""`voucher rules`: every rule with its number, its legal source and its first day."""

from __future__ import annotations

import click


@click.command(help="列出每条规则的编号、阶段、依据、起始日和位置。")
@click.option("--markdown", is_flag=True, help="输出 docs/rules.md 的内容")
@click.pass_context
def rules(ctx: click.Context, markdown: bool) -> None:
    """Print the register of rules."""
    from voucher.cli.answering import Answering
    from voucher.cli.documents import load_rules, rules_markdown
    from voucher.rules.register import list_rules

    answering = ctx.ensure_object(Answering)
    load_rules()
    registered = list_rules()
    told = [
        {
            "number": rule.number,
            "stage": rule.stage,
            "summary": rule.summary,
            "source": rule.source,
            "since": rule.since.isoformat(),
            "place": f"{rule.module}.{rule.name}",
        }
        for rule in registered
    ]
    lines = [
        f"{rule.number}  {rule.stage}  {rule.since.isoformat()}  {rule.module}.{rule.name}\n"
        f"        {rule.summary}\n        依据：{rule.source}"
        for rule in registered
    ]
    answering.answer({"rules": told}, [rules_markdown()] if markdown else [*lines, f"共 {len(lines)} 条"])
