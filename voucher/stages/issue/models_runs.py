"""What is kept of a roster issued piece by piece: how far it is, what came of it, the rows nobody is on."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from voucher.plumbing.constraints import CHANGED_MEANWHILE, translate
from voucher.plumbing.db import Model
from voucher.plumbing.types import Int64, Json, Text, UtcTime


class IssueRun(Model):
    """A roster file being issued (批量发券): its place in the file moves with every piece that is committed.

    Whatever is counted here was committed together with its lines, so a run that was cut off goes on after
    `last_line`. `stopped_by` is the refusal it stopped at, for instance a stopped programme. One that was
    terminated issues nothing more, by trigger: what it had not reached is written off, row by row.
    """

    __tablename__ = "issue_run"
    __table_args__ = (
        CheckConstraint("phase IN ('running','stopped','terminating','terminated','done')", name="phase"),
        CheckConstraint("(phase = 'stopped') = (stopped_by IS NOT NULL)", name="stopped_with_reason"),
        CheckConstraint(
            "(phase IN ('terminated','done')) = (finished_at IS NOT NULL)", name="finished_when_over"
        ),
        CheckConstraint(
            "rows_read = lines_issued + lines_waiting + lines_refused + rows_unreadable + rows_left_out",
            name="all_counted",
        ),
        CheckConstraint(
            "(phase IN ('terminating','terminated')) = (terminated_at IS NOT NULL)"
            " AND (terminated_at IS NULL) = (terminated_why IS NULL)"
            " AND (terminated_at IS NULL) = (terminated_by_user_id IS NULL)",
            name="terminated_with_hand",
        ),
        CheckConstraint("rows_left_out = 0 OR terminated_at IS NOT NULL", name="left_out_when_terminated"),
        Index("uq_issue_run_issue", "issue_id", unique=True),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    issue_id: Mapped[int] = mapped_column(Int64, ForeignKey("issue.id"), nullable=False)
    job_id: Mapped[int | None] = mapped_column(Int64, ForeignKey("job.id"))
    file_name: Mapped[str] = mapped_column(Text, nullable=False)
    file_sha256: Mapped[str] = mapped_column(Text, nullable=False)
    phase: Mapped[str] = mapped_column(Text, nullable=False)
    last_line: Mapped[int] = mapped_column(Int64, nullable=False)
    rows_expected: Mapped[int] = mapped_column(Int64, nullable=False)
    rows_read: Mapped[int] = mapped_column(Int64, nullable=False)
    rows_unreadable: Mapped[int] = mapped_column(Int64, nullable=False)
    lines_issued: Mapped[int] = mapped_column(Int64, nullable=False)
    lines_waiting: Mapped[int] = mapped_column(Int64, nullable=False)
    lines_refused: Mapped[int] = mapped_column(Int64, nullable=False)
    rows_left_out: Mapped[int] = mapped_column(Int64, nullable=False)
    stopped_by: Mapped[Any | None] = mapped_column(Json)
    asked_by_user_id: Mapped[int] = mapped_column(Int64, nullable=False)
    started_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    moved_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    finished_at: Mapped[datetime | None] = mapped_column(UtcTime)
    terminated_by_user_id: Mapped[int | None] = mapped_column(Int64)
    terminated_why: Mapped[str | None] = mapped_column(Text)
    terminated_at: Mapped[datetime | None] = mapped_column(UtcTime)


class RosterFault(Model):
    """A row of a roster file that names nobody who could be issued to, and one thing that is wrong with it.

    The value is masked before it is kept. Append-only by trigger.
    """

    __tablename__ = "roster_fault"
    __table_args__ = (
        Index("ix_roster_fault_issue", "issue_id", "line", "id"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    issue_id: Mapped[int] = mapped_column(Int64, ForeignKey("issue.id"), nullable=False)
    line: Mapped[int] = mapped_column(Int64, nullable=False)
    heading: Mapped[str | None] = mapped_column(Text)
    masked: Mapped[str] = mapped_column(Text, nullable=False)
    refusal: Mapped[Any] = mapped_column(Json, nullable=False)


translate("uq_issue_run_issue", "issue_run.issue_id", CHANGED_MEANWHILE)
