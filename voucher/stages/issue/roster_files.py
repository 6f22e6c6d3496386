"""Roster files read piece by piece: each row checked once, everybody under the blind index of the number."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date
from typing import BinaryIO

from voucher.plumbing.secrets import Keyring
from voucher.plumbing.spreadsheets import Column, Limits, Row, Table, open_table
from voucher.registry import people as registry
from voucher.registry.importing.reading import Reading
from voucher.registry.people import Newcomer
from voucher.rules.errors import Refusal, reason
from voucher.rules.identity import normalise_mobile
from voucher.rules.privacy import mask_identity, mask_mobile
from voucher.stages.issue.reading import SOURCE

PIECE_ROWS = 5000
NAME_MOST = 80
NOT_A_KIND = re.compile(r"[^a-z0-9]")
NAME, NUMBER, MOBILE = "姓名", "证件号码", "手机号"
COLUMNS = (
    Column(NAME),
    Column(NUMBER, alias=("身份证号", "身份证号码", "公民身份号码")),
    Column(MOBILE, required=False, alias=("手机号码", "电话", "联系电话")),
)

PERSON_TWICE = reason(
    "roster_person_twice",
    "名册中同一人出现了两次（第 {first} 行和第 {second} 行）",
    "请删去重复的一行：同一人的不同写法视为同一人",
    SOURCE,
)


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with a row; the value is masked."""

    line: int
    heading: str | None
    masked: str
    refusal: Refusal


@dataclass(slots=True)
class Piece:
    """Some rows of a roster: people with their lines by blind index, and what is wrong with the others."""

    last_line: int = 0
    rows: int = 0
    named: dict[str, tuple[int, Newcomer]] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    def refuse(self, *faults: Fault) -> None:
        """Keep everything that is wrong with a row nobody can be issued to."""
        self.faults += faults


def plain_name(given: str) -> str:
    """Return a file name as it is kept: without folders, its kind still at its end."""
    tail = given.replace("\\", "/").rpartition("/")[2]
    stem, dot, suffix = tail.rpartition(".")
    return f"{stem[:NAME_MOST]}.{NOT_A_KIND.sub('', suffix.lower())}" if dot else tail[:NAME_MOST]


def open_roster(file: BinaryIO, name: str, limits: Limits) -> Table:
    """Open a roster file; refused as `open_table` refuses it."""
    return open_table(file, columns=COLUMNS, limits=limits, name=name)


def read_person(reading: Reading, on: date) -> Newcomer | None:
    """Return the person a row names; what is wrong with it is told to the reading."""
    name = reading.name(NAME)
    number = reading.identity(NUMBER, on)
    mobile = reading.take(MOBILE, normalise_mobile, required=False, mask=mask_mobile)
    return None if name is None or number is None else Newcomer(number, name, mobile)


def read_pieces(
    table: Table, keyring: Keyring, on: date, *, after_line: int = 0, size: int = PIECE_ROWS
) -> Iterator[Piece]:
    """Yield what follows a line of the file, so many rows at a time; nothing else is held in memory."""
    piece: Piece | None = None
    for row in table:
        if row.line <= after_line:
            continue
        if piece is None:
            piece = Piece()
        _put(piece, row, keyring, on)
        if piece.rows >= size:
            yield piece
            piece = None
    if piece is not None:
        yield piece


def read_ahead(pieces: Iterator[Piece]) -> Iterator[Piece]:
    """Yield the same pieces, the next of them being read by a thread while the database has this one.

    Whatever reading raises is raised here, at its place.
    """
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="roster") as reader:
        coming = reader.submit(next, pieces, None)
        while (piece := coming.result()) is not None:
            coming = reader.submit(next, pieces, None)
            yield piece


def _put(piece: Piece, row: Row, keyring: Keyring, on: date) -> None:
    piece.rows += 1
    piece.last_line = row.line
    reading = Reading(row)
    person = read_person(reading, on) if reading.readable else None
    if reading.problems or person is None:
        piece.refuse(*(Fault(row.line, *problem) for problem in reading.problems))
        return
    index = registry.index_of(keyring, person.number)
    earlier = piece.named.setdefault(index, (row.line, person))
    if earlier[0] != row.line:
        piece.refuse(fault_of_twice(person.number, earlier[0], row.line))


def fault_of_twice(number: str, first: int, second: int) -> Fault:
    """Return what is wrong with a second row of the same person."""
    told = PERSON_TWICE.refusal(first=first, second=second)
    return Fault(second, NUMBER, mask_identity(number), told)
