"""Month closes and what becomes of a budget at the end of its year."""

from __future__ import annotations

from marshmallow import Schema, fields

from voucher.doors.schemas.paging import Paging, page_of
from voucher.doors.schemas.values import Body, Moment, Region, Whole, Words, Yuan


class NewMonthClose(Body):
    """A month of a region that is over."""

    region_code = Region(required=True)
    year = Whole(required=True, least=2000, most=2100, metadata={"description": "年度"})
    month = Whole(required=True, least=1, most=12, metadata={"description": "月份"})


class MonthCloseState(Schema):
    """A month that was asked to be closed, and closed where `closed_at` says so."""

    id = fields.Integer()
    region_code = fields.String()
    year = fields.Integer()
    month = fields.Integer()
    asked_at = Moment()
    closed_at = Moment(allow_none=True)
    posting_count = fields.Integer(allow_none=True)
    posted_fen = fields.Integer(allow_none=True)


class MonthCloseFilter(Paging):
    """Which months."""

    region = Region(load_default=None)


class NewYearEnd(Body):
    """The document by which the money is carried or given back."""

    document = Words(required=True, metadata={"description": "批准结转或收回的文号"})


class YearEndSums(Body):
    """What whoever carries it out has seen: other sums than those of now are refused."""

    reserved_fen = Whole(required=True, metadata={"description": "预览中的占用，单位分"})
    rest_fen = Whole(required=True, metadata={"description": "预览中的余额，单位分"})


class YearEndState(Schema):
    """One time a budget was to be carried into its next year."""

    id = fields.Integer()
    budget_id = fields.Integer()
    carries_reserved = fields.Boolean(metadata={"description": "占用随同结转；否则由新年度重新占用"})
    carries_rest = fields.Boolean(metadata={"description": "余额结转；否则收回"})
    document = fields.String()
    asked_at = Moment()
    dropped_at = Moment(allow_none=True)
    done_at = Moment(allow_none=True)
    into_budget_id = fields.Integer(allow_none=True)
    moved_count = fields.Integer(allow_none=True)
    moved_fen = fields.Integer(allow_none=True)
    rest_fen = fields.Integer(allow_none=True)


class YearEndView(Schema):
    """What would move today, and what was asked and done before."""

    budget_id = fields.Integer(attribute="seen.budget.id")
    into_budget_id = fields.Integer(attribute="into_id", allow_none=True)
    over = fields.Boolean(attribute="seen.over")
    carries_reserved = fields.Boolean(attribute="seen.carries_reserved")
    carries_rest = fields.Boolean(attribute="seen.carries_rest")
    vouchers = fields.Integer(attribute="seen.vouchers")
    claims = fields.Integer(attribute="seen.claims")
    reserved_fen = fields.Integer(attribute="seen.reserved_fen")
    rest_fen = fields.Integer(attribute="seen.rest_fen")
    short_fen = fields.Integer(attribute="seen.short_fen")
    short_display = Yuan("short_fen")
    waiting = fields.Integer(attribute="seen.waiting")
    files_out = fields.Integer(attribute="seen.files_out")
    asked = fields.List(fields.Nested(YearEndState()))


MonthCloses = page_of(MonthCloseState(), "MonthCloses")
