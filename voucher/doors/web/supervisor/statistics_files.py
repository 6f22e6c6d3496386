"""统计导出: what a page of the statistics shows, as a workbook."""

from __future__ import annotations

import io

from flask import send_file
from flask.typing import ResponseReturnValue

from voucher.doors.auth.door import the_door
from voucher.doors.auth.entries import WATCHERS
from voucher.doors.auth.visitors import current_actor
from voucher.doors.web.office.issue.bulk import XLSX
from voucher.doors.web.supervisor.asking import read_wish
from voucher.doors.web.supervisor.blueprint import supervisor
from voucher.doors.web.supervisor.statistics import Level, read_level
from voucher.plumbing.spreadsheets import Kind, Sheet, SheetColumn, write_workbook
from voucher.rules.actor import check_reach
from voucher.rules.lifecycle import STATE_NAMES, Thing
from voucher.stages.oversee.statistics.models import STEP_NAMES

COLUMNS = (
    *(SheetColumn(f"{name}（人次）", Kind.WHOLE, 14) for name in STEP_NAMES.values()),
    SheetColumn("中途结束（张）", Kind.WHOLE, 14),
    SheetColumn("占用（元）", Kind.AMOUNT, 18),
    SheetColumn("已拨付（元）", Kind.AMOUNT, 18),
)


@supervisor.get("/supervisor/statistics/<code>.xlsx")
def statistics_file(code: str) -> ResponseReturnValue:
    """Hand out what the page shows as a workbook: rows, funnel and losses."""
    check_reach(current_actor(), code, *sorted(WATCHERS))
    door, out = the_door(), io.BytesIO()
    with door.read() as session:
        level = read_level(session, code, read_wish())
    write_workbook(out, list_sheets(level), created_at=door.at, title=f"统计 {level.title}")
    out.seek(0)
    return send_file(
        out, mimetype=XLSX, as_attachment=True, download_name=f"statistics-{code}-{door.today:%Y%m%d}.xlsx"
    )


def list_sheets(level: Level) -> list[Sheet]:
    """Return the sheets of a level: its rows with their sum, the funnel, why vouchers left the way."""
    states = STATE_NAMES[Thing.VOUCHER]
    rows: list[tuple[str | int, ...]] = [(each.name, *each.sums.values()) for each in level.rows]
    people = [(each.name, each.times, each.people) for each in level.steps]
    works = level.employment
    if works is not None and works.times is not None:
        people.append((f"就业（在职参保名单截至 {works.as_of}）", works.times, works.people))
    losses = [
        (states[each.came_from], states[each.ended_as], each.why or "按期限自动办理", each.times)
        for each in level.losses
    ]
    return [
        Sheet("分级", (SheetColumn(level.level_name, width=36), *COLUMNS),
              [*rows, ("合计", *level.whole.values())]),
        Sheet("漏斗", (SheetColumn("环节"), SheetColumn("人次", Kind.WHOLE), SheetColumn("人数", Kind.WHOLE)),
              people),
        Sheet("结束原因", (SheetColumn("停在"), SheetColumn("结束为"), SheetColumn("原因", width=60),
                       SheetColumn("张", Kind.WHOLE)), losses),
    ]  # fmt: skip
