"""Rosters issued piece by piece as an office follows them, and everything that was refused of one."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from voucher.plumbing.jobs import Job, JobState
from voucher.plumbing.secrets import Keyring
from voucher.registry import people
from voucher.rules.privacy import mask_identity, mask_name
from voucher.stages.issue.models import Issue, IssueLine, Programme
from voucher.stages.issue.models_runs import IssueRun, RosterFault

READ_AT_ONCE = 1000
HEADINGS = ("行号", "姓名", "证件号码", "问题列", "填写内容", "代码", "原因", "下一步", "依据")


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """One row of a roster nobody got a voucher for, people masked, with the reason and the next step."""

    line: int
    masked_name: str
    masked_number: str
    heading: str
    masked: str
    refusal: dict[str, Any]

    def cells(self) -> tuple[int | str, ...]:
        """Return the row as a table shows it, in the order of `HEADINGS`."""
        told = [str(self.refusal[name]) for name in ("code", "title", "next_step", "source")]
        return (self.line, self.masked_name, self.masked_number, self.heading, self.masked, *told)


def find_run(session: Session, issue_id: int) -> IssueRun | None:
    """Return the run of an issue, None for an issue that was made in one act."""
    return session.scalars(select(IssueRun).where(IssueRun.issue_id == issue_id)).first()


def list_runs(session: Session, regions: Collection[str], limit: int = 20) -> list[tuple[IssueRun, str]]:
    """Return the newest runs of these regions, each with the name of its programme."""
    rows = session.execute(
        select(IssueRun, Programme.name)
        .join(Issue, Issue.id == IssueRun.issue_id)
        .join(Programme, Programme.id == Issue.programme_id)
        .where(Programme.region_code.in_(sorted(regions)))
        .order_by(IssueRun.id.desc())
        .limit(limit)
    )
    return [(run, name) for run, name in rows]


def is_at_work(session: Session, run: IssueRun) -> bool:
    """Return whether a job is still to take a run further; one whose job was lost can be resumed."""
    if run.phase not in ("running", "terminating") or run.job_id is None:
        return False
    state = session.scalar(select(Job.state).where(Job.id == run.job_id))
    return state in (JobState.QUEUED, JobState.RUNNING)


def read_refused(session: Session, keyring: Keyring, issue_id: int) -> Iterator[RefusedRow]:
    """Yield everything refused of an issue in the order of the file, with flat memory."""
    faults = _read_faults(session, issue_id)
    fault = next(faults, None)
    for line in _read_lines(session, keyring, issue_id):
        while fault is not None and fault.line < line.line:
            yield fault
            fault = next(faults, None)
        yield line
    if fault is not None:
        yield fault
    yield from faults


def _read_lines(session: Session, keyring: Keyring, issue_id: int) -> Iterator[RefusedRow]:
    after = 0
    wanted = (
        select(IssueLine.position, IssueLine.person_id, IssueLine.refusal)
        .where(IssueLine.issue_id == issue_id, IssueLine.outcome == "refused")
        .order_by(IssueLine.position)
        .limit(READ_AT_ONCE)
    )
    while rows := session.execute(wanted.where(IssueLine.position > after)).all():
        after = rows[-1].position
        named = people.read_people(session, keyring, [row.person_id for row in rows])
        for position, person_id, refusal in rows:
            who = named.get(person_id)
            number = mask_identity(who.number) if who is not None and who.number else ""
            yield RefusedRow(position, mask_name(who.name) if who else "", number, "", "", refusal or {})


def _read_faults(session: Session, issue_id: int) -> Iterator[RefusedRow]:
    line, after = 0, 0
    wanted = (
        select(RosterFault)
        .where(RosterFault.issue_id == issue_id)
        .order_by(RosterFault.line, RosterFault.id)
        .limit(READ_AT_ONCE)
    )
    while True:
        behind = or_(RosterFault.line > line, (RosterFault.line == line) & (RosterFault.id > after))
        rows = session.scalars(wanted.where(behind)).all()
        if not rows:
            return
        line, after = rows[-1].line, rows[-1].id
        for each in rows:
            yield RefusedRow(each.line, "", "", each.heading or "", each.masked, each.refusal)
        session.expunge_all()
