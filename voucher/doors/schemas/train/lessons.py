"""Online lessons (线上课): put together by the institution, played and logged by the worker."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from voucher.doors.schemas.train.places import DIGITS_MAX
from voucher.doors.schemas.values import Body, Count, Moment, Several, Whole, Word, Words
from voucher.rules.lessons import (
    CONTENT_MOST,
    MINUTES_MOST,
    OPTION_MOST,
    OPTIONS_MOST,
    QUESTION_MOST,
    SEGMENTS_MOST,
)

KINDS = ("video", "pages")
SEEN_MOST = 1_000_000


class NewSegment(Body):
    """One stretch of a lesson, with a question at its end or none."""

    minutes = Whole(required=True, least=1, most=MINUTES_MOST, metadata={"description": "内容分钟数"})
    content = Words(load_default="", least=0, most=CONTENT_MOST, metadata={"description": "图文课的正文"})
    question = Words(
        load_default=None, allow_none=True, most=QUESTION_MOST, metadata={"description": "检查题"}
    )
    options = fields.List(
        Words(most=OPTION_MOST),
        load_default=list,
        validate=validate.Length(max=OPTIONS_MOST, error="最多 {max} 个选项"),
        metadata={"description": "检查题的选项，两个以上"},
    )
    answer = Whole(
        load_default=None,
        allow_none=True,
        least=1,
        most=OPTIONS_MOST,
        metadata={"description": "正确选项，从1起"},
    )


class NewLesson(Body):
    """A lesson of an online session."""

    session_id = Whole(required=True, least=1)
    kind = Word(KINDS, required=True, metadata={"description": "video 视频、pages 图文"})
    title = Words(required=True, most=100)
    address = Words(
        load_default=None, allow_none=True, most=500, metadata={"description": "视频的 https 地址"}
    )
    segments = Several(NewSegment, most=SEGMENTS_MOST, required=True)


class NewFilm(Body):
    """A lesson whose film comes along as the part called `file`."""

    session_id = Count(required=True)
    title = Words(required=True, most=100)
    minutes = Count(
        required=True, least=1, most=MINUTES_MOST, metadata={"description": "整节一段的分钟数，不长于视频"}
    )


class LessonState(Schema):
    """A lesson that was added."""

    id = fields.Integer()
    session_id = fields.Integer()
    position = fields.Integer()
    kind = fields.String()
    title = fields.String()
    address = fields.String(allow_none=True)


class NewStudy(Body):
    """A segment somebody begins to play, on which voucher."""

    segment_id = Whole(required=True, least=1)
    voucher_id = Whole(required=True, least=1)


class StudyBegun(Schema):
    """A segment that is being played; its end is signed over the number."""

    id = fields.Integer()
    segment_id = fields.Integer()
    started_at = Moment()
    number = fields.Integer(metadata={"description": "学完时手机对它签名"})


class NewStudyEnd(Body):
    """The end of a segment, signed by the own phone."""

    study_id = Whole(required=True, least=1)
    digits = Words(required=True, most=DIGITS_MAX, metadata={"description": "手机签名的出示码"})
    answer = Whole(load_default=None, allow_none=True, least=1, most=OPTIONS_MOST)


class NewStudyFocus(Body):
    """What the page of a segment has seen since it was opened."""

    study_id = Whole(required=True, least=1)
    open_minutes = Whole(
        required=True, most=SEEN_MOST, metadata={"description": "打开以来页面在眼前的分钟数"}
    )
    acts = Whole(required=True, most=SEEN_MOST, metadata={"description": "打开以来触摸、按键、滚动的次数"})


class StudyState(Schema):
    """What a segment came to."""

    id = fields.Integer()
    segment_id = fields.Integer()
    started_at = Moment()
    ended_at = Moment(allow_none=True)
    outcome = fields.String(
        allow_none=True,
        metadata={"description": "counted 计入、too_fast 速度不可能、wrong_answer 检查题答错"},
    )
    minutes = fields.Integer(metadata={"description": "计入的分钟数"})
