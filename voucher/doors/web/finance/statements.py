"""机构对账单: what one institution was sent in a year or a month, on the page, in print and as a workbook."""

from __future__ import annotations

import io
from datetime import date, datetime

from flask import render_template, send_file
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from voucher.doors.auth.door import the_door
from voucher.doors.auth.visitors import current_actor
from voucher.doors.web import fields
from voucher.doors.web.finance.blueprint import finance
from voucher.doors.web.finance.sheets import MONEY, TEXT, WIDE, Part, answer_sheet
from voucher.doors.web.showing import moment
from voucher.ledger.month_closes import span_of
from voucher.plumbing.spreadsheets import Kind, Sheet, SheetColumn, write_workbook
from voucher.rules.money import chinese_capitals, format_yuan
from voucher.stages.oversee.anchoring import tell_anchor
from voucher.stages.settle.queries.statements import Sent, Statement, read_statement

HEADS = (
    SheetColumn("拨付文件", width=24), SheetColumn("参考号", width=30), SheetColumn("签发时间", width=18),
    SheetColumn("申领（条）", Kind.WHOLE, 10), SheetColumn("应付（元）", Kind.AMOUNT),
    SheetColumn("抵扣（元）", Kind.AMOUNT), SheetColumn("实付（元）", Kind.AMOUNT),
    SheetColumn("银行结果", width=12), SheetColumn("回盘时间", width=18), SheetColumn("银行说明", width=24),
    SheetColumn("票据号", width=30),
)  # fmt: skip


@finance.get("/statements/<int:institution_id>")
def statement(institution_id: int) -> ResponseReturnValue:
    """Show what an institution was sent in the year or month of the address."""
    with the_door().read() as session:
        found, span, title = _read(session, institution_id)
        return render_template(
            "finance/statement.html", found=found, span=span, title=title, facts=_facts(found)
        )


@finance.get("/statements/<int:institution_id>.pdf")
def statement_pdf(institution_id: int) -> ResponseReturnValue:
    """Print the statement, with room for the seal of both."""
    with the_door().read() as session:
        found, _, title = _read(session, institution_id)
        columns = [
            ("参考号", TEXT),
            ("签发时间", TEXT),
            ("申领", MONEY),
            ("应付（元）", MONEY),
            ("抵扣（元）", MONEY),
            ("实付（元）", MONEY),
            ("银行结果", WIDE),
            ("票据号", TEXT),
        ]
        rows = [
            [
                each.reference, moment(each.released_at), f"{each.claims:,}", format_yuan(each.computed_fen),
                format_yuan(each.offset_fen), format_yuan(each.amount_fen),
                f"{outcome_name(each)} {each.bank_words or ''}".strip(),
                each.receipt_number or "",
            ]
            for each in found.lines
        ]  # fmt: skip
        sums = [format_yuan(fen) for fen in _sums(found)]
        total = ["合计", "", f"{sum(e.claims for e in found.lines):,}", *sums, "", ""]
        number = found.institution.code
        return answer_sheet(
            f"{title}对账单", number, found.institution.name, _facts(found),
            [Part("", columns, rows, total if rows else (), "本期没有拨付")],
            [("财政", ""), ("收款单位", found.institution.name)], wide=True, anchor=tell_anchor(session),
        )  # fmt: skip


@finance.get("/statements/<int:institution_id>.xlsx")
def statement_xlsx(institution_id: int) -> ResponseReturnValue:
    """Hand the statement out as a workbook."""
    door, out = the_door(), io.BytesIO()
    with door.read() as session:
        found, span, title = _read(session, institution_id)
    rows: list[list[str | int | date | None]] = [
        [
            each.payment_file_number, each.reference, moment(each.released_at), each.claims,
            each.computed_fen, each.offset_fen, each.amount_fen, outcome_name(each),
            moment(each.answered_at) if each.answered_at else None, each.bank_words,
            each.receipt_number,
        ]
        for each in found.lines
    ]  # fmt: skip
    claims = sum(e.claims for e in found.lines)
    rows.append(["合计", None, None, claims, *_sums(found), None, None, None, None])
    write_workbook(out, [Sheet("对账单", HEADS, rows)], created_at=door.at, title=f"{title}对账单")
    out.seek(0)
    name = f"statement-{found.institution.code}-{span['of']}{span['month'] or ''}.xlsx"
    return send_file(out, as_attachment=True, download_name=name)


def outcome_name(sent: Sent) -> str:
    """Return the bank's answer in a word."""
    unanswered = "未回盘" if sent.amount_fen else "抵扣结清"
    return {"succeeded": "到账", "failed": "退票"}.get(sent.outcome or "", unanswered)


def _whole(found: Statement) -> int:
    return sum(each.amount_fen for each in found.lines)


def _sums(found: Statement) -> tuple[int, int, int]:
    """Return what was due, offset and sent, in fen."""
    off_fen = sum(each.offset_fen for each in found.lines)
    return _whole(found) + off_fen, off_fen, _whole(found)


def _facts(found: Statement) -> list[tuple[str, str]]:
    arrived = found.sum("succeeded")
    return [
        ("收款单位", f"{found.institution.name} {found.institution.code}"),
        ("已签发", f"{format_yuan(_whole(found))} 元"),
        ("到账", f"{format_yuan(arrived)} 元（人民币{chinese_capitals(arrived)}）" if arrived else "0.00 元"),
        ("退票", f"{format_yuan(found.sum('failed'))} 元"),
        ("未回盘", f"{format_yuan(found.sum(None))} 元"),
        ("已抵扣应退款", f"{format_yuan(found.offset_fen)} 元"),
        ("尚欠追回款", f"{format_yuan(found.owed_fen)} 元"),
    ]


def _read(session: Session, institution_id: int) -> tuple[Statement, dict[str, int | None], str]:
    """Return the statement of the year or month the address names, this year if it names none."""
    year, month = fields.cursor("of"), fields.cursor("month")
    if not 2000 <= year <= 2100:
        year = the_door().today.year
    span: tuple[datetime, datetime]
    if 1 <= month <= 12:
        span, title = span_of(year, month), f"{year} 年 {month} 月"
    else:
        month = 0
        span, title = (span_of(year, 1)[0], span_of(year, 12)[1]), f"{year} 年"
    found = read_statement(session, institution_id, current_actor().regions, *span)
    return found, {"of": year, "month": month or None}, title
