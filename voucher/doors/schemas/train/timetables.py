"""Changes of timetables (课程变更): which sessions become what, and what the office said."""

from __future__ import annotations

from marshmallow import Schema, fields

from voucher.doors.schemas.paging import Paging, page_of
from voucher.doors.schemas.train.classes import SESSIONS_MAX, NewSession
from voucher.doors.schemas.values import (
    WORDS_MAX,
    Body,
    Instant,
    Moment,
    Region,
    Said,
    Several,
    Whole,
    Word,
    Words,
)

STAYS = "；不填不变"


class NewSessionChange(Body):
    """What one session is to be; what is left out stays."""

    session_id = Whole(required=True, least=1)
    starts_at = Instant(load_default=None, allow_none=True, metadata={"description": "新的开始时间" + STAYS})
    ends_at = Instant(
        load_default=None,
        allow_none=True,
        metadata={"description": "新的结束时间；不填时随开始时间移动，时长不变"},
    )
    hours = Whole(
        load_default=None, allow_none=True, least=1, most=24, metadata={"description": "学时" + STAYS}
    )
    teacher = Words(
        load_default=None, allow_none=True, most=60, metadata={"description": "已备案的教师" + STAYS}
    )
    place = Words(load_default=None, allow_none=True, metadata={"description": "已备案的场地" + STAYS})
    drop = Said(load_default=False, metadata={"description": "true 为取消这次课"})


class NewAddition(NewSession):
    """A session to be added; teacher and place are those of the class where none is named."""

    teacher = Words(load_default=None, allow_none=True, most=60, metadata={"description": "不填为本班教师"})
    place = Words(load_default=None, allow_none=True, metadata={"description": "不填为本班地点"})


class NewTimetableChange(Body):
    """Which sessions change, fall away or are added, and why."""

    sessions = Several(NewSessionChange, most=SESSIONS_MAX, load_default=list, least=0)
    additions = Several(NewAddition, most=SESSIONS_MAX, load_default=list, least=0)
    why = Words(load_default="", least=0, most=WORDS_MAX)


class NewTimetableReview(Body):
    """The office's word on a change."""

    decision = Word(("pass", "refuse"), required=True)
    opinion = Words(load_default="", least=0, most=WORDS_MAX)


class TimetableFilter(Paging):
    """Which changes of timetables."""

    region = Region(load_default=None)
    state = Word(("waiting", "all"), load_default="waiting")


class SessionChangeState(Schema):
    """One session as it was and as it is to be."""

    kind = fields.String(metadata={"description": "change 变更、add 新增、drop 取消"})
    session_id = fields.Integer(allow_none=True, metadata={"description": "新增的为 null"})
    position = fields.Integer(metadata={"description": "第几次课"})
    mode = fields.String()
    topic = fields.String()
    former_starts_at = Moment(allow_none=True, metadata={"description": "新增的，变更前各项为 null"})
    former_ends_at = Moment(allow_none=True)
    former_hours = fields.Integer(allow_none=True)
    former_teacher = fields.String(allow_none=True)
    former_place = fields.String(allow_none=True)
    starts_at = Moment(allow_none=True, metadata={"description": "取消的，变更后各项为 null"})
    ends_at = Moment(allow_none=True)
    hours = fields.Integer(allow_none=True)
    teacher = fields.String(allow_none=True)
    place = fields.String(allow_none=True)


class TimetableChangeState(Schema):
    """A change of a timetable, with what was before."""

    id = fields.Integer()
    class_id = fields.Integer()
    why = fields.String()
    asked_at = Moment()
    reviewed = fields.Boolean(metadata={"description": "是否须人社部门审核；否的已经生效"})
    due_on = fields.Date(allow_none=True, metadata={"description": "人社部门最迟哪天答复"})
    agreed = fields.Boolean(allow_none=True)
    opinion = fields.String(allow_none=True)
    decided_at = Moment(allow_none=True)
    applied_at = Moment(allow_none=True, metadata={"description": "何时生效；没有生效的为 null"})
    sessions = fields.List(fields.Nested(SessionChangeState))


class TimetableChangesTold(Schema):
    """The changes of one class, the newest first."""

    items = fields.List(fields.Nested(TimetableChangeState))


TimetableChanges = page_of(TimetableChangeState(), "TimetableChanges")
