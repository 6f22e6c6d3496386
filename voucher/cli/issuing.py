"""`voucher issue`: a roster of any size issued, resumed, terminated; its refusals as a table."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from voucher.cli.office import Office
    from voucher.stages.issue.models_runs import IssueRun
    from voucher.stages.issue.running import Desk

PHASES = {
    "running": "发放中",
    "stopped": "已停在中途",
    "terminating": "正在终止",
    "terminated": "已终止",
    "done": "已办完",
}


@click.group(help="按名册批量发券（csv 任意大小）：中断后从断点继续，逐行说明不发的理由。")
def issue() -> None:
    """Stand for the verbs below."""


@issue.command(help="向名册中的人发券；名册列名：姓名、证件号码、手机号（可选）。")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--programme", required=True, type=click.IntRange(min=1), help="券种编号")
@click.option("--job", is_flag=True, help="交给后台办理（voucher worker），不在此等候")
@click.pass_context
def roster(ctx: click.Context, file: Path, programme: int, job: bool) -> None:
    """Begin issuing to a file and work it off, or leave it to the worker."""
    from voucher.cli.office import open_office
    from voucher.stages.issue.running import start_run

    if not file.is_file():
        raise click.BadParameter(f"找不到文件 {file}", param_hint="FILE")
    office = open_office(ctx)
    desk = _desk(office)
    with file.open("rb") as source:
        run = office.act(lambda work: start_run(work, desk, programme, source, file.name, job=job))
    _work(ctx, office, desk, run, job=job)


@issue.command(help="继续办理中断或停下的批量发券。")
@click.argument("issue_id", type=click.IntRange(min=1), metavar="发券单编号")
@click.option("--job", is_flag=True, help="交给后台办理，不在此等候")
@click.pass_context
def resume(ctx: click.Context, issue_id: int, job: bool) -> None:
    """Work a run off from where it stands."""
    from voucher.cli.office import open_office
    from voucher.stages.issue.running import resume_run

    office = open_office(ctx)
    run = office.act(lambda work: resume_run(work, issue_id, job=job))
    _work(ctx, office, _desk(office), run, job=job)


@issue.command(help="终止一次批量发券：已发的不受影响，没有办到的各行不再发放，不能恢复。")
@click.argument("issue_id", type=click.IntRange(min=1), metavar="发券单编号")
@click.option("--why", required=True, help="理由")
@click.option("--job", is_flag=True, help="没有办到的各行交后台写明，不在此等候")
@click.pass_context
def terminate(ctx: click.Context, issue_id: int, why: str, job: bool) -> None:
    """End a run for good and write off what it had not reached."""
    from voucher.cli.office import open_office
    from voucher.stages.issue.terminating import terminate_run

    office = open_office(ctx)
    run = office.act(lambda work: terminate_run(work, issue_id, why, job=job))
    _work(ctx, office, _desk(office), run, job=job)


@issue.command(help="一次批量发券办到哪里了。")
@click.argument("issue_id", type=click.IntRange(min=1), metavar="发券单编号")
@click.pass_context
def status(ctx: click.Context, issue_id: int) -> None:
    """Tell how far a run is."""
    from voucher.cli.office import answering_of, open_office

    office = open_office(ctx)
    told = describe(_look(office, issue_id))
    answering_of(ctx).answer(told, [_sentence(told)])


@issue.command(help="没有发给的每一行和理由，写成 csv 或 xlsx。")
@click.argument("issue_id", type=click.IntRange(min=1), metavar="发券单编号")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="文件名，以 .csv 或 .xlsx 结尾")
@click.pass_context
def refused(ctx: click.Context, issue_id: int, out: Path) -> None:
    """Write everything that was refused of an issue into a table."""
    from voucher.cli.office import answering_of, open_office
    from voucher.stages.issue.queries.runs import HEADINGS, read_refused
    from voucher.stages.issue.refusals import write_refusals

    if out.suffix.lower() not in (".csv", ".xlsx"):
        raise click.BadParameter("文件名须以 .csv 或 .xlsx 结尾", param_hint="--out")
    office = open_office(ctx)
    run = _look(office, issue_id)
    # it changes nothing, but names leave the house
    office.say()
    count = 0
    with office.look() as session:
        if out.suffix.lower() == ".xlsx":
            count = write_refusals(session, office.keyring, run.issue_id, out, office.now())
        else:
            with out.open("w", encoding="utf-8-sig", newline="") as file:
                writer = csv.writer(file)
                writer.writerow(HEADINGS)
                for row in read_refused(session, office.keyring, run.issue_id):
                    writer.writerow(row.cells())
                    count += 1
    answering_of(ctx).answer({"file": str(out), "rows": count}, [f"已写出 {count:,} 行：{out}"])


def describe(run: IssueRun) -> dict[str, object]:
    """Return a run for machines."""
    told: dict[str, object] = {
        "issue_id": run.issue_id,
        "phase": run.phase,
        "rows_expected": run.rows_expected,
    }
    names = (
        "rows_read",
        "lines_issued",
        "lines_waiting",
        "lines_refused",
        "rows_unreadable",
        "rows_left_out",
    )
    told |= {name: getattr(run, name) for name in names}
    return told | {"stopped_by": run.stopped_by}


def _sentence(told: dict[str, object]) -> str:
    stopped = told["stopped_by"]
    why = f"。停在中途：{stopped['title']}。{stopped['next_step']}" if isinstance(stopped, dict) else ""
    left_out = f"，终止后没有发放 {told['rows_left_out']:,}" if told["rows_left_out"] else ""
    return (
        f"发券单 {told['issue_id']} {PHASES[str(told['phase'])]}：读 {told['rows_read']:,} 行，"
        f"发放 {told['lines_issued']:,}，候补 {told['lines_waiting']:,}，不予发放 {told['lines_refused']:,}，"
        f"无法识别 {told['rows_unreadable']:,}{left_out}{why}"
    )


def _look(office: Office, issue_id: int) -> IssueRun:
    from voucher.stages.issue.queries import get_issue
    from voucher.stages.issue.running import find_run

    with office.look() as session:
        get_issue(session, issue_id, office.actor.regions)
        return find_run(session, issue_id)


def _work(ctx: click.Context, office: Office, desk: Desk, run: IssueRun, *, job: bool) -> None:
    """Work a run off with a bar and seal its trail; or only say that the worker has it."""
    from voucher.cli.office import answering_of
    from voucher.cli.progress import showing
    from voucher.stages.issue.carrying_on import carry_on

    answering = answering_of(ctx)
    if job:
        told = describe(run)
        answering.answer(told, [f"已交后台办理：发券单 {run.issue_id}。用 voucher issue status 查看进度"])
        return
    verb = "resume" if run.phase == "running" else "terminate"
    answering.remark(f"发券单 {run.issue_id}；中断后可用 voucher issue {verb} {run.issue_id} 继续")
    with showing("批量发券") as progress:
        done = carry_on(desk, run.issue_id, progress)
    office.seal()
    told = describe(done)
    answering.answer(told, [_sentence(told)])


def _desk(office: Office) -> Desk:
    from voucher.stages.issue.running import open_desk

    return open_desk(office.config, office.database, office.keyring, office.now)
