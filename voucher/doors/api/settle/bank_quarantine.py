"""Lines of banks' answers that nobody could match: explained by one person, settled by another."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from voucher.doors.api.room import Room, within
from voucher.doors.schemas.paging import paged
from voucher.doors.schemas.registry.systems import Nothing
from voucher.doors.schemas.settle.desks import (
    NewExplanation,
    QuarantineFilter,
    QuarantineLines,
    SettlementState,
)
from voucher.plumbing.unit_of_work import Work
from voucher.stages.settle import quarantine
from voucher.stages.settle.models.banking import QuarantineSettlement
from voucher.stages.settle.queries.banking import list_set_aside

bank_quarantine = Room("bank_quarantine", __name__, url_prefix="/api/v1", description="银行回盘的隔离行")
SETTLED = {None: None, "open": False, "settled": True}


@bank_quarantine.look("/bank-quarantine", query=QuarantineFilter, answer=QuarantineLines)
def list_quarantine(session: Session, asked: dict[str, Any]) -> dict[str, Any]:
    """本辖区回盘中对不上的行，先到的在前。"""
    regions = within(session, asked["region"])
    return paged(
        asked,
        lambda after, limit: list_set_aside(
            session,
            regions,
            payment_file_id=asked["payment_file_id"],
            settled=SETTLED[asked["state"]],
            after_id=after,
            limit=limit,
        ),
        lambda row: row.line.id,
    )


@bank_quarantine.act(
    "/bank-quarantine/<int:line_id>/explanations",
    body=NewExplanation,
    answer=SettlementState,
    example={"explanation": "银行确认为他行汇款，与本文件无关"},
)
def explain_line(work: Work, given: dict[str, Any], line_id: int) -> QuarantineSettlement:
    """写明与银行核实的情况；再写的取代先写的。"""
    return quarantine.explain(work, line_id, given["explanation"])


@bank_quarantine.act("/bank-quarantine/<int:line_id>/signatures", body=Nothing, answer=SettlementState)
def settle_line(work: Work, _given: dict[str, Any], line_id: int) -> QuarantineSettlement:
    """由另一人核销：不再算差额，不记任何账。"""
    return quarantine.settle_line(work, line_id)
