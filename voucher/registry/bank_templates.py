"""Bank layouts (银行模板) as dated rows: columns, encoding and limits of the files a bank takes."""

from __future__ import annotations

from datetime import date

from sqlalchemy import CheckConstraint, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from voucher.plumbing.db import Model
from voucher.plumbing.types import Day, Int64, Text
from voucher.rules.bank_files import BankForm, BankLayout, read_columns
from voucher.rules.errors import Family, reason

TEMPLATE_MISSING = reason(
    "bank_template_missing",
    "没有正在使用的银行模板“{code}”",
    "请从银行模板列表中选择；银行更换格式的，请先登记新的模板行和生效日期",
    "PAGES 4.6 银行模板",
    Family.MISSING,
)


class BankTemplate(Model):
    """How a bank wants its payment file, from a day on; a row never changes, a new form is a new row."""

    __tablename__ = "bank_template"
    __table_args__ = (
        UniqueConstraint("code", "since"),
        CheckConstraint("form IN ('xlsx','csv','pain.001.001.09')", name="form"),
        CheckConstraint(
            "lines_most > 0 AND line_amount_most_fen > 0 AND name_bytes_most > 0", name="limits_above_zero"
        ),
        CheckConstraint("until IS NULL OR until >= since", name="dates"),
        CheckConstraint("confidence IN ('document','gov','news','default')", name="confidence"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    code: Mapped[str] = mapped_column(Text, nullable=False)
    name: Mapped[str] = mapped_column(Text, nullable=False)
    form: Mapped[str] = mapped_column(Text, nullable=False)
    encoding: Mapped[str | None] = mapped_column(Text)
    columns: Mapped[str] = mapped_column(Text, nullable=False)
    lines_most: Mapped[int | None] = mapped_column(Int64)
    line_amount_most_fen: Mapped[int | None] = mapped_column(Int64)
    name_bytes_most: Mapped[int | None] = mapped_column(Int64)
    since: Mapped[date] = mapped_column(Day, nullable=False)
    until: Mapped[date | None] = mapped_column(Day)
    source: Mapped[str] = mapped_column(Text, nullable=False)
    confidence: Mapped[str] = mapped_column(Text, nullable=False)


def list_templates(session: Session, on: date) -> list[BankTemplate]:
    """Return the layouts in use on a day, one per code, by name."""
    rows = session.scalars(
        select(BankTemplate)
        .where(BankTemplate.since <= on, (BankTemplate.until.is_(None)) | (BankTemplate.until >= on))
        .order_by(BankTemplate.since)
    )
    newest = {each.code: each for each in rows}
    return sorted(newest.values(), key=lambda each: each.id)


def get_template(session: Session, code: str, on: date) -> BankTemplate:
    """Return the layout of a code in use on a day. Raises Refused bank_template_missing."""
    for each in list_templates(session, on):
        if each.code == code:
            return each
    raise TEMPLATE_MISSING.refused(code=code)


def layout_of(row: BankTemplate, usual_encoding: str) -> BankLayout:
    """Return a row as the rules want it, with the usual encoding where it names none.

    Raises Refused bank_layout_malformed.
    """
    return BankLayout(
        code=row.code,
        form=BankForm(row.form),
        encoding=row.encoding or usual_encoding,
        columns=read_columns(row.code, row.columns),
        lines_most=row.lines_most,
        line_amount_most_fen=row.line_amount_most_fen,
        name_bytes_most=row.name_bytes_most,
    )
