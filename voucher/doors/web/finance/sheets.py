"""What finance prints: one look for payment sheets, statements and month reports."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import Response, make_response

from voucher.doors.auth.door import the_door
from voucher.doors.web.documents import SHEET
from voucher.doors.web.paper import RIBBON
from voucher.doors.web.showing import moment
from voucher.plumbing.documents import make_pdf

TEXT, MONEY, WIDE = "text", "money", "wide"


@dataclass(frozen=True, slots=True)
class Part:
    """A table of a sheet: its title, columns (heading, kind), rows of words, and a row of sums or none."""

    title: str
    columns: Sequence[tuple[str, str]]
    rows: Sequence[Sequence[str]]
    total: Sequence[str] = ()
    empty: str = "没有记录"


def answer_sheet(
    title: str,
    number: str,
    issuer: str,
    facts: Sequence[tuple[str, str]],
    parts: Sequence[Part],
    hands: Sequence[tuple[str, str]] = (),
    *,
    wide: bool = False,
    dense: bool = False,
    anchor: str = "",
) -> Response:
    """Return a sheet as a PDF nobody keeps; `issuer` stands in the footer, `anchor` above it.

    `wide` lays the paper across, `dense` is for lists of many lines.

    Raises document_fonts_missing.
    """
    door = the_door()
    told = {
        "title": title,
        "number": number,
        "issuer": issuer,
        "facts": list(facts),
        "parts": [
            {
                "title": part.title,
                "columns": [{"heading": heading, "kind": kind} for heading, kind in part.columns],
                "rows": [list(row) for row in part.rows],
                "total": list(part.total),
                "empty": part.empty,
            }
            for part in parts
        ],
        "hands": list(hands),
        "wide": wide,
        "dense": dense,
        "footer": issuer,
        "anchor": anchor,
        "printed_at": moment(door.at),
        "ribbon": RIBBON if door.config.demo else None,
    }
    answer = make_response(make_pdf(SHEET, told, door.at))
    answer.headers["Content-Type"] = "application/pdf"
    answer.headers["Content-Disposition"] = f'inline; filename="{number}.pdf"'
    return answer
