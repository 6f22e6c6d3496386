"""竞赛成绩 of people: which place in which contest, in which occupation, by which document and award number.

A row is never written over or deleted: a place that was taken back keeps its row, with the day and why.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from voucher.plumbing.bulk import among
from voucher.plumbing.constraints import CHANGED_MEANWHILE, translate
from voucher.plumbing.db import Model
from voucher.plumbing.types import Day, Int64, Text, UtcTime
from voucher.registry.honours import PersonHonour
from voucher.rules.competitions import Placed


class CompetitionResult(Model):
    """A place somebody took, with the title it brought; `revoked_on` and `why` once it was taken back."""

    __tablename__ = "competition_result"
    __table_args__ = (
        UniqueConstraint("person_id", "contest", "trade_code"),
        CheckConstraint("team >= 1 AND place >= 1", name="place"),
        CheckConstraint("length(contest) > 0", name="contest"),
        CheckConstraint("length(award_number) > 0 AND length(document) > 0", name="papers"),
        CheckConstraint("(revoked_on IS NULL) = (why IS NULL)", name="revoked"),
        CheckConstraint("revoked_on IS NULL OR revoked_on >= awarded_on", name="dates"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    person_id: Mapped[int] = mapped_column(Int64, ForeignKey("person.id"), nullable=False)
    competition: Mapped[str] = mapped_column(Text, nullable=False)
    contest: Mapped[str] = mapped_column(Text, nullable=False)
    trade_code: Mapped[str] = mapped_column(Text, nullable=False)
    team: Mapped[int] = mapped_column(Int64, nullable=False)
    place: Mapped[int] = mapped_column(Int64, nullable=False)
    awarded_on: Mapped[date] = mapped_column(Day, nullable=False)
    award_number: Mapped[str] = mapped_column(Text, nullable=False)
    document: Mapped[str] = mapped_column(Text, nullable=False)
    honour: Mapped[str | None] = mapped_column(Text)
    recorded_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    recorded_by_person_id: Mapped[int] = mapped_column(Int64, nullable=False)
    revoked_on: Mapped[date | None] = mapped_column(Day)
    why: Mapped[str | None] = mapped_column(Text)


translate(
    "uq_competition_result_person_id_contest_trade_code",
    "competition_result.person_id, competition_result.contest, competition_result.trade_code",
    CHANGED_MEANWHILE,
)


def list_results(session: Session, person_ids: Sequence[int]) -> list[CompetitionResult]:
    """Return the results of people in order of time, those taken back among them."""
    return list(
        session.scalars(
            select(CompetitionResult)
            .where(among(session, CompetitionResult.person_id, person_ids))
            .order_by(CompetitionResult.awarded_on, CompetitionResult.id)
        )
    )


def list_newest(
    session: Session, before_id: int | None, limit: int, recorded_by: int | None = None
) -> list[CompetitionResult]:
    """Return what was entered last, the newest first, from a row downwards; by one person where told."""
    query = select(CompetitionResult).order_by(CompetitionResult.id.desc()).limit(limit)
    if recorded_by is not None:
        query = query.where(CompetitionResult.recorded_by_person_id == recorded_by)
    if before_id is not None:
        query = query.where(CompetitionResult.id < before_id)
    return list(session.scalars(query))


def read_placed(session: Session, person_ids: Sequence[int]) -> dict[int, list[Placed]]:
    """Return the results of people that stand, by person."""
    found: dict[int, list[Placed]] = {}
    for row in list_results(session, person_ids):
        if row.revoked_on is None:
            placed = Placed(
                row.competition, row.contest, row.trade_code, row.team, row.place, row.awarded_on, row.honour
            )
            found.setdefault(row.person_id, []).append(placed)
    return found


def read_honours(session: Session, person_ids: Sequence[int], on: date) -> dict[int, frozenset[str]]:
    """Return the codes of the honours people hold on a day, given by themselves or with a place."""
    found: dict[int, set[str]] = {}
    own = session.execute(
        select(PersonHonour.person_id, PersonHonour.honour).where(
            among(session, PersonHonour.person_id, person_ids),
            PersonHonour.awarded_on <= on,
            PersonHonour.revoked_on.is_(None),
        )
    )
    for person_id, honour in own:
        found.setdefault(person_id, set()).add(honour)
    for person_id, placed in read_placed(session, person_ids).items():
        with_it = {each.honour for each in placed if each.honour is not None and each.awarded_on <= on}
        found.setdefault(person_id, set()).update(with_it)
    return {person_id: frozenset(codes) for person_id, codes in found.items()}
