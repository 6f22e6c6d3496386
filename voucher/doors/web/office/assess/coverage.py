"""评价覆盖: which occupations of the table nobody may evaluate, here and today, on a page and as a table."""

from __future__ import annotations

import io
from collections.abc import Collection, Iterator
from typing import Any

from flask import render_template, request, send_file
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from voucher.doors.auth.door import the_door
from voucher.doors.web import fields
from voucher.doors.web.office import reach
from voucher.doors.web.office.blueprint import office
from voucher.doors.web.office.issue.bulk import XLSX
from voucher.doors.web.public.evaluators import LEVELS
from voucher.plumbing.spreadsheets import Sheet, SheetColumn, write_workbook
from voucher.registry.catalogue import Occupation
from voucher.registry.evaluator_list import count_coverage, list_uncovered

PER_PAGE, AT_ONCE = 50, 500
COLUMNS = (SheetColumn("职业编码"), SheetColumn("职业名称", width=36), SheetColumn("版本"))


@office.get("/desk/evaluator-coverage")
def coverage() -> ResponseReturnValue:
    """Show how many occupations are covered, and those that are not, by code."""
    door, after = the_door(), request.args.get("after", "")[:20]
    level = fields.asked("level", LEVELS)
    with door.read() as session:
        region, regions = reach.asked_regions(session)
        narrowed: dict[str, Any] = {"regions": regions, "level": int(level) if level else None}
        rows = list_uncovered(session, door.today, **narrowed, after_code=after, limit=PER_PAGE + 1)
        return render_template(
            "office/coverage.html",
            counted=count_coverage(session, door.today, **narrowed),
            rows=rows[:PER_PAGE],
            more=rows[PER_PAGE - 1].code if len(rows) > PER_PAGE else None,
            after=after,
            regions=reach.list_region_choices(session),
            levels=list(LEVELS.items()),
            chosen={"region": region, "level": level},
        )


@office.get("/desk/evaluator-coverage.xlsx")
def coverage_xlsx() -> ResponseReturnValue:
    """Hand out every occupation nobody evaluates."""
    door, out = the_door(), io.BytesIO()
    level = fields.asked("level", LEVELS)
    with door.read() as session:
        _, regions = reach.asked_regions(session)
        rows = (
            (each.code, each.name, each.edition)
            for each in _every(session, regions, int(level) if level else None)
        )
        title = f"没有评价机构的职业 {door.today.isoformat()}"
        write_workbook(out, [Sheet("没有评价机构的职业", COLUMNS, rows)], created_at=door.at, title=title)
    out.seek(0)
    return send_file(
        out, mimetype=XLSX, as_attachment=True, download_name=f"uncovered-{door.today:%Y%m%d}.xlsx"
    )


def _every(session: Session, regions: Collection[str], level: int | None) -> Iterator[Occupation]:
    after = ""
    while rows := list_uncovered(
        session, the_door().today, regions=regions, level=level, after_code=after, limit=AT_ONCE
    ):
        yield from rows
        after = rows[-1].code
