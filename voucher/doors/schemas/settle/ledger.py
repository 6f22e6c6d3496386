"""Budgets and their movements."""

from __future__ import annotations

from marshmallow import Schema, fields

from voucher.doors.schemas.paging import Paging, page_of
from voucher.doors.schemas.values import (
    Body,
    Count,
    Fen,
    Moment,
    Region,
    Whole,
    Word,
    Words,
    Yuan,
)
from voucher.rules.vocabulary import FundSource


class NewBudget(Body):
    """Money granted to one region for one year from one source."""

    region_code = Region(required=True)
    year = Whole(required=True, least=2000, most=2100, metadata={"description": "预算年度"})
    source = Word(FundSource, required=True, metadata={"description": "资金来源"})
    amount_fen = Fen()
    document = Words(required=False, load_default=None, allow_none=True, metadata={"description": "下达文号"})


class BudgetState(Schema):
    """A budget as it stands: granted = available + reserved + spent + returned."""

    id = fields.Integer()
    region_code = fields.String()
    year = fields.Integer()
    source = fields.String()
    document = fields.String(allow_none=True)
    granted_fen = fields.Integer()
    granted_display = Yuan("granted_fen")
    reserved_fen = fields.Integer()
    reserved_display = Yuan("reserved_fen")
    spent_fen = fields.Integer()
    spent_display = Yuan("spent_fen")
    returned_fen = fields.Integer()
    returned_display = Yuan("returned_fen")
    available_fen = fields.Integer()
    available_display = Yuan("available_fen")
    carried_into_id = fields.Integer(
        allow_none=True, metadata={"description": "年末结转到的预算；未结转时为 null"}
    )


class BudgetFilter(Paging):
    """Which budgets."""

    region = Region(load_default=None)
    year = Count(least=2000, most=2100, load_default=None)


Budgets = page_of(BudgetState(), "Budgets")


class NewMovement(Body):
    """More money for a budget; every other movement follows from an act of its own."""

    act = Word(("grant",), required=True, metadata={"description": "grant 追加下达"})
    amount_fen = Fen()
    document = Words(required=True, metadata={"description": "下达文号"})


class MovementState(Schema):
    """One transfer between two accounts of a budget."""

    id = fields.Integer()
    act = fields.String()
    from_role = fields.String()
    to_role = fields.String()
    amount_fen = fields.Integer()
    amount_display = Yuan("amount_fen")
    claim_id = fields.Integer(allow_none=True)
    at = Moment()


class MovementFilter(Paging):
    """Which movements."""


Movements = page_of(MovementState(), "Movements")
