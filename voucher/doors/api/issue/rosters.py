"""Large rosters (大名册): handed over as a file, worked off behind the door, followed, ended."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from voucher.doors.api.reach import told
from voucher.doors.api.room import Room
from voucher.doors.auth.door import the_door
from voucher.doors.auth.visitors import current_actor
from voucher.doors.schemas.issue.programmes import WithWhy
from voucher.doors.schemas.issue.rosters import RosterForm, RunState
from voucher.doors.schemas.values import Wish
from voucher.plumbing.unit_of_work import Work
from voucher.stages.issue import queries
from voucher.stages.issue.models_runs import IssueRun
from voucher.stages.issue.roster_files import plain_name
from voucher.stages.issue.running import find_run, open_desk, resume_run, start_run
from voucher.stages.issue.terminating import terminate_run

rosters = Room("rosters", __name__, url_prefix="/api/v1", description="大名册")


@rosters.act_on_file("/rosters", form=RosterForm, answer=RunState)
def hand_over(work: Work, given: dict[str, Any], file: tuple[str, bytes]) -> dict[str, Any]:
    """交名册文件（csv、xlsx）：收下后在后台分批发放；中断的自动续办，不会发放一半。"""
    name, content = file
    door = the_door()
    desk = open_desk(door.config, door.database, door.keyring, door.clock)
    return _told(start_run(work, desk, given["programme_id"], content, plain_name(name), job=True))


@rosters.look("/issues/<int:issue_id>/run", answer=RunState)
def show_run(session: Session, _asked: dict[str, Any], issue_id: int) -> dict[str, Any]:
    """名册办到哪里：读了多少行，发放、候补、不予发放、无法识别各多少。"""
    return _told(find_run(session, queries.get_issue(session, issue_id, current_actor().regions).id))


@rosters.act("/issues/<int:issue_id>/resumptions", body=Wish, answer=RunState, example={})
def resume(work: Work, _given: dict[str, Any], issue_id: int) -> dict[str, Any]:
    """停在中途的名册继续办理，从停下的那一行起。"""
    return _told(resume_run(work, issue_id, job=True))


@rosters.act(
    "/issues/<int:issue_id>/terminations",
    body=WithWhy,
    answer=RunState,
    example={"why": "名册有误，另行报送"},
)
def terminate(work: Work, given: dict[str, Any], issue_id: int) -> dict[str, Any]:
    """终止名册，发放中的也可以：已发的券不受影响，没有办到的各行不再发放，也不能再继续。"""
    return _told(terminate_run(work, issue_id, given["why"], job=True))


def _told(run: IssueRun) -> dict[str, Any]:
    return told(run, RunState)
