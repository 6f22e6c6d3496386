"""People of a roster as somebody pastes them: a line each, every mistake told at once, no number repeated."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable
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
from voucher.stages.issue.rosters import read_roster

PEOPLE, ROSTER = "people", "roster"
MISTAKES_TOLD = 10
MOST_CHARACTERS = 200_000
BETWEEN = re.compile(r"[\t,，、;；\s]+")


def read_people(work: Work) -> list[Newcomer]:
    """Return the people pasted or uploaded. Raises form_field_unreadable with every mistake, and what
    `read_roster` refuses a file as a whole for."""
    file = request.files.get(ROSTER)
    if file is not None and file.filename:
        return _read_file(work)
    return _read_lines(fields.text(PEOPLE, "名册", limit=MOST_CHARACTERS), work.today)


def _read_file(work: Work) -> list[Newcomer]:
    given = fields.upload(ROSTER, "名册文件")
    given.stream.seek(0)  # the whole act may be tried again
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"roster{Path(given.filename or '').suffix.lower()}"
        path.write_bytes(given.stream.read())
        try:
            return read_roster(work, path, the_door().table_limits)
        except ImportRefused as refused:
            told = [
                f"第 {each.line} 行 {each.column or ''}：{each.refusal.title}"
                for each in refused.report.problems
            ]
            raise _wrong(ROSTER, "名册文件", told) from None


def _read_lines(text: str, today: date) -> list[Newcomer]:
    wrong: list[str] = []
    found: list[Newcomer] = []
    for place, line in enumerate(text.splitlines(), start=1):
        parts = [each for each in BETWEEN.split(line.strip()) if each]
        if not parts:
            continue
        if len(parts) not in (2, 3):
            wrong.append(f"第 {place} 行：应为“姓名 证件号码”，可再加手机号")
            continue

        def read(normalise: Callable[[str], str], given: str, at: int = place) -> str:
            try:
                return normalise(given)
            except Refused as refused:
                wrong.append(f"第 {at} 行：{refused.refusal.title}")
                return ""

        found.append(
            Newcomer(
                name=read(normalise_name, parts[0]),
                number=read(lambda given: normalise_identity(given, today), parts[1]),
                mobile=read(normalise_mobile, parts[2]) if len(parts) > 2 else None,
            )
        )
    if wrong:
        raise _wrong(PEOPLE, "名册", wrong)
    return found


def _wrong(field: str, label: str, told: list[str]) -> Refused:
    more = f"；另有 {len(told) - MISTAKES_TOLD} 处" if len(told) > MISTAKES_TOLD else ""
    return FIELD_UNREADABLE.refused(field=field, label=label, problem="；".join(told[:MISTAKES_TOLD]) + more)
