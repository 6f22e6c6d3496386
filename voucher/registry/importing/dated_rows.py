"""Rows in force between two days out of a file: a newer row of a code ends the one in force before it.

What a row once said is never written over; only its last day may be told later.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, timedelta
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from sqlalchemy import select

from voucher.ledger import audit
from voucher.plumbing.unit_of_work import Work
from voucher.registry.importing.frame import Importer, Report
from voucher.registry.talents.categories import TalentMapping
from voucher.registry.talents.ladder import EntryCondition, Equivalence
from voucher.rules.errors import Reason

DAY = timedelta(days=1)


class Dated(Protocol):
    """A row as a file states it, in canonical form: a dataclass with the columns of its table."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    @property
    def code(self) -> str:
        """Return the code all rows of one thing share."""

    @property
    def since(self) -> date:
        """Return the first day in force."""

    @property
    def until(self) -> date | None:
        """Return the last day in force, none for no end."""


Stated = TypeVar("Stated", bound=Dated)
Kept = TypeVar("Kept", EntryCondition, Equivalence, TalentMapping)


class DatedRowsImporter(Importer[Stated], Generic[Stated, Kept]):
    """What importers of dated rows share; each says its table, key, name in the trail and refusals."""

    named: ClassVar[str]
    key: ClassVar[tuple[str, ...]] = ("code",)
    code_column: ClassVar[str]
    since_column: ClassVar[str]
    overlaps: ClassVar[Reason]
    fixed: ClassVar[Reason]

    def __init__(self, work: Work, report: Report) -> None:
        super().__init__(work, report)
        self._known: dict[tuple[str, ...], list[Kept]] = {}
        table = self.table()
        for row in work.session.scalars(select(table).order_by(table.since)):
            self._known.setdefault(self._key(row), []).append(row)

    @classmethod
    @abstractmethod
    def table(cls) -> type[Kept]:
        """Return the table the rows stand in."""

    def _key(self, row: Stated | Kept) -> tuple[str, ...]:
        return tuple(str(getattr(row, name)) for name in self.key)

    def keep(self, piece: Sequence[tuple[int, Stated]]) -> None:
        """Add new rows, ending the one in force before; what a row once said is never written over."""
        for line, row in piece:
            rows = self._known.setdefault(self._key(row), [])
            same = next((each for each in rows if each.since == row.since), None)
            before = next((each for each in rows if each.since < row.since and each.until is None), None)
            others = [each for each in rows if each is not before and each is not same]
            # of a known row that says no new end nothing changes, whatever stands beside it
            told_again = same is not None and row.until in (None, same.until)
            clashing = next((each for each in others if _overlap(each, row)), None)
            if clashing is not None and not told_again:
                told = self.overlaps.refusal(code=row.code, since=clashing.since.isoformat())
                self.report.refuse(line, self.since_column, row.since.isoformat(), told)
            elif same is not None:
                self._meet(line, same, row)
            else:
                if before is not None:
                    self._end(before, row.since - DAY)
                rows.append(self._add(row))
                self.report.rows_added += 1

    def _meet(self, line: int, same: Kept, row: Stated) -> None:
        """Take a row that is known: its end may be told later, nothing else changes."""
        stated = {**asdict(row), "until": same.until}
        if any(value != getattr(same, name) for name, value in stated.items()):
            told = self.fixed.refusal(code=row.code, since=row.since.isoformat())
            self.report.refuse(line, self.code_column, row.code, told)
        elif row.until is not None and row.until != same.until:
            self._end(same, row.until)
            self.report.rows_changed += 1
        else:
            self.report.rows_unchanged += 1

    def _add(self, row: Stated) -> Kept:
        made = self.table()(**asdict(row))
        self.work.session.add(made)
        self.work.session.flush()
        told = {name: getattr(row, name) for name in self.key}
        audit.record_one(self.work, self.named, made.id, "add", **told)
        return made

    def _end(self, row: Kept, until: date) -> None:
        row.until = until
        self.work.session.flush()
        audit.record_one(self.work, self.named, row.id, "end", until=until.isoformat())


def _overlap(known: EntryCondition | Equivalence | TalentMapping, row: Dated) -> bool:
    return known.since <= (row.until or date.max) and row.since <= (known.until or date.max)
