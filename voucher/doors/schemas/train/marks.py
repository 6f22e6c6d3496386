"""Signing in and out of sessions (签到、签退): the class code, marks by phone and by staff, doubtful ones."""

from __future__ import annotations

from marshmallow import Schema, fields

from voucher.doors.schemas.paging import Paging, page_of
from voucher.doors.schemas.train.places import CODE, DIGITS_MAX, DeviceName
from voucher.doors.schemas.values import (
    WORDS_MAX,
    Body,
    Count,
    Moment,
    Region,
    Said,
    Whole,
    Word,
    Words,
)

DIRECTIONS, OUTCOMES = ("in", "out"), ("counted", "refused")
BROWSER_LEAST, BROWSER_MAX = 16, 64
PLACE = {"description": "要求核对位置的课次填写；不填也能签到，由人社部门核实后计入"}
DIRECTION = {"description": "in 签到、out 签退"}


class SessionWish(Body):
    """Of which session."""

    session_id = Count(required=True)


class ClassCodeState(Schema):
    """What the screen of a classroom shows now."""

    session_id = fields.Integer()
    number = fields.String(metadata={"description": "供手工输入的 8 位数字"})
    digits = fields.String(metadata={"description": "供扫描的数字，画成二维码"})
    until = Moment()


class NewPlace(Body):
    """Where the device says it is, or why it says nothing; the position is kept sealed, for some days."""

    latitude_e6 = Whole(
        load_default=None,
        allow_none=True,
        least=-90_000_000,
        most=90_000_000,
        metadata={"description": "纬度，百万分之一度"},
    )
    longitude_e6 = Whole(
        load_default=None,
        allow_none=True,
        least=-180_000_000,
        most=180_000_000,
        metadata={"description": "经度，百万分之一度"},
    )
    accuracy_m = Whole(
        load_default=None, allow_none=True, most=100_000_000, metadata={"description": "误差，米"}
    )
    why_not = Word(
        ("", "refused", "unavailable"),
        load_default="",
        metadata={"description": "没有位置的原因：refused 本人不同意、unavailable 设备给不出"},
    )
    is_mocked = Said(
        load_default=None,
        allow_none=True,
        metadata={
            "description": "设备报告位置是模拟的；浏览器无从得知，不填；机构自己的程序能从手机系统得知的填写"
        },
    )


class NewPhoneMark(Body):
    """What a phone signed over the number of the class code."""

    session_id = Whole(required=True, least=1)
    direction = Word(DIRECTIONS, required=True, metadata=DIRECTION)
    digits = Words(
        required=True, most=DIGITS_MAX, metadata={"description": "手机签名的出示码，回答的是班级码"}
    )
    browser = Words(
        required=True,
        least=BROWSER_LEAST,
        most=BROWSER_MAX,
        metadata={
            "description": "浏览器自己生成、长期保留的编号，只留摘要",
            "example": "5f0c6f0e6d0a4a539d0b7f8e1c1d2a3b",
        },
    )
    where = fields.Nested(NewPlace, load_default=None, allow_none=True, metadata=PLACE)


class NewStaffMark(Body):
    """What staff scanned, or the voucher's number with the last four of the card."""

    session_id = Whole(required=True, least=1)
    direction = Word(DIRECTIONS, required=True, metadata=DIRECTION)
    code = Words(required=True, most=DIGITS_MAX, metadata=CODE)
    last4 = Words(load_default="", least=0, most=4, metadata={"description": "填券号时必填：证件后四位"})
    device = DeviceName(load_default="", least=0)
    where = fields.Nested(NewPlace, load_default=None, allow_none=True, metadata=PLACE)


class MarkState(Schema):
    """One mark; pending ones wait for the office and count meanwhile for nothing."""

    id = fields.Integer()
    session_id = fields.Integer()
    voucher_id = fields.Integer()
    direction = fields.String(metadata=DIRECTION)
    way = fields.String(
        metadata={"description": "class_code 本人手机、scanned 工作人员扫码、typed 凭证件登记"}
    )
    standing = fields.String(metadata={"description": "counted 计入、pending 待核、refused 不计"})
    distance_m = fields.Integer(
        allow_none=True, metadata={"description": "与教室的距离，米，取整到 10 米；不核对的为 null"}
    )
    accuracy_m = fields.Integer(allow_none=True, metadata={"description": "距离的误差，米"})
    no_position = fields.String(
        allow_none=True,
        metadata={"description": "没有距离的原因：refused 不同意、unavailable 给不出、inaccurate 太不准"},
    )
    marked_at = Moment()


class Marks(Schema):
    """The marks of a session in their order."""

    items = fields.List(fields.Nested(MarkState))


class NewTally(Body):
    """A session whose marks become hours."""

    session_id = Whole(required=True, least=1)


class TallyDone(Schema):
    """How many people's hours were written down."""

    session_id = fields.Integer()
    count = fields.Integer()


class CoSignatureState(Schema):
    """What the teacher signed for."""

    session_id = fields.Integer()
    people = fields.Integer()
    hours = fields.Integer(metadata={"description": "学时合计"})
    signed_at = Moment()


class AttendanceCaseFilter(Paging):
    """Where the classes are."""

    region = Region(load_default=None)


class AttendanceCaseState(Schema):
    """Doubtful marks of one session, and what came of them."""

    id = fields.Integer()
    kind = fields.String(
        metadata={
            "description": "shared_device 同一设备多人签到、impossible_speed 线上课速度不可能、"
            "far_away 离教室太远、no_position 没有位置"
        }
    )
    session_id = fields.Integer()
    class_id = fields.Integer(allow_none=True)
    class_name = fields.String(allow_none=True)
    people = fields.Integer(metadata={"description": "涉及的学员"})
    marks = fields.Integer(metadata={"description": "待核的签到、签退次数"})
    segments = fields.Integer(metadata={"description": "速度不可能的线上课段数"})
    opened_at = Moment()
    closed_at = Moment(allow_none=True)
    outcome = fields.String(allow_none=True)
    conclusion = fields.String(allow_none=True)


class NewAttendanceCaseClosing(Body):
    """Whether the marks count, and why."""

    outcome = Word(OUTCOMES, required=True, metadata={"description": "counted 计入、refused 不计"})
    conclusion = Words(required=True, most=WORDS_MAX, metadata={"description": "核查结论"})


AttendanceCases = page_of(AttendanceCaseState(), "AttendanceCases")
