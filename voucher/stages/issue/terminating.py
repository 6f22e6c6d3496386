"""A roster that is issued to no further: what was issued stays, every row behind it is written off."""

from __future__ import annotations

from voucher.ledger import states
from voucher.plumbing.unit_of_work import Work
from voucher.rules.errors import Refusal, reason
from voucher.rules.privacy import mask_identity
from voucher.rules.words import check_why
from voucher.stages.issue.models import Issue
from voucher.stages.issue.models_runs import IssueRun
from voucher.stages.issue.reading import SOURCE
from voucher.stages.issue.roster_files import NUMBER, Fault, Piece
from voucher.stages.issue.running import (
    RUN_OVER,
    RUN_TERMINATED,
    hand_over,
    keep_faults,
    lock_alone,
    lock_run,
)

ROW_LEFT_OUT = reason(
    "roster_row_left_out",
    "批量发券在这一行之前已经终止，这一行没有发放",
    "还要发放的，请把这些人另交名册",
    SOURCE,
)


def terminate_run(work: Work, issue_id: int, why: str, *, job: bool = False) -> IssueRun:
    """End a run for good, running or stopped, and return it; nobody is issued to any more from this moment.

    The rows it had not reached are written off piece by piece, by the worker with `job`, otherwise by the
    caller; asked again while that is still to be done, it goes on with that and nothing else changes.
    Raises Refused role_missing, programme_missing, why_missing, issue_run_missing, issue_run_over,
    issue_run_terminated.
    """
    _, issue, run = lock_run(work, issue_id)
    said = check_why(why)
    if run.phase == "terminated":
        raise RUN_TERMINATED.refused()
    if run.phase == "done":
        raise RUN_OVER.refused()
    if run.phase != "terminating":
        run.phase, run.stopped_by = "terminating", None
        run.terminated_by_user_id, run.terminated_why, run.terminated_at = work.actor.user_id, said, work.at
        states.move(work, Issue, [issue], "terminate", reason=said)
    run.asked_by_user_id, run.moved_at = work.actor.user_id, work.at
    hand_over(work, run, job=job)
    return run


def leave_out(work: Work, *, issue_id: int, piece: Piece, reached: int) -> bool:
    """Write off the rows of one piece and move the run behind it, all or nothing; return whether it was.

    Nothing is done where the run no longer stands at the line `reached`. Nobody's file is opened: of these
    people nothing is kept but the line and the masked number.
    """
    run = lock_alone(work, issue_id)
    if run.phase != "terminating" or run.last_line != reached:
        return False
    rows = {each.line: "" for each in piece.faults}
    rows |= {each.line: each.masked for each in piece.faults if each.heading == NUMBER}
    rows |= {line: mask_identity(newcomer.number) for line, newcomer in piece.named.values()}
    told = ROW_LEFT_OUT.refusal()
    keep_faults(work, issue_id, [Fault(line, NUMBER, rows[line], told) for line in sorted(rows)])
    run.last_line, run.moved_at = piece.last_line, work.at
    run.rows_read += piece.rows
    run.rows_left_out += piece.rows
    work.session.flush()
    return True


def finish_termination(work: Work, *, issue_id: int, stopped: Refusal | None) -> None:
    """Say that every row is answered; where the file can be read no further, that answers for the rest."""
    run = lock_alone(work, issue_id)
    if run.phase != "terminating":
        return
    if stopped is None:
        run.rows_expected = run.rows_read
    else:
        keep_faults(work, issue_id, [Fault(run.last_line + 1, None, "", stopped)])
    run.phase, run.finished_at, run.moved_at = "terminated", work.at, work.at
    work.session.flush()
