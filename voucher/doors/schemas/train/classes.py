"""Classes (班级): drafted with their sessions, filed, reviewed, cancelled; their roster and timetable."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, ValidationError, fields, validates_schema

from voucher.doors.schemas.paging import Paging, page_of
from voucher.doors.schemas.values import (
    WORDS_MAX,
    Body,
    Count,
    Fen,
    Instant,
    Moment,
    OnDay,
    Region,
    Said,
    Several,
    Whole,
    Word,
    Words,
    Yuan,
)
from voucher.rules.levels import LEVEL_NAMES
from voucher.rules.vocabulary import CertificateKind

SESSIONS_MAX, HOURS_MAX, CAPACITY_MAX = 500, 100_000, 10_000
LEVEL_CODES = "、".join(f"{level:d} {name}" for level, name in LEVEL_NAMES.items()) + "；不分等级的填 0"
MODES = ("offline", "online")


class NewSession(Body):
    """One session (课次) of the timetable."""

    mode = Word(MODES, required=True, metadata={"description": "offline 线下、online 线上"})
    topic = Words(required=True, metadata={"description": "内容"})
    starts_at = Instant(required=True)
    ends_at = Instant(required=True)
    hours = Whole(required=True, least=1, most=24, metadata={"description": "学时"})


class NewClass(Body):
    """What is taught, where, when, by whom, for how many."""

    name = Words(required=True, metadata={"description": "班级名称"})
    institution_id = Whole(required=True, least=1, metadata={"description": "主办机构"})
    delivering_institution_id = Whole(
        load_default=None, allow_none=True, least=1, metadata={"description": "承训机构；不填为主办机构"}
    )
    subcontract_why = Words(
        load_default="", most=400, metadata={"description": "由别的机构承训的理由；自己上课的不填"}
    )
    region_code = Region(required=True)
    project_code = Words(required=True, most=40, metadata={"description": "补贴项目代码"})
    training_kind = Words(required=True, most=40, metadata={"description": "字典 training_kind 的代码"})
    mode = Words(required=True, most=40, metadata={"description": "字典 training_mode 的代码"})
    certificate_kind = Word(CertificateKind, required=True, metadata={"description": "结业后取哪种证书"})
    trade_code = Words(
        required=True,
        most=40,
        metadata={"description": "职业编码或专项职业能力代码", "example": "4-10-01-05"},
    )
    level = Whole(required=True, most=8, metadata={"description": LEVEL_CODES})
    hours_offline = Whole(required=True, most=HOURS_MAX, metadata={"description": "线下学时"})
    hours_online = Whole(required=True, most=HOURS_MAX, metadata={"description": "线上学时"})
    capacity = Whole(required=True, least=1, most=CAPACITY_MAX, metadata={"description": "班额"})
    fee_fen = Fen()
    starts_on = OnDay(required=True)
    ends_on = OnDay(required=True)
    place = Words(required=True, metadata={"description": "上课地点"})
    teacher = Words(required=True, metadata={"description": "教师"})
    syllabus = Words(required=True, most=WORDS_MAX, metadata={"description": "教学计划"})
    sessions = Several(NewSession, most=SESSIONS_MAX, required=True)


class ClassFilter(Paging):
    """Which classes."""

    region = Region(load_default=None)
    state = Words(most=30, load_default=None)
    institution = Count(load_default=None)


class ClassState(Schema):
    """A class as lists show it."""

    id = fields.Integer()
    number = fields.String(metadata={"example": "BJ-419001-2024-0012"})
    name = fields.String()
    state = fields.String()
    state_name = fields.String()
    institution_id = fields.Integer()
    delivering_institution_id = fields.Integer()
    region_code = fields.String()
    training_kind = fields.String()
    mode = fields.String()
    certificate_kind = fields.String()
    trade_code = fields.String()
    level = fields.Integer()
    hours_offline = fields.Integer()
    hours_online = fields.Integer()
    hours_planned = fields.Integer()
    capacity = fields.Integer()
    fee_fen = fields.Integer()
    fee_display = Yuan("fee_fen")
    starts_on = fields.Date()
    ends_on = fields.Date()
    place = fields.String()
    teacher = fields.String()


class SessionState(Schema):
    """One session of a class."""

    id = fields.Integer()
    position = fields.Integer()
    mode = fields.String()
    topic = fields.String()
    starts_at = Moment()
    ends_at = Moment()
    hours = fields.Integer()


class Sessions(Schema):
    """The timetable of one class, in order; a class has at most a few hundred."""

    items = fields.List(fields.Nested(SessionState))


class ClassDetail(ClassState):
    """A class with its syllabus and its counters."""

    syllabus = fields.String()
    seats_left = fields.Integer(metadata={"description": "剩余名额"})
    counters = fields.Dict(
        keys=fields.String(),
        values=fields.Integer(),
        allow_none=True,
        metadata={"description": "已锁定、培训中、已核销、应到、结业人数；本机构和本辖区人社部门可见"},
    )
    possible = fields.List(fields.String(), metadata={"description": "现在可以办理的事项"})


Classes = page_of(ClassState(), "Classes")


class NewFiling(Body):
    """The institution promises what the application must hold."""

    promised = Said(required=True, metadata={"description": "承诺名册、教学计划、师资、考核方案齐备属实"})


class NewClassReview(Body):
    """The office's decision on an application."""

    decision = Word(("pass", "return"), required=True, metadata={"description": "pass 准予、return 退回补正"})
    opinion = Words(required=True, most=WORDS_MAX, metadata={"description": "意见；退回须一次写明全部问题"})


class NewClassCancellation(Body):
    """Why a class is not held."""

    why = Words(required=True, most=WORDS_MAX, metadata={"description": "取消原因"})


class RosterFilter(Paging):
    """Which places of a class."""

    state = Words(most=30, load_default=None)


class RosterRow(Schema):
    """One place of a class; the person is masked."""

    voucher_id = fields.Integer()
    voucher_number = fields.String()
    masked_name = fields.String(metadata={"example": "张*"})
    masked_number = fields.String(
        metadata={
            "description": "证件号码前六位；到课登记要核对证件后四位，名册不给出",
            "example": "410000************",
        }
    )
    state = fields.String()
    state_name = fields.String()
    is_over = fields.Boolean(metadata={"description": "券已另行终止，只留记录"})
    on_hold = fields.Boolean(metadata={"description": "是否待处置"})
    enrolled_at = Moment()
    redemption_id = fields.Integer(allow_none=True)
    redeemed_at = Moment(allow_none=True)
    reversal_asked_at = Moment(allow_none=True)
    hours_attended = fields.Integer()
    exam_hundredths = fields.Integer(allow_none=True, metadata={"description": "结业考核成绩，百分之一分"})
    passed = fields.Boolean(allow_none=True, metadata={"description": "是否结业；尚未签字时为 null"})
    why = fields.String(allow_none=True)


Roster = page_of(RosterRow(), "Roster")


class HoursLine(Body):
    """The lesson hours one person sat."""

    voucher_id = Whole(required=True, least=1)
    hours = Whole(required=True, most=24, metadata={"description": "学时；缺勤填 0"})


class NewAttendance(Body):
    """One session, and who sat in it for how long."""

    session_id = Whole(required=True, least=1)
    people = Several(HoursLine, most=CAPACITY_MAX, required=True)

    @validates_schema
    def check_once(self, data: dict[str, Any], **kwargs: Any) -> None:
        """Refuse a voucher named twice."""
        _check_once(data["people"])


class AttendanceDone(Schema):
    """How many people were noted down."""

    session_id = fields.Integer()
    count = fields.Integer()


class NewHoursCorrection(Body):
    """Other hours for one person in one session, with the reason."""

    session_id = Whole(required=True, least=1)
    voucher_id = Whole(required=True, least=1)
    hours = Whole(required=True, most=24)
    why = Words(required=True, most=WORDS_MAX, metadata={"description": "更正原因"})


class HoursCorrected(Schema):
    """The hours that count from now on."""

    session_id = fields.Integer()
    voucher_id = fields.Integer()
    hours = fields.Integer()


class ExamLine(Body):
    """The final exam of one person."""

    voucher_id = Whole(required=True, least=1)
    exam_hundredths = Whole(
        required=True,
        allow_none=True,
        most=10_000,
        metadata={"description": "结业考核成绩，百分之一分；项目不要求考核的填 null"},
    )


class NewCompletion(Body):
    """A class is signed off: the final exam of everybody in it."""

    class_id = Whole(required=True, least=1)
    exams = Several(ExamLine, least=0, most=CAPACITY_MAX, required=True)

    @validates_schema
    def check_once(self, data: dict[str, Any], **kwargs: Any) -> None:
        """Refuse a voucher named twice."""
        _check_once(data["exams"])


class Failed(Schema):
    """Somebody who did not pass, with every reason."""

    voucher_id = fields.Integer()
    voucher_number = fields.String()
    reasons = fields.List(fields.String())


class CompletionDone(Schema):
    """What the sign-off came to."""

    class_id = fields.Integer()
    finished = fields.Integer(metadata={"description": "结业人数"})
    completed = fields.Integer(metadata={"description": "签到券办结人数"})
    failed = fields.Integer(metadata={"description": "未达标人数"})
    held = fields.Integer(metadata={"description": "待处置、留待以后签字的人数"})
    failures = fields.List(fields.Nested(Failed))


def _check_once(lines: list[dict[str, Any]]) -> None:
    named = [each["voucher_id"] for each in lines]
    if len(set(named)) < len(named):
        raise ValidationError("同一张券只能填一次", "voucher_id")
