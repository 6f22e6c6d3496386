"""高技能人才库 and 持证统计 as of any day, by region, with the list to take along; people masked."""

from __future__ import annotations

import io
from collections.abc import Collection, Iterator
from datetime import date

from flask import render_template, request, send_file
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from voucher.doors.auth.door import the_door
from voucher.doors.web import fields
from voucher.doors.web.office import reach
from voucher.doors.web.office.blueprint import office
from voucher.doors.web.office.issue.bulk import XLSX
from voucher.plumbing.spreadsheets import Kind, Sheet, SheetColumn, write_workbook
from voucher.stages.certify.queries.talent_categories import read_categories
from voucher.stages.certify.queries.talents import Talent, list_talents, read_figures, view_talents

PER_PAGE, AT_ONCE = 50, 500
COLUMNS = (
    SheetColumn("姓名"),
    SheetColumn("社会保障号码", width=22),
    SheetColumn("职业（工种）", width=24),
    SheetColumn("等级", width=16),
    SheetColumn("证书编号", width=26),
    SheetColumn("发证日期", Kind.DAY),
    SheetColumn("评价机构", width=32),
    SheetColumn("取得方式"),
)


@office.get("/desk/talents")
def talents() -> ResponseReturnValue:
    """Show the figures of a day, and the newest certificates of the list."""
    door, before = the_door(), fields.cursor("before")
    on, unread = _asked_day()
    with door.read() as session:
        region, regions = reach.asked_regions(session)
        rows = list_talents(session, regions, on, before_id=before or None, limit=PER_PAGE + 1)
        return render_template(
            "office/talents.html",
            figures=read_figures(session, regions, on),
            counted=read_categories(session, regions, on),
            rows=view_talents(session, door.keyring, rows[:PER_PAGE]),
            more=rows[PER_PAGE - 1].id if len(rows) > PER_PAGE else None,
            regions=reach.list_region_choices(session),
            chosen={"region": region, "on": on.isoformat()},
            unread=unread,
            before=before,
        )


@office.get("/desk/talents.xlsx")
def talents_xlsx() -> ResponseReturnValue:
    """Hand out the whole list of a day, masked as on the page."""
    door, out = the_door(), io.BytesIO()
    on, _ = _asked_day()
    with door.read() as session:
        _, regions = reach.asked_regions(session)
        sheet = Sheet("高技能人才库", COLUMNS, (_cells(each) for each in _every(session, regions, on)))
        write_workbook(out, [sheet], created_at=door.at, title=f"高技能人才库 {on.isoformat()}")
    out.seek(0)
    return send_file(out, mimetype=XLSX, as_attachment=True, download_name=f"talents-{on:%Y%m%d}.xlsx")


def _every(session: Session, regions: Collection[str], on: date) -> Iterator[Talent]:
    """Yield the list page after page, the newest first."""
    before: int | None = None
    while rows := list_talents(session, regions, on, before_id=before, limit=AT_ONCE):
        yield from view_talents(session, the_door().keyring, rows)
        before = rows[-1].id


def _cells(each: Talent) -> tuple[str | int | date, ...]:
    view = each.view
    return (
        view.masked_name, each.masked_number, view.trade_name, view.level_name, view.number,
        view.issued_on, view.institution_name, each.method_name,
    )  # fmt: skip


def _asked_day() -> tuple[date, bool]:
    """Return the day asked for, today where none is, and whether what was asked could not be read."""
    given = request.args.get("on", "").strip()[:10]
    try:
        return (date.fromisoformat(given) if given else the_door().today), False
    except ValueError:
        return the_door().today, True
