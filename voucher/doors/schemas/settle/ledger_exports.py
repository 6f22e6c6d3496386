"""Workbooks of the ledger: asked for, written in the background, taken by whoever asked."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, ValidationError, fields, validates_schema

from voucher.doors.schemas.paging import Paging, page_of
from voucher.doors.schemas.values import Body, Count, Moment, Word, Words, Yuan
from voucher.plumbing.jobs import JobState
from voucher.stages.settle.queries.ledger_lines import MOVEMENT_NAMES

STATE_NAMES = {
    JobState.QUEUED: "排队",
    JobState.RUNNING: "生成中",
    JobState.DONE: "已生成",
    JobState.FAILED: "未能生成",
}


class NewLedgerExport(Body):
    """Which lines; without any of these, all of the caller's regions."""

    budget_id = Count(load_default=None, allow_none=True, least=1, metadata={"description": "预算"})
    voucher_number = Words(
        load_default=None,
        allow_none=True,
        most=40,
        metadata={"description": "券号", "example": "Q-419001-2024-00000017"},
    )
    act = Word(
        MOVEMENT_NAMES,
        load_default=None,
        allow_none=True,
        metadata={"description": "；".join(f"{word} {name}" for word, name in MOVEMENT_NAMES.items())},
    )
    year = Count(load_default=None, allow_none=True, least=2000, most=2100, metadata={"description": "年"})
    month = Count(
        load_default=None, allow_none=True, least=1, most=12, metadata={"description": "月，与年一起填"}
    )

    @validates_schema
    def check_month(self, given: dict[str, Any], **_more: Any) -> None:
        """Refuse a year without its month, and a month without its year."""
        if (given.get("year") is None) != (given.get("month") is None):
            raise ValidationError("年和月须一起填", "month" if given.get("month") is None else "year")


class LedgerExportFilter(Paging):
    """A page of one's own."""


class LedgerCondition(Schema):
    """One thing the lines were chosen by, in words."""

    name = fields.String(metadata={"example": "月份"})
    value = fields.String(metadata={"example": "2024-12"})


class LedgerExportState(Schema):
    """How far a workbook is, and what came of it; without `sha256` there is nothing to take."""

    id = fields.Integer()
    state = fields.String(
        metadata={"description": "；".join(f"{each} {name}" for each, name in STATE_NAMES.items())}
    )
    state_name = fields.String()
    conditions = fields.List(fields.Nested(LedgerCondition))
    asked_at = Moment()
    lines_done = fields.Integer(metadata={"description": "已写的笔数"})
    lines_total = fields.Integer(allow_none=True)
    finished_at = Moment(allow_none=True)
    kept_until = Moment(allow_none=True, metadata={"description": "到这时文件自动删除"})
    lines = fields.Integer(allow_none=True, metadata={"description": "笔数"})
    amount_fen = fields.Integer(allow_none=True, metadata={"description": "发生额，单位为分"})
    amount_display = Yuan("amount_fen")
    size = fields.Integer(allow_none=True, metadata={"description": "字节"})
    sha256 = fields.String(allow_none=True, metadata={"description": "文件摘要；没有的不能下载"})
    next_step = fields.String(allow_none=True, metadata={"description": "未能生成时怎么办"})


LedgerExports = page_of(LedgerExportState(), "LedgerExports")
