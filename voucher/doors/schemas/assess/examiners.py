"""Examiners an evaluator has filed, and who examines at which exam."""

from __future__ import annotations

from marshmallow import Schema, fields

from voucher.doors.schemas.issue.issues import NewPerson
from voucher.doors.schemas.paging import page_of
from voucher.doors.schemas.values import WORDS_MAX, Body, Ids, Moment, OnDay, Whole, Words

ON_LIST_MOST = 1000


class NewExaminer(Body):
    """An examiner as the card says."""

    institution_id = Whole(required=True, least=1, metadata={"description": "评价机构"})
    person = fields.Nested(NewPerson, required=True)
    card_number = Words(required=True, most=60, metadata={"description": "考评员证书编号"})
    since = OnDay(required=True, metadata={"description": "有效期起"})
    until = OnDay(load_default=None, allow_none=True, metadata={"description": "有效期止；长期的不填"})


class NewExaminerEnd(Body):
    """Why somebody examines no more."""

    why = Words(required=True, most=WORDS_MAX, metadata={"description": "理由"})


class NewExaminers(Body):
    """Everybody who examines at an exam; whoever is not named is free."""

    examiner_ids = Ids(required=True)


class ExaminerState(Schema):
    """An examiner, masked, with the days in force."""

    id = fields.Integer()
    institution_id = fields.Integer()
    masked_name = fields.String(metadata={"example": "王*"})
    card_number = fields.String(metadata={"example": "KP4100012345"})
    since = fields.Date()
    until = fields.Date(allow_none=True)
    filed_at = Moment()


class ExaminersAssigned(Schema):
    """Who examines at an exam."""

    exam_batch_id = fields.Integer()
    examiner_ids = fields.List(fields.Integer())


Examiners = page_of(ExaminerState(), "Examiners")
