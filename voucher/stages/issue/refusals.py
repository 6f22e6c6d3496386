"""Everything refused of an issue as a workbook: a sheet as long as a workbook allows, then the next."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from sqlalchemy.orm import Session

from voucher.plumbing.secrets import Keyring
from voucher.plumbing.spreadsheets import Kind, Sheet, SheetColumn, write_workbook
from voucher.stages.issue.queries.runs import HEADINGS, RefusedRow, read_refused

ROWS_PER_SHEET = 1_000_000
WIDTHS = (8, 10, 22, 12, 22, 26, 44, 52, 44)


def write_refusals(
    session: Session, keyring: Keyring, issue_id: int, target: Path | BinaryIO, created_at: datetime
) -> int:
    """Write every refused row with its reason and the next step, people masked; return how many there are."""
    counted = [0]

    def rows(limit: int) -> Iterator[tuple[int | str, ...]]:
        for each in islice(refused, limit):
            counted[0] += 1
            yield each.cells()

    refused: Iterator[RefusedRow] = read_refused(session, keyring, issue_id)
    columns = [
        SheetColumn(heading, Kind.WHOLE if place == 0 else Kind.TEXT, WIDTHS[place])
        for place, heading in enumerate(HEADINGS)
    ]
    sheets = [Sheet("不予发放", columns, rows(ROWS_PER_SHEET)), Sheet("续", columns, rows(ROWS_PER_SHEET))]
    write_workbook(target, sheets, created_at=created_at, title="不予发放逐行说明")
    return counted[0]
