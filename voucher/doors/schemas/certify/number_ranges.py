"""Certificate numbers given to evaluators beforehand."""

from __future__ import annotations

from marshmallow import Schema, fields

from voucher.doors.schemas.paging import Paging, page_of
from voucher.doors.schemas.values import Body, Whole, Words


class NewNumberRange(Body):
    """How many numbers an evaluator is given for a year and a level."""

    filing_number = Words(
        required=True,
        most=20,
        metadata={"description": "备案号，即证书编号的前13位", "example": "S000041010001"},
    )
    year = Whole(required=True, least=2021, most=2099, metadata={"description": "发证年份"})
    level = Whole(required=True, least=1, most=8, metadata={"description": "等级 1–8；有等级码的为 2–6"})
    count = Whole(required=True, least=1, most=999_999, metadata={"description": "编号个数"})


class NumberRangeState(Schema):
    """One range, with how many of its numbers are on certificates already."""

    id = fields.Integer()
    institution_id = fields.Integer()
    institution_name = fields.String()
    filing_number = fields.String()
    year = fields.Integer()
    level_name = fields.String()
    first_number = fields.String(metadata={"description": "第一个编号"})
    last_number = fields.String(metadata={"description": "最后一个编号"})
    count = fields.Integer()
    used = fields.Integer(metadata={"description": "已登记在证书上的"})


class NumberRangeFilter(Paging):
    """Every range one may see."""


NumberRanges = page_of(NumberRangeState(), "NumberRanges")
