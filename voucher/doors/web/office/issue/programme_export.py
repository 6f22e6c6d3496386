"""券种导出: the list of programmes as a workbook, function and way of issue in columns of their own."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import date

from flask import send_file
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from voucher.doors.auth.door import the_door
from voucher.doors.web import fields
from voucher.doors.web.office import reach
from voucher.doors.web.office.blueprint import office
from voucher.doors.web.office.issue.bulk import XLSX
from voucher.doors.web.showing import level_name
from voucher.plumbing.spreadsheets import Kind, Sheet, SheetColumn, write_workbook
from voucher.registry.catalogue import name_trades
from voucher.rules.lifecycle import STATE_NAMES, Thing
from voucher.rules.programmes import CHANNEL_NAMES, WORTH_NAMES, Channel, Worth
from voucher.stages.issue import queries
from voucher.stages.issue.models import Programme

AT_ONCE = 200
COLUMNS = (
    SheetColumn("券种编号", width=24),
    SheetColumn("券种名称", width=36),
    SheetColumn("功能"),
    SheetColumn("发放"),
    SheetColumn("职业（工种）", width=24),
    SheetColumn("等级"),
    SheetColumn("地区"),
    SheetColumn("发放开始", Kind.DAY),
    SheetColumn("发放截止", Kind.DAY),
    SheetColumn("每张上限（元）", Kind.AMOUNT),
    SheetColumn("数量（张）", Kind.WHOLE),
    SheetColumn("还可发（张）", Kind.WHOLE),
    SheetColumn("状态"),
)


@office.get("/office/programmes.xlsx")
def programmes_xlsx() -> ResponseReturnValue:
    """Hand out every programme the list would show, all of its pages at once."""
    state = fields.asked("state", STATE_NAMES[Thing.PROGRAMME])
    door, out = the_door(), io.BytesIO()
    with door.read() as session:
        _, regions = reach.asked_regions(session)
        found = list(_every(session, regions, state))
        sheet = Sheet("券种", COLUMNS, _rows(session, found))
        write_workbook(out, [sheet], created_at=door.at, title="券种")
    out.seek(0)
    name = f"programmes-{door.today:%Y%m%d}.xlsx"
    return send_file(out, mimetype=XLSX, as_attachment=True, download_name=name)


def _every(session: Session, regions: frozenset[str], state: str | None) -> Iterator[Programme]:
    """Yield the programmes page after page, the newest first."""
    before: int | None = None
    while rows := queries.list_programmes(session, regions, state=state, before_id=before, limit=AT_ONCE):
        yield from rows
        before = rows[-1].id


def _rows(session: Session, found: list[Programme]) -> Iterator[tuple[str | int | date, ...]]:
    trades = name_trades(session, [each.trade_code for each in found if each.trade_code])
    regions = reach.name_regions(session, {each.region_code for each in found})
    for each in found:
        yield (
            each.number,
            each.name,
            WORTH_NAMES[Worth(each.worth)],
            CHANNEL_NAMES[Channel(each.channel)],
            trades.get(each.trade_code, each.trade_code) if each.trade_code else "由本人选择",
            level_name(each.level) if each.level else "",
            regions[each.region_code],
            each.from_on,
            each.until_on,
            each.cap_fen,
            each.quantity,
            queries.count_remaining(session, each),
            STATE_NAMES[Thing.PROGRAMME][each.state],
        )
