"""The documents made from code: the register of rules and the tables of every life.

`python -m voucher.cli.documents` writes docs/rules.md and docs/lifecycle.md; `--check` only says whether
the written ones are current, so that nobody edits them by hand.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import click

import voucher.rules
from voucher.rules.lifecycle import (
    BLOCKED_BY_HOLD,
    EVENT_NAMES,
    STATE_NAMES,
    THING_NAMES,
    WHO_NAMES,
    Row,
    Thing,
    is_terminal,
    transitions,
)
from voucher.rules.register import list_rules

MADE = "<!-- 本文由代码生成，请勿手工修改；改代码后运行 make docs -->"


def load_rules() -> None:
    """Import every module under rules/, so that the register is complete."""
    for found in pkgutil.walk_packages(voucher.rules.__path__, "voucher.rules."):
        importlib.import_module(found.name)


def rules_markdown() -> str:
    """Return the register of rules as a page: number, what it says, by what right, since when, where."""
    load_rules()
    rules = list_rules()
    lines = [
        MADE,
        "",
        "# 规则登记簿",
        "",
        f"共 {len(rules)} 条。每条规则都是一个纯函数，写明编号、阶段、依据和起始日。",
        "标“【参】”“【设】”的，政策未见明文，按可配置参数或设计决定执行。",
        "",
        *_table(
            ["编号", "阶段", "规则", "依据", "起始日", "位置"],
            [
                [
                    rule.number,
                    rule.stage,
                    rule.summary,
                    rule.source,
                    rule.since.isoformat(),
                    f"`{rule.module.removeprefix('voucher.')}.{rule.name}`",
                ]
                for rule in rules
            ],
        ),
    ]
    return "\n".join(lines) + "\n"


def lifecycle_markdown() -> str:
    """Return every life as a page: a diagram, the states, and each step with who may take it."""
    lines = [
        MADE,
        "",
        "# 生命周期",
        "",
        "表中没有的步骤一律不予办理；没有任何步骤可以更换持有人。“两人”指须由第二个人同意。",
        "挂起不是状态：有待处置的挂起时，标“挂起时停办”的事项不能办理，时限停止计算。",
    ]
    for thing in Thing:
        lines += ["", f"## {THING_NAMES[thing]} `{thing}`", "", *_diagram(thing), "", *_states(thing)]
        lines += ["", *_steps(thing)]
    return "\n".join(lines) + "\n"


def _diagram(thing: Thing) -> list[str]:
    names = STATE_NAMES[thing]
    lines = ["```mermaid", "stateDiagram-v2"]
    lines += [f'    state "{name}" as {state}' for state, name in names.items()]
    for row in transitions(thing):
        lines.append(f"    {row.state or '[*]'} --> {row.to} : {EVENT_NAMES[thing][row.event]}")
    lines += [f"    {state} --> [*]" for state in names if is_terminal(thing, state)]
    return [*lines, "```"]


def _states(thing: Thing) -> list[str]:
    return _table(
        ["状态", "代码", "终结"],
        [
            [name, f"`{state}`", "是" if is_terminal(thing, state) else ""]
            for state, name in STATE_NAMES[thing].items()
        ],
    )


def _steps(thing: Thing) -> list[str]:
    return _table(
        ["原状态", "事项", "代码", "新状态", "谁可以办", "说明", "挂起时停办"],
        [_step(row) for row in transitions(thing)],
    )


def _step(row: Row) -> list[str]:
    names = STATE_NAMES[row.thing]
    blocked = row.event in BLOCKED_BY_HOLD.get(row.thing, frozenset())
    who = "、".join(WHO_NAMES[word] for word in row.who)
    return [
        "—" if row.state is None else names[row.state],
        EVENT_NAMES[row.thing][row.event],
        f"`{row.event}`",
        names[row.to],
        f"{who}；两人" if row.two_people else who,
        row.reason,
        "是" if blocked else "",
    ]


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    lines = [head, ["---"] * len(head), *rows]
    return ["| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines]


DOCUMENTS: dict[str, Callable[[], str]] = {
    "rules.md": rules_markdown,
    "lifecycle.md": lifecycle_markdown,
}


def find_stale(folder: Path) -> list[str]:
    """Return the names of the documents in the folder that the code would write differently today."""
    return [
        name
        for name, make in DOCUMENTS.items()
        if not (folder / name).is_file() or (folder / name).read_text(encoding="utf-8") != make()
    ]


def write_documents(folder: Path) -> None:
    """Write every generated document into the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, make in DOCUMENTS.items():
        (folder / name).write_text(make(), encoding="utf-8")


@click.command()
@click.option("--check", is_flag=True, help="只检查是否为最新，不写入")
@click.option("--folder", type=click.Path(path_type=Path), default=Path("docs"), help="文档目录")
def main(check: bool, folder: Path) -> None:
    """由代码生成 docs/rules.md 与 docs/lifecycle.md。"""
    if not check:
        write_documents(folder)
        return
    stale = find_stale(folder)
    for name in stale:
        click.echo(f"{folder / name} 不是最新，请运行 make docs", err=True)
    sys.exit(1 if stale else 0)


if __name__ == "__main__":
    main()
