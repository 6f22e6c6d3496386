"""Splits, mergers and corrections of classes (拆班、并班、结业更正): asked by one, decided by another."""

from __future__ import annotations

from marshmallow import Schema, fields

from voucher.doors.schemas.paging import Paging, page_of
from voucher.doors.schemas.values import WORDS_MAX, Body, Ids, Moment, Region, Whole, Word, Words

EXAM = {"description": "结业考核成绩，百分之一分；没有参加的为 null"}


class NewSplit(Body):
    """Who goes on in which other class."""

    to_class_id = Whole(required=True, least=1)
    voucher_ids = Ids(required=True)
    why = Words(load_default="", least=0, most=WORDS_MAX)


class NewMerger(Body):
    """In which other class everybody goes on."""

    to_class_id = Whole(required=True, least=1)
    why = Words(load_default="", least=0, most=WORDS_MAX)


class NewMoveReview(Body):
    """The office's word on a split or merger."""

    decision = Word(("pass", "refuse"), required=True)
    opinion = Words(load_default="", least=0, most=WORDS_MAX)


class MoveFilter(Paging):
    """Which splits and mergers."""

    region = Region(load_default=None)
    state = Word(("waiting", "all"), load_default="waiting")


class MoveState(Schema):
    """A split or a merger."""

    id = fields.Integer()
    kind = fields.String(metadata={"description": "split 拆班、merger 并班"})
    from_class_id = fields.Integer()
    to_class_id = fields.Integer()
    why = fields.String()
    asked_at = Moment()
    agreed = fields.Boolean(allow_none=True)
    opinion = fields.String(allow_none=True)
    decided_at = Moment(allow_none=True)


class NewCompletionCorrection(Body):
    """What a sign-off should have said of one person."""

    voucher_id = Whole(required=True, least=1)
    hours_attended = Whole(required=True)
    exam_hundredths = Whole(required=True, allow_none=True, metadata=EXAM)
    why = Words(load_default="", least=0, most=WORDS_MAX)


class NewCompletionDecision(Body):
    """Confirm a correction, or send it back."""

    decision = Word(("confirm", "refuse"), required=True)


class CompletionCorrectionState(Schema):
    """A correction of a result, with what stood before."""

    id = fields.Integer()
    class_id = fields.Integer()
    former_hours = fields.Integer()
    former_exam_hundredths = fields.Integer(allow_none=True, metadata=EXAM)
    former_passed = fields.Boolean()
    hours_attended = fields.Integer()
    hours_typed = fields.Integer(
        allow_none=True, metadata={"description": "填写的学时；有签到的按签到和会签记录计，没有采用"}
    )
    exam_hundredths = fields.Integer(allow_none=True, metadata=EXAM)
    passed = fields.Boolean()
    why = fields.String()
    asked_at = Moment()
    agreed = fields.Boolean(allow_none=True)
    decided_at = Moment(allow_none=True)


class CorrectionsTold(Schema):
    """The corrections of a class, the newest first."""

    items = fields.List(fields.Nested(CompletionCorrectionState))


Moves = page_of(MoveState(), "ClassMoves")
