"""竞赛成绩 and 荣誉 as they come in: a file that one person sends in and another confirms, and its lines.

What a line states becomes a place or an honour, or takes one back, when its file is confirmed; until then it
does nothing, but that a place or an honour somebody wants to take back lets nobody in while that is decided.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, case, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from voucher.plumbing.bulk import among
from voucher.plumbing.db import Model
from voucher.plumbing.types import Day, Int64, Json, Text, UtcTime


class AwardKind(StrEnum):
    """What a file is a list of."""

    RESULTS = "competition_results"
    HONOURS = "honours"


AWARD_KIND_NAMES: dict[AwardKind, str] = {AwardKind.RESULTS: "竞赛成绩", AwardKind.HONOURS: "荣誉"}


class AwardFile(Model):
    """A file of one kind, sent in from a region; confirmed or declined once, confirmed by another person."""

    __tablename__ = "award_file"
    __table_args__ = (
        CheckConstraint("kind IN ('competition_results', 'honours')", name="kind"),
        CheckConstraint("confirmed_by_person_id <> filed_by_person_id", name="two_people"),
        CheckConstraint("(confirmed_at IS NULL) = (confirmed_by_person_id IS NULL)", name="confirmed"),
        CheckConstraint(
            "(declined_at IS NULL) = (declined_by_person_id IS NULL)"
            " AND (declined_at IS NULL) = (declined_why IS NULL)",
            name="declined",
        ),
        CheckConstraint("confirmed_at IS NULL OR declined_at IS NULL", name="once"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    kind: Mapped[str] = mapped_column(Text, nullable=False)
    region_code: Mapped[str] = mapped_column(Text, ForeignKey("region.code"), nullable=False)
    filed_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    filed_by_person_id: Mapped[int] = mapped_column(Int64, nullable=False)
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcTime)
    confirmed_by_person_id: Mapped[int | None] = mapped_column(Int64)
    declined_at: Mapped[datetime | None] = mapped_column(UtcTime)
    declined_by_person_id: Mapped[int | None] = mapped_column(Int64)
    declined_why: Mapped[str | None] = mapped_column(Text)

    @property
    def waits(self) -> bool:
        """Return whether nobody has decided it."""
        return self.confirmed_at is None and self.declined_at is None


class AwardLine(Model):
    """One line of a file: what it enters (`facts`), or which row it takes back; append only.

    `revoked_on` and `why` stand on what is taken back, and on what is entered as taken back already.
    """

    __tablename__ = "award_line"
    __table_args__ = (
        CheckConstraint("result_id IS NULL OR honour_id IS NULL", name="one_row"),
        CheckConstraint(
            "(result_id IS NULL AND honour_id IS NULL) OR revoked_on IS NOT NULL", name="taken_back"
        ),
        CheckConstraint("(revoked_on IS NULL) = (why IS NULL)", name="revoked"),
        Index("ix_award_line_file", "award_file_id", "id"),
        Index("ix_award_line_result", "result_id"),
        Index("ix_award_line_honour", "honour_id"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    award_file_id: Mapped[int] = mapped_column(Int64, ForeignKey("award_file.id"), nullable=False)
    line: Mapped[int] = mapped_column(Int64, nullable=False)
    person_id: Mapped[int] = mapped_column(Int64, ForeignKey("person.id"), nullable=False)
    facts: Mapped[dict[str, Any]] = mapped_column(Json, nullable=False)
    result_id: Mapped[int | None] = mapped_column(Int64, ForeignKey("competition_result.id"))
    honour_id: Mapped[int | None] = mapped_column(Int64, ForeignKey("person_honour.id"))
    revoked_on: Mapped[date | None] = mapped_column(Day)
    why: Mapped[str | None] = mapped_column(Text)

    @property
    def takes_back(self) -> bool:
        """Return whether the line takes back a row that stands."""
        return self.result_id is not None or self.honour_id is not None


def list_files(
    session: Session, regions: Collection[str], before_id: int | None, limit: int
) -> list[AwardFile]:
    """Return the files sent in from these regions, the newest first, from a file downwards."""
    query = (
        select(AwardFile)
        .where(among(session, AwardFile.region_code, regions))
        .order_by(AwardFile.id.desc())
        .limit(limit)
    )
    if before_id is not None:
        query = query.where(AwardFile.id < before_id)
    return list(session.scalars(query))


def find_newest_file(session: Session, person_id: int) -> AwardFile | None:
    """Return the file this person sent in last."""
    return session.scalars(
        select(AwardFile)
        .where(AwardFile.filed_by_person_id == person_id)
        .order_by(AwardFile.id.desc())
        .limit(1)
    ).first()


def list_lines(
    session: Session, file_id: int, after_id: int = 0, limit: int | None = None
) -> list[AwardLine]:
    """Return the lines of a file in their order, from one onwards."""
    query = (
        select(AwardLine)
        .where(AwardLine.award_file_id == file_id, AwardLine.id > after_id)
        .order_by(AwardLine.id)
        .limit(limit)
    )
    return list(session.scalars(query))


def list_contested(session: Session, column: Any, row_ids: Sequence[int]) -> set[int]:
    """Return which rows somebody asks to take back and nobody has decided; `column` names them."""
    rows = session.scalars(
        select(column)
        .join(AwardFile, AwardFile.id == AwardLine.award_file_id)
        .where(
            among(session, column, row_ids), AwardFile.confirmed_at.is_(None), AwardFile.declined_at.is_(None)
        )
    )
    return set(rows)


def read_regions_of_files(session: Session, file_ids: Collection[int]) -> dict[int, str]:
    """Return from which region each file was sent in."""
    rows = session.execute(
        select(AwardFile.id, AwardFile.region_code).where(among(session, AwardFile.id, file_ids))
    )
    return {file_id: region for file_id, region in rows}  # noqa: C416 — dict() takes the result for a mapping


def count_waiting(
    session: Session, regions: Collection[str], *, person_id: int
) -> tuple[int, datetime | None]:
    """Return how many files from these regions wait for this person, and since when."""
    count, oldest = session.execute(
        select(func.count(), func.min(AwardFile.filed_at)).where(
            AwardFile.confirmed_at.is_(None),
            AwardFile.declined_at.is_(None),
            AwardFile.filed_by_person_id != person_id,
            among(session, AwardFile.region_code, regions),
        )
    ).one()
    return count, oldest


def count_lines(session: Session, file_ids: Collection[int]) -> dict[int, tuple[int, int]]:
    """Return, by file, how many lines enter something and how many take something back."""
    takes_back = case((AwardLine.result_id.is_(None) & AwardLine.honour_id.is_(None), 0), else_=1)
    rows = session.execute(
        select(AwardLine.award_file_id, func.count(), func.sum(takes_back))
        .where(among(session, AwardLine.award_file_id, file_ids))
        .group_by(AwardLine.award_file_id)
    )
    return {file_id: (count - back, back) for file_id, count, back in rows}
