"""Colleagues' accounts in an institution: opened, suspended, taken up again, reset."""

from __future__ import annotations

from marshmallow import Schema, fields

from voucher.doors.schemas.values import Body, Moment, Whole, Word, Words
from voucher.rules.actor import Role

NAME_MOST, LOGIN_MOST, NUMBER_MOST = 50, 40, 30
GIVEN = (Role.REGISTRAR, Role.SCANNER, Role.TEACHER, Role.EXAMINER, Role.SCORE_CLERK)
ONCE = {"description": "首次登录用，只在第一次答复中给出；用同一个键再问为 null"}


class NewColleague(Body):
    """An account of a colleague, with one post."""

    institution_id = Whole(least=1, required=True)
    login = Words(required=True, most=LOGIN_MOST, metadata={"description": "账号名"})
    name = Words(required=True, most=NAME_MOST, metadata={"description": "姓名"})
    number = Words(
        required=True, most=NUMBER_MOST, metadata={"description": "身份证号码，加密保存，不再显示"}
    )
    role = Word(
        tuple(str(each) for each in GIVEN),
        required=True,
        metadata={
            "description": "registrar 教务、scanner 核销员、teacher 教师；评价机构为考评员、成绩录入员"
        },
    )


class ColleagueState(Schema):
    """An account as it stands in one institution."""

    user_id = fields.Integer()
    institution_id = fields.Integer()
    login = fields.String()
    roles = fields.List(fields.String())
    is_suspended = fields.Boolean(metadata={"description": "在本机构的岗位是否已暂停"})
    is_managed = fields.Boolean(metadata={"description": "是否由本机构管理员管理"})
    seen_at = Moment(allow_none=True, metadata={"description": "最近一次使用"})


class Colleagues(Schema):
    """The accounts of the caller's institutions, those in use first."""

    items = fields.List(fields.Nested(ColleagueState()))


class ColleagueDone(Schema):
    """Whose account it was and how it stands now."""

    user_id = fields.Integer()
    institution_id = fields.Integer()
    login = fields.String()
    is_suspended = fields.Boolean()


class ColleagueWithPassword(ColleagueDone):
    """An account with its new first password."""

    first_password = fields.String(allow_none=True, metadata=ONCE)
