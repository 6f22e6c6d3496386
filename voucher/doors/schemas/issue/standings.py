"""Standings: whether the subsidies of a trade and level may still be had, with every check and its source."""

from __future__ import annotations

from marshmallow import Schema, fields

from voucher.doors.schemas.cited import Cited
from voucher.doors.schemas.values import Body, Region, Whole, Words, Yuan


class NewStanding(Body):
    """Whom and what is asked about; a worker asks for no other number than their own."""

    number = Words(
        load_default=None,
        allow_none=True,
        most=40,
        metadata={"description": "证件号码；本人查询时不填", "example": "41010519900315991X"},
    )
    trade_code = Words(required=True, most=40, metadata={"example": "4-10-01-05"})
    level = Whole(
        load_default=None, allow_none=True, least=1, most=8, metadata={"description": "等级；专项项目不填"}
    )
    region_code = Region(required=True)


class Told(Schema):
    """One check: its mark (✓ ! ✗ 未核), the number of its rule, what it says and on whose word."""

    mark = fields.String()
    number = fields.String(metadata={"example": "STA-01.1"})
    text = fields.String()
    source = Cited()


class StandingRefusal(Schema):
    """What stands in the way."""

    code = fields.String()
    title = fields.String()
    next_step = fields.String()
    source = Cited()


class EarlierClaim(Schema):
    """What was had, filed or promised before, of whatever fund."""

    number = fields.String(metadata={"example": "SL-419001-2024-00000123"})
    subsidy_name = fields.String()
    trade_name = fields.String()
    level_name = fields.String()
    fund_name = fields.String()
    region_name = fields.String()
    institution_name = fields.String(allow_none=True)
    state_name = fields.String()
    filed_on = fields.Date()
    amount_fen = fields.Integer()
    amount_display = Yuan("amount_fen")


class SubsidyStanding(Schema):
    """The answer for one subsidy."""

    kind = fields.String()
    name = fields.String()
    outcome = fields.String(metadata={"description": "payable 可以、refused 不能、manual 转人工"})
    findings = fields.List(fields.Nested(Told))
    refusal = fields.Nested(StandingRefusal, allow_none=True)
    earlier = fields.Nested(EarlierClaim, allow_none=True)


class StandingAnswer(Schema):
    """The one answer before training."""

    outcome = fields.String(metadata={"description": "payable 可以、refused 不能、manual 转人工"})
    declare = fields.Boolean(metadata={"description": "没有登记的情况由本人承诺即可"})
    verify = fields.Boolean(metadata={"description": "领取时先向其他部门核实，核实不到的转人工"})
    on = fields.Date()
    trade_code = fields.String(attribute="about.trade_code")
    trade_name = fields.String(attribute="about.trade_name")
    level_name = fields.String(attribute="about.level_name")
    findings = fields.List(fields.Nested(Told))
    outside = fields.List(fields.Nested(Told), metadata={"description": "其他部门系统的核实结果"})
    refusal = fields.Nested(StandingRefusal, allow_none=True)
    subsidies = fields.List(fields.Nested(SubsidyStanding))
    earlier = fields.List(fields.Nested(EarlierClaim))
