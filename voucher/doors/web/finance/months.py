"""Months: what was granted, reserved, released, spent and returned, what the bank still owes an answer on."""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import date, datetime

from flask import render_template, send_file, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from voucher.doors.auth.door import the_door
from voucher.doors.auth.visitors import current_actor
from voucher.doors.web import fields
from voucher.doors.web.acting import Done, submit
from voucher.doors.web.finance.blueprint import finance
from voucher.doors.web.finance.comparing import tell_no_difference
from voucher.doors.web.finance.ledger import BOOK_MOST
from voucher.doors.web.finance.sheets import MONEY, TEXT, WIDE, Part, answer_sheet
from voucher.doors.web.notice_paper import LINES_PER_PART
from voucher.doors.web.showing import moment
from voucher.doors.web.timelines import name_people
from voucher.ledger.entries import MonthSum, sum_acts
from voucher.ledger.month_closes import MonthClose, list_closes, span_of
from voucher.plumbing.spreadsheets import Kind, Sheet, SheetColumn, write_workbook
from voucher.plumbing.unit_of_work import Work
from voucher.registry.catalogue import get_region
from voucher.registry.tables import require_parameter_number
from voucher.rules.money import format_yuan
from voucher.rules.vocabulary import FUND_SOURCE_NAMES, FundSource
from voucher.stages.oversee.anchoring import tell_anchor
from voucher.stages.settle import closing_months, queries
from voucher.stages.settle.queries.ledger_lines import MOVEMENT_NAMES

# every month shows these; those of the end of a year only where they happened
USUAL = ("grant", "reserve", "release", "spend", "take_back")
FUND, LINES = SheetColumn("预算", width=36), SheetColumn("笔数", Kind.WHOLE, 10)


@dataclass(frozen=True, slots=True)
class MonthRow:
    """One budget in a month: its name, how many lines, and what each act moved in fen."""

    name: str
    lines: int
    fen: dict[str, int]


@dataclass(frozen=True, slots=True)
class Month:
    """A month of a region with its budgets, and what is unsettled with the bank today: how much, in fen."""

    region_code: str
    region_name: str
    year: int
    month: int
    ends_at: datetime
    rows: list[MonthRow]
    differing: tuple[int, int]
    no_difference: str
    close: MonthClose | None

    @property
    def title(self) -> str:
        """Return what the month is called."""
        return f"{self.year} 年 {self.month} 月"

    @property
    def acts(self) -> dict[str, str]:
        """Return the acts that have a column, each with its name."""
        moved = {act for row in self.rows for act in row.fen}
        return {act: name for act, name in MOVEMENT_NAMES.items() if act in USUAL or act in moved}

    @property
    def totals(self) -> dict[str, int]:
        """Return what each act moved in all budgets together, in fen."""
        return {act: sum(row.fen.get(act, 0) for row in self.rows) for act in self.acts}

    @property
    def lines(self) -> int:
        """Return how many lines the month has."""
        return sum(row.lines for row in self.rows)


@finance.get("/months")
def months() -> ResponseReturnValue:
    """Show one month of one region, and which months are closed."""
    return _show()


@finance.post("/months")
def ask_close() -> ResponseReturnValue:
    """Ask for a month to be closed."""

    def call(work: Work) -> Done:
        region = fields.text("region", "地区", limit=12)
        asked = closing_months.ask_close(
            work, region, fields.whole("year", "年度"), fields.whole("month", "月份")
        )
        words = f"已提出 {asked.year} 年 {asked.month} 月月结，等待复核人员办理"
        return Done(words, _address(asked))

    return submit(call, _show)


@finance.post("/months/<int:close_id>/closings")
def close_month(close_id: int) -> ResponseReturnValue:
    """Close a month, as another person."""

    def call(work: Work) -> Done:
        done = closing_months.close_month(work, close_id)
        words = f"{done.year} 年 {done.month} 月已月结：{done.posting_count:,} 笔，此后不再记入该月"
        return Done(words, _address(done))

    return submit(call, _show)


@finance.get("/months.pdf")
def months_pdf() -> ResponseReturnValue:
    """Print the month."""
    with the_door().read() as session:
        month = _read(session)
        columns = [("预算", WIDE), *((name, MONEY) for name in month.acts.values())]
        rows = [[row.name, *(format_yuan(row.fen.get(act, 0)) for act in month.acts)] for row in month.rows]
        total = ["合计", *(format_yuan(month.totals[act]) for act in month.acts)]
        count, owed_fen = month.differing
        open_lines = [
            [each.payment_file_number, each.institution_name, format_yuan(each.released_fen), each.why]
            for each in queries.reconcile(session, [month.region_code], limit=LINES_PER_PART)
        ]
        more = f"（印前 {len(open_lines):,} 条，全部见月报工作簿）" if count > len(open_lines) else ""
        parts = [
            Part("各项预算（元）", columns, rows, total, "本月没有记账"),
            Part(
                "未了差额（元）",
                [("拨付文件", TEXT), ("收款机构", WIDE), ("已签发", MONEY), ("原因", TEXT)],
                open_lines,
                [f"合计 {count:,} 条{more}", "", format_yuan(owed_fen), ""] if open_lines else [],
                f"没有未了差额：{month.no_difference}",
            ),
        ]
        close = month.close
        names = name_people(session, _hands(close))
        facts = [
            ("笔数", f"{month.lines:,} 笔"),
            ("月结", _closed_words(close)),
            ("打印时最近的留痕检查点", tell_anchor(session)),
        ]
        hands = [
            ("制表", names.get(close.asked_by_person_id, "") if close else ""),
            ("复核", names.get(close.closed_by_person_id or 0, "") if close else ""),
        ]
        number = f"{month.region_code}-{month.year}-{month.month:02d}"
        title = f"{month.title}补贴资金月报"
        return answer_sheet(title, number, month.region_name, facts, parts, hands, wide=True)


@finance.get("/months.xlsx")
def months_xlsx() -> ResponseReturnValue:
    """Hand the month out as a workbook, the differences in a sheet of their own."""
    door, out = the_door(), io.BytesIO()
    with door.read() as session:
        month = _read(session)
        most = require_parameter_number(session, BOOK_MOST, door.today, [])
        differences = queries.reconcile(session, [month.region_code], limit=most)
    columns = [FUND, LINES, *(SheetColumn(f"{name}（元）", Kind.AMOUNT) for name in month.acts.values())]
    rows: list[list[str | int | date | None]] = [
        [row.name, row.lines, *(row.fen.get(act, 0) for act in month.acts)] for row in month.rows
    ]
    rows.append(["合计", month.lines, *(month.totals[act] for act in month.acts)])
    owed: list[list[str | int | date | None]] = [
        [each.payment_file_number, each.reference, each.institution_name, each.released_fen, each.why]
        for each in differences
    ]
    if not owed:
        owed.append(["没有未了差额", None, None, None, month.no_difference])
    elif month.differing[0] > len(owed):
        told = f"只列最早的 {len(owed):,} 条，全部 {month.differing[0]:,} 条见三方对账"
        owed.append([told, None, None, month.differing[1], "全部合计"])
    heads = [
        SheetColumn("拨付文件", width=24), SheetColumn("参考号", width=30), SheetColumn("收款机构", width=36),
        SheetColumn("已签发（元）", Kind.AMOUNT), SheetColumn("原因", width=24),
    ]  # fmt: skip
    sheets = [Sheet(month.title, columns, rows), Sheet("未了差额", heads, owed)]
    write_workbook(out, sheets, created_at=door.at, title=month.title)
    out.seek(0)
    name = f"month-{month.region_code}-{month.year}{month.month:02d}.xlsx"
    return send_file(out, as_attachment=True, download_name=name)


def _address(close: MonthClose) -> str:
    return url_for("web.finance.months", area=close.region_code, of=close.year, month=close.month)


def _hands(close: MonthClose | None) -> list[int]:
    if close is None:
        return []
    return [each for each in (close.asked_by_person_id, close.closed_by_person_id) if each is not None]


def _closed_words(close: MonthClose | None) -> str:
    if close is None:
        return "未月结"
    return f"{moment(close.closed_at)} 已月结" if close.closed_at else "已提出，待复核"


def _show() -> str:
    with the_door().read() as session:
        month = _read(session)
        closes = list_closes(session, month.region_code)
        return render_template(
            "finance/months.html",
            month=month,
            closes=closes,
            names=name_people(session, [each for close in closes for each in _hands(close)]),
            regions=[(code, get_region(session, code).name) for code in own_regions(session)],
            acts=month.acts,
            over=month.ends_at <= the_door().at,
        )


def own_regions(session: Session) -> list[str]:
    """Return the regions of the visitor that have budgets, or the first where none has."""
    regions = current_actor().regions
    having = {each.region_code for each in queries.list_budgets(session, regions)}
    return sorted(having) or sorted(regions)[:1]


def _read(session: Session) -> Month:
    """Return the month the address names, else the last one that is over, of a region of the visitor."""
    today, own = the_door().today, own_regions(session)
    region = fields.asked("area", current_actor().regions) or (own[0] if own else "")
    year, month = fields.cursor("of"), fields.cursor("month")
    if not (2000 <= year <= 2100 and 1 <= month <= 12):
        year, month = (today.year, today.month - 1) if today.month > 1 else (today.year - 1, 12)
    begins_at, ends_at = span_of(year, month)
    names = {
        each.id: f"{each.year} 年 {FUND_SOURCE_NAMES[FundSource(each.source)]}"
        for each in queries.list_budgets(session, [region])
    }
    sums: dict[int, list[MonthSum]] = {}
    for each in sum_acts(session, region, begins_at, ends_at):
        sums.setdefault(each.budget_id, []).append(each)
    rows = [
        MonthRow(names[budget_id], sum(one.lines for one in acts), {one.act: one.amount_fen for one in acts})
        for budget_id, acts in sums.items()
    ]
    close = next(
        (each for each in list_closes(session, region) if (each.year, each.month) == (year, month)), None
    )
    name = get_region(session, region).name
    differing = queries.sum_differences(session, [region])
    words = tell_no_difference(queries.sum_bounced(session, [region]))
    return Month(region, name, year, month, ends_at, rows, differing, words, close)
