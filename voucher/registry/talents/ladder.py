"""Dated tables around the levels: the ways onto each, places in competitions, what counts as what elsewhere.

A row is never written over: a newer one ends the one before it by its last day and stands by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import CheckConstraint, UniqueConstraint, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from voucher.plumbing.constraints import CHANGED_MEANWHILE, translate
from voucher.plumbing.db import Model
from voucher.plumbing.types import Day, Int64, Text
from voucher.registry import catalogue
from voucher.registry.catalogue import Occupation, OccupationAlias
from voucher.rules.duplicates import canonical_occupation
from voucher.rules.entries import Condition, Education, EntryWay
from voucher.rules.levels import Level, clean_word
from voucher.rules.periods import in_force
from voucher.rules.talents import Placing, Step
from voucher.rules.vocabulary import Method

KIND_NAMES = {"education": "学历比照", "title": "职称比照"}


class LadderStep(Model):
    """One way onto one level, with its condition, from when on, by which document."""

    __tablename__ = "ladder_step"
    __table_args__ = (
        UniqueConstraint("level", "method", "since"),
        CheckConstraint("level BETWEEN 1 AND 8", name="level"),
        CheckConstraint("until IS NULL OR until >= since", name="dates"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    level: Mapped[int] = mapped_column(Int64, nullable=False)
    method: Mapped[str] = mapped_column(Text, nullable=False)
    condition: Mapped[str] = mapped_column(Text, nullable=False)
    since: Mapped[date] = mapped_column(Day, nullable=False)
    until: Mapped[date | None] = mapped_column(Day)
    document: Mapped[str] = mapped_column(Text, nullable=False)
    source: Mapped[str] = mapped_column(Text, nullable=False)


class EntryCondition(Model):
    """One way into an exam of one level (申报条件): years, certificate held, schooling or award.

    `words` say it to people; one way is enough. `award` are codes of honours, one of which is needed.
    """

    __tablename__ = "entry_condition"
    __table_args__ = (
        UniqueConstraint("code", "since"),
        CheckConstraint("level BETWEEN 1 AND 8", name="level"),
        CheckConstraint("held_level BETWEEN 1 AND 8", name="held_level"),
        CheckConstraint("years >= 0", name="years"),
        CheckConstraint("until IS NULL OR until >= since", name="dates"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    code: Mapped[str] = mapped_column(Text, nullable=False)
    level: Mapped[int] = mapped_column(Int64, nullable=False)
    way: Mapped[str] = mapped_column(Text, nullable=False)
    years: Mapped[int] = mapped_column(Int64, nullable=False)
    held_level: Mapped[int | None] = mapped_column(Int64)
    education: Mapped[str | None] = mapped_column(Text)
    award: Mapped[str | None] = mapped_column(Text)
    words: Mapped[str] = mapped_column(Text, nullable=False)
    since: Mapped[date] = mapped_column(Day, nullable=False)
    until: Mapped[date | None] = mapped_column(Day)
    document: Mapped[str] = mapped_column(Text, nullable=False)
    source: Mapped[str] = mapped_column(Text, nullable=False)


class CompetitionPlacing(Model):
    """Places of a class of competition, for teams of one size, that earn a level; both places included."""

    __tablename__ = "competition_placing"
    __table_args__ = (
        UniqueConstraint("competition", "team", "first", "since"),
        CheckConstraint("level BETWEEN 1 AND 8", name="level"),
        CheckConstraint("team >= 1 AND first >= 1 AND last >= first", name="places"),
        CheckConstraint("until IS NULL OR until >= since", name="dates"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    competition: Mapped[str] = mapped_column(Text, nullable=False)
    name: Mapped[str] = mapped_column(Text, nullable=False)
    team: Mapped[int] = mapped_column(Int64, nullable=False)
    first: Mapped[int] = mapped_column(Int64, nullable=False)
    last: Mapped[int] = mapped_column(Int64, nullable=False)
    level: Mapped[int] = mapped_column(Int64, nullable=False)
    since: Mapped[date] = mapped_column(Day, nullable=False)
    until: Mapped[date | None] = mapped_column(Day)
    document: Mapped[str] = mapped_column(Text, nullable=False)
    source: Mapped[str] = mapped_column(Text, nullable=False)


class Equivalence(Model):
    """What a level, a class or an honour counts as in education or among titles (比照), from when on.

    `level` names the level it stands on, where it is one.
    """

    __tablename__ = "equivalence"
    __table_args__ = (
        UniqueConstraint("kind", "code", "since"),
        CheckConstraint("kind IN ('education','title')", name="kind"),
        CheckConstraint("level BETWEEN 1 AND 8", name="level"),
        CheckConstraint("until IS NULL OR until >= since", name="dates"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    kind: Mapped[str] = mapped_column(Text, nullable=False)
    code: Mapped[str] = mapped_column(Text, nullable=False)
    has: Mapped[str] = mapped_column(Text, nullable=False)
    counts_as: Mapped[str] = mapped_column(Text, nullable=False)
    condition: Mapped[str] = mapped_column(Text, nullable=False)
    level: Mapped[int | None] = mapped_column(Int64)
    since: Mapped[date] = mapped_column(Day, nullable=False)
    until: Mapped[date | None] = mapped_column(Day)
    document: Mapped[str] = mapped_column(Text, nullable=False)
    source: Mapped[str] = mapped_column(Text, nullable=False)

    @property
    def kind_name(self) -> str:
        """Return what it is compared with in Chinese."""
        return KIND_NAMES[self.kind]


translate("uq_entry_condition_code_since", "entry_condition.code, entry_condition.since", CHANGED_MEANWHILE)
translate(
    "uq_equivalence_kind_code_since",
    "equivalence.kind, equivalence.code, equivalence.since",
    CHANGED_MEANWHILE,
)


@dataclass(frozen=True, slots=True)
class OccupationHistory:
    """A code, the one it counts as today, and every code that leads there, with since when and by what."""

    code: str
    present_code: str
    present_name: str | None
    aliases: list[OccupationAlias]


def list_steps(session: Session, on: date) -> list[Step]:
    """Return the ways onto the levels in force on a day, the lowest level first."""
    rows = session.scalars(select(LadderStep).order_by(LadderStep.level, LadderStep.id))
    return [
        Step(Level(row.level), Method(row.method), row.condition, row.since, row.until, row.document)
        for row in rows
        if in_force(on, row.since, row.until)
    ]


def list_conditions(session: Session, on: date) -> list[Condition]:
    """Return the ways into an exam by level in force on a day, the lowest level first."""
    rows = session.scalars(select(EntryCondition).order_by(EntryCondition.level, EntryCondition.id))
    return [
        Condition(
            row.level, EntryWay(row.way), row.years, row.held_level,
            Education(row.education) if row.education is not None else None, row.award, row.words,
        )
        for row in rows
        if in_force(on, row.since, row.until)
    ]  # fmt: skip


def list_placings(session: Session, on: date | None) -> list[CompetitionPlacing]:
    """Return the places that earn a level on a day, or ever did, class by class."""
    rows = session.scalars(
        select(CompetitionPlacing).order_by(
            CompetitionPlacing.competition, CompetitionPlacing.team, CompetitionPlacing.first
        )
    )
    return [row for row in rows if on is None or in_force(on, row.since, row.until)]


def name_competitions(session: Session) -> dict[str, str]:
    """Return the newest name of every class of competition."""
    rows = session.execute(
        select(CompetitionPlacing.competition, CompetitionPlacing.name).order_by(CompetitionPlacing.since)
    )
    return dict(rows.all())


def read_placings(rows: Sequence[CompetitionPlacing]) -> list[Placing]:
    """Return rows as the rule reads them."""
    return [
        Placing(
            row.competition, row.team, row.first, row.last, Level(row.level), row.since, row.until,
            row.document,
        )
        for row in rows
    ]  # fmt: skip


def list_equivalences(
    session: Session, on: date, kind: str | None = None, words: str = ""
) -> list[Equivalence]:
    """Return what counts as what on a day, education before titles; `words` stand on either side of it."""
    query = select(Equivalence).order_by(Equivalence.kind, Equivalence.id)
    if kind is not None:
        query = query.where(Equivalence.kind == kind)
    sought = clean_word(words)
    return [
        row
        for row in session.scalars(query)
        if in_force(on, row.since, row.until)
        and any(sought in clean_word(each) for each in (row.has, row.counts_as))
    ]


def find_history(session: Session, code: str) -> OccupationHistory | None:
    """Return what became of an occupation code, and from which codes it came; None for an unknown one.

    Raises Refused occupation_alias_circle.
    """
    aliases = catalogue.read_aliases(session)
    present = canonical_occupation(code, aliases)
    found = session.get(Occupation, present)
    leading = [old for old in aliases if canonical_occupation(old, aliases) == present]
    if found is None and not leading:
        return None
    rows = session.scalars(
        select(OccupationAlias)
        .where(or_(OccupationAlias.old_code.in_(leading), OccupationAlias.new_code == present))
        .order_by(OccupationAlias.since, OccupationAlias.old_code)
    )
    return OccupationHistory(code, present, found.name if found is not None else None, list(rows))
