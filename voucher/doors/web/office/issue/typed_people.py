"""People of a roster as somebody pastes them: a line each, every mistake told at once, no number repeated."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from flask import request

from voucher.doors.auth.door import the_door
from voucher.doors.web import fields
from voucher.doors.web.fields import FIELD_UNREADABLE
from voucher.plumbing.unit_of_work import Work
from voucher.registry.importing.frame import ImportRefused
from voucher.registry.people import Newcomer
from voucher.rules.errors import Refused
from voucher.rules.identity import normalise_identity, normalise_mobile
from voucher.rules.names import normalise_name
from voucher.stages.issue.rosters import read_readable_roster

PEOPLE, ROSTER = "people", "roster"
MISTAKES_TOLD = 10
MOST_CHARACTERS = 200_000
BETWEEN = re.compile(r"[\t,，、;；\s]+")


@dataclass(frozen=True, slots=True)
class Readable:
    """The people of a roster that can be read, the line of each, and every mistake with its line."""

    people: list[Newcomer]
    lines: list[int]
    wrong: list[tuple[int, str]]
    is_file: bool = False

    def tell_place(self, place: int) -> str:
        """Return which line a place among the people is."""
        return f"第 {self.lines[place - 1]} 行"


def read_people(work: Work) -> list[Newcomer]:
    """Return the people pasted or uploaded. Raises form_field_unreadable with every mistake, and what
    `read_readable_roster` refuses a file as a whole for."""
    return read_whole(work).people


def read_whole(work: Work) -> Readable:
    """Return the same people with their lines. Raises what `read_people` raises."""
    found = _read(work)
    if found.wrong:
        raise _refuse_lines(found)
    return found


def read_readable(work: Work) -> Readable:
    """Return the people pasted or uploaded that can be read, and why the other lines cannot.

    Raises form_field_unreadable where no line can be read, and what `read_readable_roster` refuses a file
    as a whole for.
    """
    found = _read(work)
    if found.wrong and not found.people:
        raise _refuse_lines(found)
    return found


def _read(work: Work) -> Readable:
    file = request.files.get(ROSTER)
    if file is not None and file.filename:
        return _read_file(work)
    return _read_lines(fields.text(PEOPLE, "名册", limit=MOST_CHARACTERS), work.today)


def _read_file(work: Work) -> Readable:
    given = fields.upload(ROSTER, "名册文件")
    given.stream.seek(0)  # the whole act may be tried again
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"roster{Path(given.filename or '').suffix.lower()}"
        path.write_bytes(given.stream.read())
        try:
            named, report = read_readable_roster(work, path, the_door().table_limits)
        except ImportRefused as refused:
            named, report = {}, refused.report
    wrong = [(each.line, each.refusal.title) for each in report.problems]
    return Readable(list(named.values()), list(named), wrong, is_file=True)


def _read_lines(text: str, today: date) -> Readable:
    found = Readable([], [], [])
    for place, line in enumerate(text.splitlines(), start=1):
        parts = [each for each in BETWEEN.split(line.strip()) if each]
        if not parts:
            continue
        if len(parts) not in (2, 3):
            found.wrong.append((place, "应为“姓名 证件号码”，可再加手机号"))
            continue
        told: list[str] = []

        def read(normalise: Callable[[str], str], given: str, told: list[str] = told) -> str:
            try:
                return normalise(given)
            except Refused as refused:
                told.append(refused.refusal.title)
                return ""

        person = Newcomer(
            name=read(normalise_name, parts[0]),
            number=read(lambda given: normalise_identity(given, today), parts[1]),
            mobile=read(normalise_mobile, parts[2]) if len(parts) > 2 else None,
        )
        if told:
            found.wrong.extend((place, each) for each in told)
        else:
            found.people.append(person)
            found.lines.append(place)
    return found


def _refuse_lines(found: Readable) -> Refused:
    told = [f"第 {line} 行：{why}" for line, why in found.wrong]
    more = f"；另有 {len(told) - MISTAKES_TOLD} 处" if len(told) > MISTAKES_TOLD else ""
    field, label = (ROSTER, "名册文件") if found.is_file else (PEOPLE, "名册")
    return FIELD_UNREADABLE.refused(field=field, label=label, problem="；".join(told[:MISTAKES_TOLD]) + more)
