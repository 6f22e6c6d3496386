"""Issuing to a roster file piece by piece: each piece one transaction, resumed where it was cut off."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO

from sqlalchemy import select
from sqlalchemy.orm import Session

from voucher.config import Config
from voucher.ledger import states
from voucher.plumbing.bulk import among, write_many
from voucher.plumbing.db import Database
from voucher.plumbing.files import FileStore, StoredFile
from voucher.plumbing.jobs import add_job
from voucher.plumbing.secrets import Keyring
from voucher.plumbing.spreadsheets import Limits
from voucher.plumbing.types import canonical_json
from voucher.plumbing.unit_of_work import Work
from voucher.registry.recognising import Recognised, recognise
from voucher.registry.subjects import SUBJECT_ERASED
from voucher.rules.actor import Role
from voucher.rules.errors import Family, Refusal, Refused, reason, refusal_as_json
from voucher.rules.privacy import mask_identity
from voucher.stages.issue.judging import check_issuing
from voucher.stages.issue.models import Issue, IssueLine, Programme
from voucher.stages.issue.models_runs import IssueRun, RosterFault
from voucher.stages.issue.reading import SOURCE, lock_own_programme
from voucher.stages.issue.room import Room
from voucher.stages.issue.roster_files import (
    NUMBER,
    PIECE_ROWS,
    Fault,
    Piece,
    fault_of_twice,
    open_roster,
)
from voucher.stages.issue.rosters import ROSTER_EMPTY, begin_issue
from voucher.stages.issue.working_off import Entry, Issued, work_off

RUN_MISSING = reason(
    "issue_run_missing",
    "没有找到这次批量发券",
    "请从发券单列表重新进入",
    SOURCE,
    Family.MISSING,
)
RUN_OVER = reason(
    "issue_run_over",
    "这次批量发券已经办完",
    "请查看发券单的逐行结果；还要发放的，请另交名册",
    SOURCE,
    Family.CONFLICT,
)
RUN_TERMINATED = reason(
    "issue_run_terminated",
    "这次批量发券已经终止，没有办到的各行不再发放",
    "已发放的券不受影响；还要发放的，请另交名册",
    SOURCE,
    Family.CONFLICT,
)

JOB_KIND = "issue_roster"
AT_WORK = frozenset({"running", "terminating"})
TERMINATED = frozenset({"terminating", "terminated"})
OVER = frozenset({"done", "terminated"})


@dataclass(frozen=True, slots=True)
class Desk:
    """What a run is worked off with: where the rows go, where the file lies, and how much a file may hold."""

    database: Database
    keyring: Keyring
    clock: Callable[[], datetime]
    files: FileStore
    limits: Limits
    piece_rows: int = PIECE_ROWS


def open_desk(config: Config, database: Database, keyring: Keyring, clock: Callable[[], datetime]) -> Desk:
    """Return what this installation works rosters off with; how large a request may be, the door says."""
    limits = Limits(max_xlsx_rows=config.max_xlsx_rows)
    return Desk(database, keyring, clock, FileStore(config.rosters_folder), limits)


def start_run(
    work: Work, desk: Desk, programme_id: int, source: bytes | BinaryIO, file_name: str, *, job: bool = False
) -> IssueRun:
    """Keep a roster file, begin issuing to it and return the run; nobody is issued to yet.

    With `job` the worker takes it further, otherwise the caller does. A file that is refused is not kept.
    Raises Refused role_missing, programme_missing, programme_not_published, programme_not_begun,
    programme_over, roster_empty, and what a file as a whole is refused for.
    """
    if not isinstance(source, bytes):
        source.seek(0)  # the whole act may be tried again
    stored = desk.files.put(source, max_bytes=desk.limits.max_bytes)
    try:
        return _start(work, desk, programme_id, stored, file_name, job=job)
    except Refused:
        if not is_needed(work.session, stored.sha256):
            desk.files.remove(stored.sha256)
        raise


def _start(
    work: Work, desk: Desk, programme_id: int, stored: StoredFile, file_name: str, *, job: bool
) -> IssueRun:
    programme = lock_own_programme(work, programme_id, Role.OPERATOR)
    check_issuing(programme, work.today)
    with desk.files.open(stored.sha256) as file, open_roster(file, file_name, desk.limits) as table:
        rows_expected = table.rows_expected  # at most so many: lines may be empty
        if next(iter(table), None) is None:
            raise ROSTER_EMPTY.refused()
    issue = begin_issue(work, programme, way="roster", event="start")
    run = IssueRun(
        issue_id=issue.id,
        file_name=file_name,
        file_sha256=stored.sha256,
        phase="running",
        last_line=0,
        rows_expected=rows_expected,
        rows_read=0,
        rows_unreadable=0,
        rows_left_out=0,
        lines_issued=0,
        lines_waiting=0,
        lines_refused=0,
        asked_by_user_id=work.actor.user_id,
        started_at=work.at,
        moved_at=work.at,
    )
    work.session.add(run)
    hand_over(work, run, job=job)
    return run


def hand_over(work: Work, run: IssueRun, *, job: bool) -> None:
    """Let the worker take a run further, or whoever acts."""
    run.job_id = add_job(work, JOB_KIND, {"issue": run.issue_id}) if job else None
    work.session.flush()


def resume_run(work: Work, issue_id: int, *, job: bool = False) -> IssueRun:
    """Let a run that stopped or was cut off go on, asked for by whoever acts, and return it.

    Raises Refused role_missing, programme_missing, issue_run_missing, issue_run_over, issue_run_terminated.
    """
    _, _, run = lock_run(work, issue_id)
    if run.phase in TERMINATED:
        raise RUN_TERMINATED.refused()
    if run.phase == "done":
        raise RUN_OVER.refused()
    run.phase, run.stopped_by, run.moved_at = "running", None, work.at
    run.asked_by_user_id = work.actor.user_id
    hand_over(work, run, job=job)
    return run


def is_needed(session: Session, sha256: str) -> bool:
    """Return whether a run that is not over still reads a stored roster."""
    going = select(IssueRun.id).where(IssueRun.file_sha256 == sha256, IssueRun.phase.not_in(OVER)).limit(1)
    return session.scalar(going) is not None


def find_run(session: Session, issue_id: int) -> IssueRun:
    """Return the run of an issue as it stands. Raises Refused issue_run_missing."""
    run = session.scalars(select(IssueRun).where(IssueRun.issue_id == issue_id)).first()
    if run is None:
        raise RUN_MISSING.refused()
    return run


def issue_piece(work: Work, *, issue_id: int, piece: Piece, reached: int, room: Room) -> bool:
    """Issue to the people of one piece and move the run behind it, all or nothing; return whether it was.

    Nothing is done where the run no longer stands at the line `reached`: somebody else has gone on.
    Raises Refused role_missing, programme_missing, programme_not_published, programme_not_begun,
    programme_over, parameter_missing, no_standard.
    """
    programme, issue, run = lock_run(work, issue_id)
    if run.phase != "running" or run.last_line != reached:
        return False
    check_issuing(programme, work.today)
    faults = list(piece.faults)
    entries = _list_entries(work, issue, piece, faults)
    done = work_off(
        work, programme, issue, entries, room=lambda wanted: room.left(work.session, programme, wanted)
    )
    keep_faults(work, issue.id, faults)
    _count(work, run, piece, done, len(entries))
    return True


def _list_entries(work: Work, issue: Issue, piece: Piece, faults: list[Fault]) -> list[Entry]:
    """Return a line for everybody the piece names who has none yet; what is wrong with the rest is added."""
    recognised = recognise(work, {index: newcomer for index, (_, newcomer) in piece.named.items()})
    known = [each.person_id for each in recognised.values() if each.person_id is not None]
    rows = work.session.execute(
        select(IssueLine.person_id, IssueLine.position).where(
            IssueLine.issue_id == issue.id, among(work.session, IssueLine.person_id, known)
        )
    )
    earlier: dict[int, int] = dict(rows.all())
    entries: list[Entry] = []
    for index, (line, newcomer) in piece.named.items():
        who: Recognised = recognised[index]
        if who.person_id is None:
            faults.append(Fault(line, NUMBER, mask_identity(newcomer.number), SUBJECT_ERASED.refusal()))
        elif who.person_id in earlier:
            faults.append(fault_of_twice(newcomer.number, earlier[who.person_id], line))
        else:
            entry = Entry(line, who.person_id, newcomer.number)
            if who.refusal is not None:
                entry.refuse(who.refusal)
            entries.append(entry)
            # named a second time by a number had before
            earlier[who.person_id] = line
    return entries


def keep_faults(work: Work, issue_id: int, faults: Sequence[Fault]) -> None:
    """Write what is wrong with rows nobody is issued to."""
    rows = [
        (each.line, each.heading, each.masked, canonical_json(refusal_as_json(each.refusal)))
        for each in faults
    ]
    columns = ("line", "heading", "masked", "refusal")
    write_many(work.session, RosterFault, columns, rows, {"issue_id": issue_id})


def _count(work: Work, run: IssueRun, piece: Piece, done: Issued, lines: int) -> None:
    run.last_line, run.moved_at = piece.last_line, work.at
    run.rows_read += piece.rows
    run.rows_unreadable += piece.rows - lines
    run.lines_issued += done.issued
    run.lines_waiting += done.waiting
    run.lines_refused += done.refused
    work.session.flush()


def end_run(work: Work, *, issue_id: int, stopped: Refusal | None) -> None:
    """Say that a run is over, or why it stopped where it stands; one terminated meanwhile is left alone."""
    run = lock_alone(work, issue_id)
    if run.phase != "running":
        return
    run.moved_at = work.at
    if stopped is not None:
        run.phase, run.stopped_by = "stopped", refusal_as_json(stopped)
    else:
        run.phase, run.finished_at, run.rows_expected = "done", work.at, run.rows_read
        issue = work.session.get_one(Issue, issue_id)
        states.move(work, Issue, [issue], "finish")
    work.session.flush()


def lock_run(work: Work, issue_id: int) -> tuple[Programme, Issue, IssueRun]:
    """Return a run with its issue and programme, locked in the order of all issuing.

    Raises Refused role_missing, programme_missing, issue_run_missing.
    """
    find_run(work.session, issue_id)
    issue = work.session.get_one(Issue, issue_id)
    programme = lock_own_programme(work, issue.programme_id, Role.OPERATOR)
    return programme, issue, lock_alone(work, issue_id)


def lock_alone(work: Work, issue_id: int) -> IssueRun:
    """Return a run as it stands now, locked, whoever acts."""
    locking = select(IssueRun).where(IssueRun.issue_id == issue_id).with_for_update()
    return work.session.scalars(locking.execution_options(populate_existing=True)).one()
