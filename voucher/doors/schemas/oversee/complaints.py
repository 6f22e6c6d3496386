"""Complaints, appeals against measures and what institutions are asked; words are opened by a look alone."""

from __future__ import annotations

from marshmallow import Schema, fields

from voucher.doors.schemas.paging import Paging, page_of
from voucher.doors.schemas.values import WORDS_MAX, Body, Moment, Region, Said, Words


class ComplaintFilter(Paging):
    """Which complaints."""

    region = Region(load_default=None)
    state = Words(most=30, load_default=None)
    kind = Words(most=20, load_default=None, metadata={"description": "complaint 投诉举报、appeal 申诉"})


class ComplaintState(Schema):
    """A complaint or an appeal, without a word of who wrote it."""

    id = fields.Integer()
    kind = fields.String()
    topic = fields.String()
    region_code = fields.String()
    institution_id = fields.Integer()
    measure_id = fields.Integer(allow_none=True, metadata={"description": "申诉所对的处置"})
    state = fields.String()
    state_name = fields.String()
    filed_at = Moment()
    accept_by = fields.Date(metadata={"description": "决定受理的期限"})
    accepted_at = Moment(allow_none=True)
    close_by = fields.Date(allow_none=True, metadata={"description": "办结的期限"})
    question = fields.String(allow_none=True, metadata={"description": "问机构的话"})
    answer_by = fields.Date(allow_none=True)
    answer = fields.String(allow_none=True)
    conclusion = fields.String(allow_none=True)
    reply = fields.String(allow_none=True, metadata={"description": "答复提出人的话"})
    concluded_at = Moment(allow_none=True)


class ComplaintWords(ComplaintState):
    """A complaint with what was written; every look leaves a row."""

    words = fields.String()
    contact = fields.String(metadata={"description": "没有留的为空"})


class ComplaintQuestion(Schema):
    """What an institution is asked, and nothing of who complained."""

    id = fields.Integer()
    institution_id = fields.Integer()
    state = fields.String()
    question = fields.String()
    asked_at = Moment()
    answer_by = fields.Date()
    answer = fields.String(allow_none=True)
    answered_at = Moment(allow_none=True)


class AppealFiled(Schema):
    """An appeal as who filed it keeps it: its number is how it is followed."""

    id = fields.Integer()
    number = fields.String()
    measure_id = fields.Integer()
    state = fields.String()
    accept_by = fields.Date()


Complaints = page_of(ComplaintState(), "Complaints")
ComplaintQuestions = page_of(ComplaintQuestion(), "ComplaintQuestions")


class NewComplaintStep(Body):
    """Nothing has to be said."""


class NewComplaintWords(Body):
    """What is asked, answered, or why it is refused."""

    words = Words(required=True, most=WORDS_MAX)


class NewComplaintConclusion(Body):
    """Whether it is true: words for the office, a reply for who complained."""

    is_upheld = Said(required=True)
    words = Words(required=True, most=WORDS_MAX)
    reply = Words(required=True, most=WORDS_MAX)


class NewMeasureAppeal(Body):
    """What an institution says against a measure, and how it is reached."""

    words = Words(required=True, most=WORDS_MAX)
    contact = Words(load_default="", least=0, most=100)
