"""The ledger as a workbook and on paper: the lines the page would show, and what each act comes to."""

from __future__ import annotations

import io
from collections.abc import Collection, Sequence

from flask import Response, send_file
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from voucher.doors.auth.door import the_door
from voucher.doors.auth.visitors import current_actor
from voucher.doors.web import fields
from voucher.doors.web.finance.blueprint import finance
from voucher.doors.web.finance.ledger import (
    BOOK_MOST,
    PAPER_MOST,
    PER_CHUNK,
    read_asked,
)
from voucher.doors.web.finance.sheets import MONEY, TEXT, WIDE, Part, answer_sheet
from voucher.doors.web.showing import moment
from voucher.ledger.entries import EntrySearch, bound, count_entries, page_entries
from voucher.plumbing.spreadsheets import Sheet, write_workbook
from voucher.registry.tables import require_parameter_number
from voucher.rules.errors import reason
from voucher.rules.money import format_yuan
from voucher.stages.oversee.anchoring import tell_anchor
from voucher.stages.oversee.handover.ledger_book import (
    ASKED,
    ASKED_COLUMNS,
    COLUMNS,
    LINES,
    SUM_COLUMNS,
    SUMS,
    LedgerSums,
    tell_line,
)
from voucher.stages.settle import queries
from voucher.stages.settle.queries.ledger_lines import LedgerLine, name_budget, tell_entries
from voucher.stages.settle.queries.ledger_search import say_wish, search_ledger

LEDGER_BOOK_FULL = reason(
    "ledger_book_full",
    "符合条件的记账超过 {most} 笔，一个工作簿放不下",
    "请选定月份、预算或事项缩小范围后再下载；要全部的请在“账本”点“生成全部的工作簿”，不限行数，生成后下载",
    "【设】账本工作簿的行数上限",
)


@finance.get("/ledger.xlsx")
def ledger_xlsx() -> ResponseReturnValue:
    """Hand out every line the page would show as a workbook. Raises Refused ledger_book_full."""
    door, out = the_door(), io.BytesIO()
    regions = current_actor().regions
    with door.read() as session:
        wish = read_asked()
        wanted = search_ledger(session, wish)
        most = require_parameter_number(session, BOOK_MOST, door.today, [])
        # counted before a line of it is read
        if count_entries(session, regions, wanted, most=most + 1) > most:
            raise LEDGER_BOOK_FULL.refused(most=f"{most:,}")
        found = _read(session, regions, bound(session, wanted), before_id=None, most=most)
        asked = say_wish(session, regions, wish)
    sums = LedgerSums()
    for each in found:
        sums.add(each)
    sheets = [
        Sheet(LINES, COLUMNS, [tell_line(each) for each in found]),
        Sheet(SUMS, SUM_COLUMNS, sums.list_rows()),
        Sheet(ASKED, ASKED_COLUMNS, asked),
    ]
    write_workbook(out, sheets, created_at=door.at, title="账本")
    out.seek(0)
    return send_file(out, as_attachment=True, download_name=f"ledger-{door.today:%Y%m%d}.xlsx")


@finance.get("/ledger.pdf")
def ledger_pdf() -> ResponseReturnValue:
    """Print the lines from the one the page begins with, as many as one paper holds; it says what is left."""
    door, regions, before = the_door(), current_actor().regions, fields.cursor("before")
    with door.read() as session:
        wish = read_asked()
        wanted = search_ledger(session, wish)
        most = require_parameter_number(session, PAPER_MOST, door.today, [])
        found = _read(session, regions, bound(session, wanted), before_id=before or None, most=most + 1)
        shown, more = found[:most], len(found) > most
        return _paper(session, shown, say_wish(session, regions, wish), more=more)


def _paper(
    session: Session, shown: Sequence[LedgerLine], asked: Sequence[tuple[str, str]], *, more: bool
) -> Response:
    columns = [
        ("序号", MONEY), ("时间", TEXT), ("事项", TEXT), ("从 → 到", TEXT), ("预算", TEXT), ("为谁", WIDE),
        ("办理人", TEXT), ("金额（元）", MONEY),
    ]  # fmt: skip
    rows = [
        [
            f"{row.entry.id:,}", moment(row.entry.at), row.act, " → ".join(row.path), row.budget,
            _whom(row),
            row.who, format_yuan(row.entry.amount_fen),
        ]
        for row in shown
    ]  # fmt: skip
    sums = LedgerSums()
    for each in shown:
        sums.add(each)
    acts = [[act, f"{count:,}", format_yuan(fen)] for act, (count, fen) in sums.counts.items()]
    span = (
        f"序号 {shown[0].entry.id:,} 至 {shown[-1].entry.id:,}，共 {len(shown):,} 笔" if shown else "没有记账"
    )
    if more:
        span += f"；更早的未印，请从序号 {shown[-1].entry.id:,} 起的下一页接着打印"
    return answer_sheet(
        "账本", f"{the_door().today:%Y%m%d}", "补贴资金账本", [*asked, ("本份", span)],
        [
            Part("按事项合计（元）", [("事项", TEXT), ("笔数", MONEY), ("金额", MONEY)], acts),
            Part("明细（元，新的在前）", columns, rows, empty="没有符合条件的记账"),
        ],
        [("制表", ""), ("复核", "")], wide=True, dense=True, anchor=tell_anchor(session),
    )  # fmt: skip


def _whom(row: LedgerLine) -> str:
    """Return for whom a line is: the claim and the voucher on one line of paper, the institution below."""
    numbers = " · ".join(each for each in (row.claim, row.voucher) if each)
    return "\n".join(each for each in (numbers, row.institution) if each) or "—"


def _read(
    session: Session, regions: Collection[str], wanted: EntrySearch, *, before_id: int | None, most: int
) -> list[LedgerLine]:
    """Return at most so many lines, the newest first, read piece by piece."""
    names = {each.id: name_budget(session, each) for each in queries.list_budgets(session, regions)}
    told: list[LedgerLine] = []
    while len(told) < most:
        limit = min(PER_CHUNK, most - len(told))
        found = page_entries(session, regions, wanted, before_id=before_id, limit=limit)
        told += tell_entries(session, found, names)
        if len(found) < limit:
            break
        before_id = found[-1].id
    return told
