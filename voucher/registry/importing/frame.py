"""How every import goes: read in pieces, check each row, write the good ones, all in one transaction.

All or nothing by default: one bad row and nothing is kept, but every bad row is named. Nothing of a file
is held in memory beyond one piece and the first problems, so a csv may have any size.
"""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import ClassVar, Generic, TypeVar

from voucher.ledger import audit
from voucher.plumbing.spreadsheets import Column, Limits, Row, open_table
from voucher.plumbing.unit_of_work import Work
from voucher.registry.importing.reading import Reading
from voucher.rules.actor import Role, check_role
from voucher.rules.errors import Refusal, Refused, reason

Checked = TypeVar("Checked")
Progress = Callable[[int, int | None], None]

PIECE_ROWS = 1000
PROBLEMS_KEPT = 10_000
DIGEST_BYTES = 1 << 20
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
OFFICE = (Role.OPERATOR, Role.OFFICER_COUNTY, Role.OFFICER_CITY, Role.OFFICER_PROVINCE)

IMPORT_REFUSED = reason(
    "import_refused",
    "文件中有 {refused} 行不能导入（共读 {read} 行），没有保存任何内容",
    "请按逐行说明更正后重新导入；用命令行导入的，可加 --partial 先导入其余的行",
    "【设】导入默认全有或全无",
)


@dataclass(frozen=True, slots=True)
class RowProblem:
    """Why one row is not taken: line as a spreadsheet counts, column, the value masked, and the refusal."""

    line: int
    column: str | None
    masked: str
    refusal: Refusal

    def as_json(self) -> dict[str, object]:
        """Return the problem for machines."""
        told = self.refusal
        return {
            "line": self.line,
            "column": self.column,
            "value": self.masked,
            "code": told.code,
            "title": told.title,
            "next_step": told.next_step,
            "source": told.source,
        }


@dataclass(slots=True)
class Report:
    """What became of the rows of one file; only the first problems are kept, all are counted."""

    kind: str
    rows_read: int = 0
    rows_added: int = 0
    rows_changed: int = 0
    rows_unchanged: int = 0
    rows_refused: int = 0
    sheets_ignored: tuple[str, ...] = ()
    problems: list[RowProblem] = field(default_factory=list)

    def refuse(self, line: int, column: str | None, masked: str, refusal: Refusal) -> None:
        """Refuse a row that had passed until now, for one reason."""
        self.refuse_row([RowProblem(line, column, masked, refusal)])

    def refuse_row(self, problems: Sequence[RowProblem]) -> None:
        """Count a refused row and keep its problems while there is room."""
        self.rows_refused += 1
        self.problems += problems[: max(0, PROBLEMS_KEPT - len(self.problems))]

    def as_json(self) -> dict[str, object]:
        """Return the report for machines."""
        return {
            "kind": self.kind,
            "rows_read": self.rows_read,
            "rows_added": self.rows_added,
            "rows_changed": self.rows_changed,
            "rows_unchanged": self.rows_unchanged,
            "rows_refused": self.rows_refused,
            "sheets_ignored": list(self.sheets_ignored),
            "problems": [problem.as_json() for problem in self.problems],
        }


class ImportRefused(Refused):
    """The refusal of a whole file, with the report that names every bad row."""

    def __init__(self, report: Report) -> None:
        facts = {"kind": report.kind, "read": report.rows_read, "refused": report.rows_refused}
        super().__init__(IMPORT_REFUSED.refusal(**facts))
        self.report = report


class Importer(ABC, Generic[Checked]):
    """What one kind of table adds to the frame; made anew for each file, within its transaction."""

    kind: ClassVar[str]
    columns: ClassVar[tuple[Column, ...]]
    roles: ClassVar[tuple[Role, ...]] = OFFICE

    def __init__(self, work: Work, report: Report) -> None:
        self.work = work
        self.report = report

    def expects(self) -> tuple[Column, ...]:
        """Return the columns of this file; what it is imported into may need more than its kind does."""
        return self.columns

    @abstractmethod
    def check(self, reading: Reading) -> Checked | None:
        """Return the row as it will be written; what is wrong with it is told to the reading."""

    @abstractmethod
    def keep(self, piece: Sequence[tuple[int, Checked]]) -> None:
        """Write rows (with their lines), refusing those the database speaks against."""


def import_file(
    work: Work,
    importing: type[Importer[Checked]],
    path: Path,
    *,
    limits: Limits,
    partial: bool = False,
    progress: Progress | None = None,
) -> Report:
    """Import one file and report what became of its rows.

    Raises ImportRefused where a row is bad and `partial` is not asked for, role_missing, and whatever
    a file as a whole is refused for (see open_table).
    """
    check_role(work.actor, *importing.roles)
    return take_file(work, importing, path, limits=limits, partial=partial, progress=progress)


def take_file(
    work: Work,
    importing: type[Importer[Checked]],
    path: Path,
    *,
    limits: Limits,
    partial: bool = False,
    progress: Progress | None = None,
) -> Report:
    """Import one file for whoever may already do so; everything else as in import_file."""
    report = Report(importing.kind)
    importer = importing(work, report)
    with open_table(path, columns=importer.expects(), limits=limits) as table:
        report.sheets_ignored = table.sheets_ignored
        piece: list[tuple[int, Checked]] = []
        for row in table:
            _check_row(importer, row, piece)
            if len(piece) >= PIECE_ROWS:
                importer.keep(piece)
                piece = []
            if progress is not None and report.rows_read % PIECE_ROWS == 0:
                progress(report.rows_read, table.rows_expected)
        if piece:
            importer.keep(piece)
        if progress is not None:
            progress(report.rows_read, report.rows_read)
    # What the database speaks against is found a piece later than what the row itself shows.
    report.problems.sort(key=lambda problem: problem.line)
    if report.rows_refused and not partial:
        raise ImportRefused(report)
    record_import(work, report, path)
    return report


def take_rows(work: Work, importing: type[Importer[Checked]], rows: Sequence[Row]) -> Report:
    """Take rows that come from no file, all of them or none, for whoever may already do so.

    Raises ImportRefused.
    """
    report = Report(importing.kind)
    importer = importing(work, report)
    piece: list[tuple[int, Checked]] = []
    for row in rows:
        _check_row(importer, row, piece)
    if piece:
        importer.keep(piece)
    report.problems.sort(key=lambda problem: problem.line)
    if report.rows_refused:
        raise ImportRefused(report)
    return report


def _check_row(importer: Importer[Checked], row: Row, piece: list[tuple[int, Checked]]) -> None:
    report = importer.report
    report.rows_read += 1
    reading = Reading(row)
    checked = importer.check(reading) if reading.readable else None
    if reading.problems or checked is None:
        report.refuse_row([RowProblem(row.line, *problem) for problem in reading.problems])
    else:
        piece.append((row.line, checked))


def record_import(work: Work, report: Report, path: Path) -> None:
    """Leave an import in the trail: which kind, which file by its digest, how many rows of each fate."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(DIGEST_BYTES):
            digest.update(chunk)
    counts = {
        name: getattr(report, name)
        for name in ("rows_read", "rows_added", "rows_changed", "rows_unchanged", "rows_refused")
    }
    # An import has no row of its own; the moment names it, so that two at once never follow one another.
    moment = (work.at - EPOCH) // timedelta(microseconds=1)
    audit.record_one(work, "import", moment, report.kind, sha256=digest.hexdigest(), **counts)
