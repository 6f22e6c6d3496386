"""An institution's own exit from the list: what it would stop, who asked, who confirmed."""

from __future__ import annotations

from marshmallow import Schema, fields

from voucher.doors.schemas.values import WORDS_MAX, Body, Moment, Words


class NewExit(Body):
    """An institution wants to give up its place on the list by itself."""

    why = Words(required=True, most=WORDS_MAX, metadata={"description": "退出的理由"})


class NewExitConfirmation(Body):
    """Another person of the institution has seen what the exit stops."""

    seen = Words(required=True, most=64, metadata={"description": "看过的后果：effect.digest"})


class NewExitWithdrawal(Body):
    """Why the institution stays after all."""

    why = Words(required=True, most=WORDS_MAX, metadata={"description": "撤回、不同意的理由"})


class ExitState(Schema):
    """One wish to leave, and what came of it."""

    id = fields.Integer()
    institution_id = fields.Integer()
    why = fields.String()
    asked_at = Moment()
    confirmed_at = Moment(allow_none=True)
    withdrawn_at = Moment(allow_none=True)
    withdrawn_why = fields.String(allow_none=True)
    vouchers_held = fields.Integer(allow_none=True, metadata={"description": "因此转为待处置的券"})
    institution_state = fields.String()
    institution_state_name = fields.String()


class ClassLeft(Schema):
    """A class an exit leaves behind."""

    class_id = fields.Integer()
    name = fields.String()
    state = fields.String()
    vouchers = fields.Integer(metadata={"description": "停住的券"})


class ExitEffect(Schema):
    """What an exit would do as things stand now."""

    digest = fields.String(metadata={"description": "确认时须带上"})
    enrolled = fields.Integer(metadata={"description": "停住的券，已报名、未核销"})
    training = fields.Integer(metadata={"description": "停住的券，培训中"})
    hours_kept = fields.Integer(metadata={"description": "已上、保留的学时"})
    finished = fields.Integer(metadata={"description": "不受影响：已结业、评价中、已持证的券"})
    applied = fields.Integer(metadata={"description": "不予开班的申请"})
    class_count = fields.Integer(metadata={"description": "不能再上的班级，全部"})
    classes = fields.List(fields.Nested(ClassLeft), metadata={"description": "其中的一页，按开班日期"})
    next_cursor = fields.String(
        allow_none=True, metadata={"description": "下一页班级的标记；没有下一页时为 null"}
    )


class Leaving(Schema):
    """What an exit would do, and the last wish to leave."""

    effect = fields.Nested(ExitEffect)
    last = fields.Nested(ExitState, allow_none=True)
