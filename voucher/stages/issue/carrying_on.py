"""A roster worked off from wherever its run stands: by a command, by a job, by whoever comes next."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import BinaryIO, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from voucher.ledger.races import RACES
from voucher.plumbing.clock import day_of
from voucher.plumbing.jobs import Run
from voucher.plumbing.unit_of_work import Work, perform
from voucher.registry.users import UserAccount, load_actor
from voucher.rules.actor import Actor
from voucher.rules.errors import Refusal, Refused
from voucher.stages.issue.models_runs import IssueRun
from voucher.stages.issue.room import Room
from voucher.stages.issue.roster_files import open_roster, read_ahead, read_pieces
from voucher.stages.issue.running import AT_WORK, OVER, Desk, end_run, find_run, is_needed, issue_piece
from voucher.stages.issue.terminating import finish_termination, leave_out

Progress = Callable[[int, int | None], None]
Result = TypeVar("Result")


def carry_on(desk: Desk, issue_id: int, progress: Progress) -> IssueRun:
    """Work a run off from where it stands, and return it as it stands then.

    A piece is one transaction; killed at any moment, what was committed stays and the rest follows when this
    is called again. Where somebody else is at the same run this one gives way. A refusal of the act itself
    (the programme was stopped, the account may not issue any more) stops the run and is kept with it.
    Of a run that was terminated the rest is written off in the same way.
    """
    with desk.database.read() as session:
        run = find_run(session, issue_id)
        actor = _load_asker(session, run, desk.clock())
    if run.phase not in AT_WORK:
        return run
    finish = end_run if run.phase == "running" else finish_termination
    stopped: Refusal | None = None
    try:
        with desk.files.open(run.file_sha256) as file:
            going = _work_pieces(desk, actor, run, file, progress)
    except Refused as refused:
        going, stopped = True, refused.refusal
    if going:
        _do(desk, actor, partial(finish, issue_id=issue_id, stopped=stopped))
    with desk.database.read() as session:
        done = find_run(session, issue_id)
        if done.phase in OVER and not is_needed(session, done.file_sha256):
            # names and numbers of people are not kept any longer than they are needed
            desk.files.remove(done.file_sha256)
    return done


def work_as_job(desk: Desk) -> Callable[[Run], dict[str, object]]:
    """Return the handler of runs that are jobs; run twice, the second goes on where the first is or was."""

    def handle(run: Run) -> dict[str, object]:
        done = carry_on(desk, int(run.payload["issue"]), run.progress)
        return {"phase": done.phase, "rows_read": done.rows_read, "issued": done.lines_issued}

    return handle


def _load_asker(session: Session, run: IssueRun, at: datetime) -> Actor:
    login = session.scalars(select(UserAccount.login).where(UserAccount.id == run.asked_by_user_id)).one()
    return load_actor(session, login, day_of(at))


def _do(desk: Desk, actor: Actor, act: Callable[[Work], Result]) -> Result:
    return perform(desk.database, desk.keyring, actor, desk.clock(), act, retry_on=RACES)


def _work_pieces(desk: Desk, actor: Actor, run: IssueRun, file: BinaryIO, progress: Progress) -> bool:
    """Work off what follows the run's place in the file; return False where somebody else is at it."""
    room, reached, read = Room(), run.last_line, run.rows_read
    with open_roster(file, run.file_name, desk.limits) as table:
        today = day_of(desk.clock())
        pieces = read_pieces(table, desk.keyring, today, after_line=reached, size=desk.piece_rows)
        for piece in read_ahead(pieces):
            act = (
                partial(issue_piece, issue_id=run.issue_id, piece=piece, reached=reached, room=room)
                if run.phase == "running"
                else partial(leave_out, issue_id=run.issue_id, piece=piece, reached=reached)
            )
            if not _do(desk, actor, act):
                return False
            reached, read = piece.last_line, read + piece.rows
            progress(read, run.rows_expected)
    return True
