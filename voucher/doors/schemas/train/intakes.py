"""Class intakes (开班名册): whom a class is opened for."""

from __future__ import annotations

from marshmallow import Schema, fields

from voucher.doors.schemas.paging import page_of
from voucher.doors.schemas.values import Body, Moment, Said, Several, Whole, Words

PEOPLE_MAX = 2_000


class NewLearner(Body):
    """One person of an intake, as the identity card says; who is empty or unreadable is refused by place."""

    name = Words(required=True, least=0, most=60, metadata={"description": "姓名", "example": "张三"})
    number = Words(
        required=True, least=0, most=40, metadata={"description": "证件号码", "example": "41010519900315991X"}
    )
    mobile = Words(load_default=None, allow_none=True, least=0, most=40, metadata={"description": "手机号"})


class NewIntake(Body):
    """People to be put on the intake of a class."""

    people = Several(NewLearner, most=PEOPLE_MAX, required=True)
    skip_refused = Said(load_default=False, metadata={"description": "有人不能列入时，其余的先列入"})


class LeftOut(Schema):
    """Somebody who was not put on the intake."""

    place = fields.Integer(metadata={"description": "名册中的第几人"})
    code = fields.String()
    title = fields.String()
    next_step = fields.String(allow_none=True)


class IntakeTaken(Schema):
    """What became of the people sent."""

    added = fields.Integer(metadata={"description": "新列入的人数"})
    people = fields.Integer(metadata={"description": "名册上现在的人数"})
    left_out = fields.List(fields.Nested(LeftOut))


class NewRemoval(Body):
    """Who is struck off."""

    entry_id = Whole(required=True, least=1)


class IntakeEntry(Schema):
    """One person on the intake, masked."""

    id = fields.Integer()
    masked_name = fields.String()
    masked_number = fields.String()
    listed_at = Moment()
    is_seated = fields.Boolean(metadata={"description": "已经报名"})


class IntakeLeft(Schema):
    """What is left after somebody was struck off."""

    people = fields.Integer()


IntakePage = page_of(IntakeEntry(), "IntakePage")
