"""Filings of institutions (机构备案): opened, filled part by part, handed in, decided."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from voucher.doors.schemas.paging import Paging, page_of
from voucher.doors.schemas.steps import TimelineStep
from voucher.doors.schemas.values import (
    LINE_MAX,
    LIST,
    WORDS_MAX,
    Body,
    Count,
    OnDay,
    Region,
    Whole,
    Word,
    Words,
)
from voucher.registry.filing.parts import LEVEL_MOST, SEATS_MOST
from voucher.rules.filing import LicenceKind
from voucher.rules.lifecycle import STATE_NAMES, Thing

STATES = tuple(STATE_NAMES[Thing.FILING])


class InstitutionFilingFilter(Paging):
    """Which filings."""

    region = Region(load_default=None)
    state = Word(STATES, load_default=None)


class NewInstitutionFiling(Body):
    """The first page: who the institution is and who answers for it."""

    code = Words(required=True, most=30, metadata={"description": "统一社会信用代码"})
    name = Words(required=True, most=100)
    kind = Words(required=True, most=40, metadata={"description": "机构类型，代码或中文"})
    region_code = Region(required=True)
    address = Words(required=True, most=LINE_MAX)
    legal_name = Words(required=True, most=50, metadata={"description": "法定代表人，加密保存"})
    contact_name = Words(required=True, most=50, metadata={"description": "联系人，加密保存"})
    contact_mobile = Words(required=True, most=20, metadata={"description": "联系手机，加密保存"})


class NewFilingLicence(Body):
    """A licence; its photograph or PDF is the part called `file`."""

    kind = Word(tuple(LicenceKind), required=True)
    number = Words(required=True, most=60)
    authority = Words(required=True, most=100, metadata={"description": "发证机关"})
    since = OnDay(required=True)
    until = OnDay(load_default=None, metadata={"description": "长期有效的不填"})


class NewFilingScope(Body):
    """An occupation or item, a level, and the project it is trained under."""

    trade = Words(required=True, most=60, metadata={"description": "职业（工种）或专项能力的代码或名称"})
    level = Whole(most=LEVEL_MOST, required=True, metadata={"description": "0 为不分等级"})
    project_code = Words(required=True, most=40)


class NewFilingTeacher(Body):
    """A teacher; one identity number is one person in every institution."""

    name = Words(required=True, most=50)
    number = Words(required=True, most=30, metadata={"description": "身份证号码，加密保存，不再显示"})
    qualification = Words(required=True, most=100)
    certificate_number = Words(required=True, most=60)
    until = OnDay(load_default=None, metadata={"description": "长期有效的不填"})
    trades = fields.List(
        Words(most=60),
        required=True,
        error_messages=LIST,
        validate=validate.Length(1, 50, error="应为 {min} 至 {max} 项"),
        metadata={"description": "可教的职业，代码或名称"},
    )


class NewFilingRoom(Body):
    """A room classes are held in."""

    name = Words(required=True, most=100)
    address = Words(required=True, most=LINE_MAX)
    region_code = Region(required=True)
    seats = Whole(least=1, most=SEATS_MOST, required=True)
    equipment = Words(required=True, most=500)
    latitude_e6 = Whole(
        load_default=None,
        allow_none=True,
        least=-90_000_000,
        most=90_000_000,
        metadata={"description": "纬度，百万分之一度；填了的可以核对签到位置"},
    )
    longitude_e6 = Whole(
        load_default=None,
        allow_none=True,
        least=-180_000_000,
        most=180_000_000,
        metadata={"description": "经度，百万分之一度"},
    )


class NewFilingPhoto(Body):
    """Which room the photograph called `file` shows."""

    room_id = Count(required=True, metadata={"description": "这件备案中的场地"})


class NewFilingRemoval(Body):
    """Which entry is struck off."""

    part = Word(("licences", "scopes", "teachers", "rooms", "photos"), required=True)
    entry_id = Whole(least=1, required=True)


class NewFilingReview(Body):
    """The office's word."""

    decision = Word(
        ("accept", "return", "refuse"),
        required=True,
        metadata={"description": "accept 准予备案、return 退回补正、refuse 不予备案"},
    )
    opinion = Words(required=True, most=WORDS_MAX)


class FilingPartDone(Schema):
    """The entry that was added."""

    filing_id = fields.Integer()
    entry_id = fields.Integer()


class InstitutionFilingState(Schema):
    """A filing as lists show it."""

    id = fields.Integer()
    number = fields.String(metadata={"description": "备案号"})
    code = fields.String(metadata={"description": "统一社会信用代码"})
    name = fields.String()
    kind = fields.String()
    region_code = fields.String()
    institution_id = fields.Integer(allow_none=True)
    state = fields.String()
    state_name = fields.String()


class FilingLicenceState(Schema):
    """A licence."""

    id = fields.Integer()
    kind = fields.String()
    number = fields.String()
    authority = fields.String()
    since = fields.Date()
    until = fields.Date(allow_none=True)


class FilingScopeState(Schema):
    """An occupation and level applied for."""

    id = fields.Integer()
    trade_code = fields.String()
    level = fields.Integer()
    project_id = fields.Integer()


class FilingTeacherState(Schema):
    """A teacher, by name only."""

    id = fields.Integer()
    name = fields.String()
    qualification = fields.String()
    until = fields.Date(allow_none=True)
    trade_codes = fields.List(fields.String())


class FilingRoomState(Schema):
    """A room."""

    id = fields.Integer()
    name = fields.String()
    address = fields.String()
    region_code = fields.String()
    seats = fields.Integer()
    equipment = fields.String()
    latitude_e6 = fields.Integer(allow_none=True, metadata={"description": "纬度，百万分之一度"})
    longitude_e6 = fields.Integer(allow_none=True, metadata={"description": "经度，百万分之一度"})
    photo_ids = fields.List(fields.Integer(), metadata={"description": "场地照片"})


class InstitutionFilingDetail(InstitutionFilingState):
    """A filing with all it holds and what became of it."""

    address = fields.String()
    licences = fields.List(fields.Nested(FilingLicenceState))
    scopes = fields.List(fields.Nested(FilingScopeState))
    teachers = fields.List(fields.Nested(FilingTeacherState))
    rooms = fields.List(fields.Nested(FilingRoomState))
    due_on = fields.Date(allow_none=True, metadata={"description": "最迟答复日期"})
    timeline = fields.List(fields.Nested(TimelineStep))


InstitutionFilings = page_of(InstitutionFilingState(), "InstitutionFilings")
