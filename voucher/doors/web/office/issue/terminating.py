"""终止批量发放: asked on a page of its own that says what stays and what is left out."""

from __future__ import annotations

from flask import url_for
from flask.typing import ResponseReturnValue

from voucher.doors.auth.door import the_door
from voucher.doors.auth.entries import OPERATORS
from voucher.doors.auth.visitors import current_actor
from voucher.doors.web.office.blueprint import office
from voucher.doors.web.office.deeds import Deed, Touched, ask_why, do_deed, said_why, show_deed
from voucher.plumbing.unit_of_work import Work
from voucher.stages.issue import queries
from voucher.stages.issue.models import Programme
from voucher.stages.issue.running import find_run
from voucher.stages.issue.terminating import terminate_run


@office.get("/office/issues/<int:issue_id>/termination")
def ask_termination(issue_id: int) -> ResponseReturnValue:
    """Ask whether a roster is to be issued to no further."""
    return _ask(issue_id)


@office.post("/office/issues/<int:issue_id>/termination")
def terminate_roster(issue_id: int) -> ResponseReturnValue:
    """End a roster for good; the worker writes off what it had not reached."""
    return do_deed(
        TERMINATE, issue_id, url_for("web.office.issue", issue_id=issue_id), lambda: _ask(issue_id)
    )


def _ask(issue_id: int) -> str:
    with the_door().read() as session:
        found = queries.get_issue(session, issue_id, current_actor().regions)
        run = find_run(session, found.id)
        programme = session.get_one(Programme, found.programme_id).name
    back = url_for("web.office.issue", issue_id=found.id)
    left = max(run.rows_expected - run.rows_read, 0)
    touched = Touched(
        heading=found.number,
        steps=[("发券单", url_for("web.office.issues")), (found.number, back)],
        back=back,
        facts=[
            ("券种", programme),
            ("名册", run.file_name),
            ("已读", f"{run.rows_read:,} 行"),
            ("已发放，不受影响", f"{run.lines_issued:,} 人"),
            ("已候补，仍按先后等候", f"{run.lines_waiting:,} 人"),
            ("没有办到，不再发放", f"约 {left:,} 行"),
        ],
    )
    return show_deed(TERMINATE, touched)


def _terminate(work: Work, issue_id: int) -> str:
    terminate_run(work, issue_id, said_why(), job=True)
    return "已终止，没有办到的各行正在逐行写明"


TERMINATE = Deed(
    "终止批量发放",
    OPERATORS,
    "终止以后不能恢复。没有办到的每一行都会写明没有发放，可以下载；还要发放的，请另交名册。",
    _terminate,
    asks=(ask_why(hint="为什么不再办下去"),),
    is_danger=True,
)
