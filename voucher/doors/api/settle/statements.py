"""机构对账单: what one institution was sent in a year or a month."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from voucher.doors.api.room import Room
from voucher.doors.auth.visitors import current_actor
from voucher.doors.schemas.settle.desks import StatementSpan, StatementState
from voucher.ledger.month_closes import span_of
from voucher.stages.settle.queries.statements import read_statement

statements = Room("statements", __name__, url_prefix="/api/v1", description="机构对账单")


@statements.look("/institutions/<int:institution_id>/statements", query=StatementSpan, answer=StatementState)
def show_statement(session: Session, asked: dict[str, Any], institution_id: int) -> dict[str, Any]:
    """一家机构一年或一个月的对账单：逐笔、银行结果、抵扣、尚欠。"""
    first, last = (asked["month"],) * 2 if asked["month"] else (1, 12)
    since, before = span_of(asked["year"], first)[0], span_of(asked["year"], last)[1]
    found = read_statement(session, institution_id, current_actor().regions, since, before)
    return {
        "institution_code": found.institution.code,
        "institution_name": found.institution.name,
        "lines": found.lines,
        "sent_fen": sum(each.amount_fen for each in found.lines),
        "arrived_fen": found.sum("succeeded"),
        "bounced_fen": found.sum("failed"),
        "unanswered_fen": found.sum(None),
        "offset_fen": found.offset_fen,
        "owed_fen": found.owed_fen,
    }
