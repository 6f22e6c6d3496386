"""Large rosters (大名册): handed over as a file, worked off behind the page, every refusal to take home."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import BinaryIO, cast

from flask import Response, render_template, request, send_file, stream_with_context, url_for
from flask.typing import ResponseReturnValue

from voucher.doors.auth.door import the_door
from voucher.doors.auth.visitors import current_actor
from voucher.doors.web import fields
from voucher.doors.web.acting import Done, submit
from voucher.doors.web.fields import FIELD_UNREADABLE
from voucher.doors.web.office.blueprint import office
from voucher.plumbing.spreadsheets import harmless
from voucher.plumbing.unit_of_work import Work
from voucher.stages.issue import queries
from voucher.stages.issue.models import Issue, Programme
from voucher.stages.issue.refusals import write_refusals
from voucher.stages.issue.roster_files import plain_name
from voucher.stages.issue.running import open_desk, resume_run, start_run

PROGRAMMES_SHOWN = 200
PHASES = {
    "running": ("wait", "发放中"),
    "stopped": ("bad", "停在中途"),
    "terminating": ("wait", "正在终止"),
    "terminated": ("bad", "已终止"),
    "done": ("good", "已办完"),
}
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
BYTE_ORDER_MARK = "\ufeff"  # without it Excel takes the file for GBK


@office.get("/office/rosters")
def rosters() -> ResponseReturnValue:
    """Ask for a roster file, and show how far the newest ones are."""
    return _ask()


@office.post("/office/rosters")
def hand_over_roster() -> ResponseReturnValue:
    """Keep a roster file and leave it to the worker to issue to everybody on it."""

    def call(work: Work) -> Done:
        programme_id = fields.whole("programme", "券种")
        given = fields.upload("roster", "名册文件")
        if request.form.get("checked") != "1":
            raise FIELD_UNREADABLE.refused(field="checked", label="名册已经核对", problem="没有勾选")
        door, name = the_door(), plain_name(given.filename or "")
        desk = open_desk(door.config, door.database, door.keyring, door.clock)
        run = start_run(work, desk, programme_id, cast(BinaryIO, given.stream), name, job=True)
        return Done("名册已收下，正在后台发放", url_for("web.office.issue", issue_id=run.issue_id))

    return submit(call, _ask)


@office.post("/office/issues/<int:issue_id>/runs")
def resume_roster(issue_id: int) -> ResponseReturnValue:
    """Let a roster that stopped half-way go on."""

    def call(work: Work) -> Done:
        resume_run(work, issue_id, job=True)
        return Done("已继续办理", url_for("web.office.issue", issue_id=issue_id))

    return submit(call, _ask)


@office.get("/office/issues/<int:issue_id>/refusals.csv")
def refusals_csv(issue_id: int) -> ResponseReturnValue:
    """Hand out every refused row with its reason as csv, row by row."""
    number = _number(issue_id)
    door = the_door()

    def lines() -> Iterator[str]:
        out = io.StringIO(BYTE_ORDER_MARK)
        out.seek(0, io.SEEK_END)
        writer = csv.writer(out)
        writer.writerow(queries.HEADINGS)
        with door.read() as session:
            for row in queries.read_refused(session, door.keyring, issue_id):
                writer.writerow([harmless(each) for each in row.cells()])
                yield out.getvalue()
                out.seek(0)
                out.truncate()
        yield out.getvalue()

    answer = Response(stream_with_context(lines()), mimetype="text/csv")
    answer.headers.set("Content-Disposition", "attachment", filename=f"{number}-refused.csv")
    return answer


@office.get("/office/issues/<int:issue_id>/refusals.xlsx")
def refusals_xlsx(issue_id: int) -> ResponseReturnValue:
    """Hand out every refused row with its reason as a workbook."""
    number = _number(issue_id)
    door, out = the_door(), io.BytesIO()
    with door.read() as session:
        write_refusals(session, door.keyring, issue_id, out, door.at)
    out.seek(0)
    return send_file(out, mimetype=XLSX, as_attachment=True, download_name=f"{number}-refused.xlsx")


def _number(issue_id: int) -> str:
    with the_door().read() as session:
        found: Issue = queries.get_issue(session, issue_id, current_actor().regions)
        return found.number


def _ask() -> str:
    with the_door().read() as session:
        regions = current_actor().regions
        published = queries.list_programmes(session, regions, state="published", limit=PROGRAMMES_SHOWN)
        runs = queries.list_runs(session, regions)
        issues = {run.issue_id: session.get_one(Issue, run.issue_id) for run, _ in runs}
        chosen = request.form.get("programme") or fields.cursor("programme")
        return render_template(
            "office/rosters.html",
            programmes=[_label(each) for each in published],
            chosen=chosen,
            runs=runs,
            issues=issues,
            phases=PHASES,
        )


def _label(programme: Programme) -> tuple[int, str]:
    return programme.id, f"{programme.name}（{programme.number}）"
