"""What is tried out before anything is issued: a programme on everybody registered."""

from __future__ import annotations

from marshmallow import Schema, fields

from voucher.doors.schemas.values import Moment, Yuan


class ReasonCounted(Schema):
    """How many people one reason stands for, in words that name nobody."""

    code = fields.String()
    title = fields.String()
    next_step = fields.String()
    count = fields.Integer(metadata={"description": "人数"})


class GroupCounted(Schema):
    """What comes of the people of one category; each person counts in every category recorded."""

    name = fields.String(metadata={"description": "人员类别"})
    people = fields.Integer()
    may = fields.Integer()
    to_decide = fields.Integer()
    lapsed = fields.Integer(metadata={"description": "登记的类别已过期的人数"})
    refused = fields.List(fields.Nested(ReasonCounted))


class Tried(Schema):
    """What would come of a programme today; nothing was issued."""

    on = fields.String(metadata={"description": "试算之日", "format": "date"})
    people = fields.Integer(metadata={"description": "本辖区登记的人数"})
    elsewhere = fields.Integer(metadata={"description": "登记在其他地区、不计入的人数"})
    wanted = fields.Integer(metadata={"description": "可领人数（含凭本人承诺的）"})
    may = fields.Integer(metadata={"description": "系统已有全部信息、可领的人数"})
    to_promise = fields.Integer(metadata={"description": "凭本人承诺可领的人数"})
    to_decide = fields.Integer(metadata={"description": "须人工核实的人数"})
    refused = fields.List(fields.Nested(ReasonCounted))
    groups = fields.List(fields.Nested(GroupCounted))
    room = fields.Integer(metadata={"description": "券种剩余数量"})
    affordable = fields.Integer(metadata={"description": "预算够发的张数"})
    issued = fields.Integer(metadata={"description": "今天发放，能发出的张数"})
    waiting = fields.Integer(metadata={"description": "资金不足，须候补的人数"})
    cap_fen = fields.Integer()
    cap_display = Yuan("cap_fen")
    available_fen = fields.Integer(metadata={"description": "预算可用余额"})
    available_display = Yuan("available_fen")


class DryRunState(Schema):
    """A dry run: its result, or that it is still being counted."""

    id = fields.Integer()
    programme_id = fields.Integer()
    asked_at = Moment()
    finished_at = Moment(allow_none=True, metadata={"description": "没有算完的为 null，稍后再取"})
    failed = fields.Boolean(metadata={"description": "后台试算没有成功，请重新试算"})
    result = fields.Nested(Tried, allow_none=True)


class Recalled(Schema):
    """How many vouchers that nobody had enrolled with were declared void."""

    recalled = fields.Integer()
