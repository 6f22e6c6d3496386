"""Holidays and make-up days as the State Council announced them; a year counts once it is announced whole."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import bindparam, insert, select, update

from voucher.ledger import audit
from voucher.plumbing.spreadsheets import Cell, Column, cell_text
from voucher.plumbing.spreadsheets.guards import FILE_NOT_WHAT_IT_SAYS
from voucher.plumbing.unit_of_work import Work
from voucher.registry.importing.frame import Importer, Report, record_import
from voucher.registry.importing.reading import Reading
from voucher.registry.standards import CalendarDay, CalendarYear
from voucher.rules.actor import Role, check_role
from voucher.rules.errors import reason
from voucher.rules.levels import clean_word, mask_word

DAY, WORKED, NAME, OFF = "日期", "类型", "名称", "isOffDay"
SOURCE = "节假日导入文件"

DAY_KIND_UNKNOWN = reason(
    "day_kind_unknown",
    "“{given}”不是“休”或“班”",
    "放假填 休，调休上班填 班",
    "国务院办公厅 年度节假日安排通知",
)
_WORKED = dict.fromkeys(("班", "上班", "调休", "调休上班", "补班", "工作日"), True) | dict.fromkeys(
    ("休", "放假", "休息", "节假日", "假日"), False
)
_OFF = {"true": True, "1": True, "是": True, "false": False, "0": False, "否": False}


@dataclass(frozen=True, slots=True)
class HolidayRow:
    """One announced day."""

    day: date
    is_workday: bool
    name: str


class HolidaysImporter(Importer[HolidayRow]):
    """Columns 日期, 类型 (休 or 班), 名称; or date, isOffDay, name."""

    kind = "holidays"
    roles = (Role.OPERATOR, Role.OFFICER_PROVINCE)
    columns = (
        Column(DAY, alias=("date",)),
        Column(WORKED, required=False, alias=("休或班", "安排")),
        Column(OFF, required=False, text=False, alias=("是否放假",)),
        Column(NAME, required=False, alias=("name", "节日")),
    )

    def check(self, reading: Reading) -> HolidayRow | None:
        """Return the day a row states."""
        day = reading.day(DAY)
        worked = reading.words(WORKED, lambda text: _read(text, _WORKED), required=False)
        off = reading.take(OFF, lambda cell: _read(cell, _OFF), required=False)
        if worked is None and off is None and not reading.is_faulty(WORKED, OFF):
            reading.refuse(WORKED, DAY_KIND_UNKNOWN.refusal(given="空"))
        if day is None or (worked is None and off is None):
            return None
        return HolidayRow(day, worked if worked is not None else not off, reading.text(NAME) or "节假日")

    def keep(self, piece: Sequence[tuple[int, HolidayRow]]) -> None:
        """Write the days."""
        write_days(self.work, self.report, [row for _, row in piece], SOURCE)


def write_days(work: Work, report: Report, rows: Iterable[HolidayRow], source: str) -> None:
    """Write announced days; their years count as announced once New Year's and National Day stand in it."""
    session = work.session
    stated = {row.day: row for row in rows}
    days = select(CalendarDay).where(CalendarDay.day.in_(list(stated)))
    known = {row.day: row for row in session.scalars(days)}
    fresh = [row for day, row in stated.items() if day not in known]
    changed = [row for day, row in stated.items() if day in known and known[day].is_workday != row.is_workday]
    if fresh:
        session.execute(insert(CalendarDay), [_columns(row) for row in fresh])
    for row in changed:
        session.execute(
            update(CalendarDay).where(CalendarDay.day == bindparam("key")), {"key": row.day} | _columns(row)
        )
        audit.record_one(work, "calendar_day", row.day.toordinal(), "change", day=row.day.isoformat(),
                         is_workday=row.is_workday)  # fmt: skip
    report.rows_added += len(fresh)
    report.rows_changed += len(changed)
    report.rows_unchanged += len(stated) - len(fresh) - len(changed)
    _announce(work, {row.day.year for row in fresh}, source)


def _columns(row: HolidayRow) -> dict[str, Any]:
    return {"day": row.day, "is_workday": row.is_workday, "name": row.name}


def _announce(work: Work, years: Iterable[int], source: str) -> None:
    """Mark years as announced; a single day moved, or last December's make-up day, announces no year."""
    session = work.session
    known = set(session.scalars(select(CalendarYear.year)))
    for year in sorted(set(years) - known):
        fixed = [date(year, 1, 1), date(year, 10, 1)]
        rows = session.execute(
            select(CalendarDay.day, CalendarDay.is_workday).where(CalendarDay.day.in_(fixed))
        ).all()
        if [is_workday for _, is_workday in rows] == [False] * len(fixed):
            session.execute(insert(CalendarYear), [{"year": year, "source": source}])
            audit.record_one(work, "calendar_year", year, "announce")


def import_announcements(work: Work, path: Path) -> Report:
    """Import holidays from a JSON file of years, each with its papers and days.

    Raises role_missing, file_not_what_it_says.
    """
    check_role(work.actor, *HolidaysImporter.roles)
    return take_announcements(work, path)


def take_announcements(work: Work, path: Path) -> Report:
    """Import such a file for whoever may already do so. Raises file_not_what_it_says."""
    report = Report(HolidaysImporter.kind)
    try:
        years = json.loads(path.read_text(encoding="utf-8"))
        for year, told in years.items():
            rows = [
                HolidayRow(date.fromisoformat(each["date"]), not each["isOffDay"], str(each["name"]))
                for each in told["days"]
            ]
            report.rows_read += len(rows)
            write_days(
                work, report, rows, f"国务院办公厅 {year}年节假日安排 {' '.join(told.get('papers', []))}"
            )
    except (ValueError, KeyError, TypeError, AttributeError):
        raise FILE_NOT_WHAT_IT_SAYS.refused(suffix=path.suffix, detail="不是节假日安排") from None
    record_import(work, report, path)
    return report


def _read(cell: Cell, words: dict[str, bool]) -> bool:
    word = clean_word(cell_text(cell)).lower()
    if word not in words:
        raise DAY_KIND_UNKNOWN.refused(given=mask_word(word))
    return words[word]
