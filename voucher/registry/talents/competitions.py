"""竞赛成绩 of people: which place in which contest, in which occupation, by which document and award number.

A row is never written over or deleted: a place that was taken back keeps its row, with the day and why.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from voucher.plumbing.bulk import among
from voucher.plumbing.constraints import CHANGED_MEANWHILE, translate
from voucher.plumbing.db import Model
from voucher.plumbing.types import Day, Int64, Text, UtcTime
from voucher.registry.talents.awards import AwardLine, list_contested
from voucher.registry.talents.honours import list_given
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
    # empty only where one person entered it before two were needed
    award_file_id: Mapped[int | None] = mapped_column(Int64)
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


def read_placed(
    session: Session, person_ids: Sequence[int], *, contested: bool = False
) -> dict[int, list[Placed]]:
    """Return the results of people that stand, by person; what somebody asks to take back only if told."""
    found: dict[int, list[Placed]] = {}
    for row in _list_standing(session, person_ids, contested=contested):
        placed = Placed(
            row.competition, row.contest, row.trade_code, row.team, row.place, row.awarded_on, row.honour
        )
        found.setdefault(row.person_id, []).append(placed)
    return found


def _list_standing(
    session: Session, person_ids: Sequence[int], *, contested: bool
) -> list[CompetitionResult]:
    standing = [each for each in list_results(session, person_ids) if each.revoked_on is None]
    if contested:
        return standing
    doubted = list_contested(session, AwardLine.result_id, [each.id for each in standing])
    return [each for each in standing if each.id not in doubted]


@dataclass(frozen=True, slots=True)
class Held:
    """An honour somebody holds, since when, and who entered it."""

    honour: str
    awarded_on: date
    recorded_by_person_id: int


def list_held(
    session: Session, person_ids: Sequence[int], on: date, *, contested: bool = False
) -> dict[int, list[Held]]:
    """Return the honours people hold on a day, given by themselves or with a place, by person.

    What somebody asks to take back, and nobody has decided, is among them only if told (`contested`).
    """
    found: dict[int, list[Held]] = {}
    own = [each for each in list_given(session, person_ids) if each.revoked_on is None]
    doubted = set() if contested else list_contested(session, AwardLine.honour_id, [each.id for each in own])
    for each in own:
        if each.awarded_on <= on and each.id not in doubted:
            held = Held(each.honour, each.awarded_on, each.recorded_by_person_id)
            found.setdefault(each.person_id, []).append(held)
    for row in _list_standing(session, person_ids, contested=contested):
        if row.honour is not None and row.awarded_on <= on:
            held = Held(row.honour, row.awarded_on, row.recorded_by_person_id)
            found.setdefault(row.person_id, []).append(held)
    return found


def read_honours(session: Session, person_ids: Sequence[int], on: date) -> dict[int, frozenset[str]]:
    """Return the codes of the honours people hold on a day, given by themselves or with a place."""
    held = list_held(session, person_ids, on)
    return {person_id: frozenset(each.honour for each in rows) for person_id, rows in held.items()}
