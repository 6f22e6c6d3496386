"""`voucher risk`: the risk rules over an exported data set, exporting one, and what stands in it."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from voucher.rules.risk.findings import Finding

FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
DAY = click.DateTime(["%Y-%m-%d"])


@click.group(name="risk", help="风险规则：导出数据集、在数据集上运行，列出数据字典。")
def risk() -> None:
    """Stand for the group; its verbs do the work."""


@risk.command(name="run", help="在一个数据集（CSV 文件夹）上运行风险规则；同样的数据得同样的线索。")
@click.option("--data", "folder", required=True, type=FOLDER, help="数据集所在的文件夹")
@click.option("--rule", "codes", multiple=True, metavar="R03", help="只运行这些规则，可重复")
@click.option(
    "--on",
    type=DAY,
    help="取哪一天的界限，默认取起始值；文件夹里的 thresholds.csv 优先",
)
@click.pass_context
def run(ctx: click.Context, folder: Path, codes: tuple[str, ...], on: datetime | None) -> None:
    """Print every flag, one a line, in a fixed order."""
    from voucher.cli.office import answering_of
    from voucher.rules.risk.catalogue import BY_CODE, run_rules
    from voucher.rules.risk.measures import SINCE
    from voucher.stages.oversee.risk.folder import read_folder, read_folder_thresholds
    from voucher.stages.oversee.risk.thresholds import read_shipped_thresholds

    unknown = sorted(set(codes) - set(BY_CODE))
    if unknown:
        raise click.BadParameter(f"没有规则 {'、'.join(unknown)}", param_hint="--rule")
    day: date = on.date() if on is not None else SINCE
    most = read_shipped_thresholds(day) | read_folder_thresholds(folder)
    found = list(run_rules(read_folder(folder), most, codes))
    counts = Counter(each.rule for each in found)
    lines = [_line(each) for each in found]
    lines.append(f"共 {len(found)} 条线索" + "".join(f"，{code} {counts[code]}" for code in sorted(counts)))
    answering_of(ctx).answer({"flags": [_told(each) for each in found], "count": len(found)}, lines)


@risk.command(name="export", help="把数据库里一段时间的数据导出成数据集（CSV 文件夹），没有姓名和证件号。")
@click.option(
    "--out", "folder", required=True, type=click.Path(file_okay=False, path_type=Path), help="写到哪里"
)
@click.option("--from", "first", required=True, type=DAY, help="第一天")
@click.option("--until", "last", required=True, type=DAY, help="最后一天")
@click.pass_context
def export(ctx: click.Context, folder: Path, first: datetime, last: datetime) -> None:
    """Write the facts of a window down, so that the rules can be run elsewhere."""
    from voucher.cli.office import answering_of, open_database
    from voucher.plumbing.schema import check_current
    from voucher.plumbing.secrets import Keyring
    from voucher.stages.oversee.risk.facts import Window, read_facts
    from voucher.stages.oversee.risk.folder import write_folder

    config, database = open_database()
    check_current(database)
    keyring = Keyring.open(config.key_file, create=False)
    with database.read() as session:
        facts = read_facts(session, Window(first.date(), last.date()), keyring, with_marks=True)
    counts = write_folder(folder, facts)
    told: dict[str, object] = dict(counts)
    answering_of(ctx).answer(told, [f"{table}.csv  {count} 行" for table, count in counts.items()])


@risk.command(name="dictionary", help="列出数据集各表各列的含义。")
@click.pass_context
def dictionary(ctx: click.Context) -> None:
    """Print the data dictionary."""
    from voucher.cli.office import answering_of
    from voucher.rules.risk.data_set import TABLES
    from voucher.stages.oversee.risk.folder import dictionary_markdown, list_columns

    told: dict[str, object] = {
        table: [
            {"name": each.name, "kind": each.kind, "required": each.is_required, "meaning": each.meaning}
            for each in list_columns(table)
        ]
        for table in TABLES
    }
    answering_of(ctx).answer(told, [dictionary_markdown()])


def _line(found: Finding) -> str:
    from voucher.rules.risk.findings import tell

    return f"{found.rule} {found.kind} {found.subject} {found.period}  {tell(found.words, {})}"


def _told(found: Finding) -> dict[str, object]:
    from voucher.rules.risk.catalogue import BY_CODE
    from voucher.rules.risk.findings import score_of_finding, tell

    return {
        "rule": found.rule,
        "kind": found.kind,
        "subject": found.subject,
        "period": found.period,
        "figure": found.figure,
        "unit": found.unit,
        "threshold": found.threshold,
        "peer_median": found.peer_median,
        "score": score_of_finding(found, BY_CODE[found.rule].weight),
        "blocking": bool(found.stops),
        "sentence": tell(found.words, {}),
        "rows": [list(each) for each in found.rows],
        "people": list(found.people),
    }
