"""Ratings of classes (学员评价): what a learner says, and what everybody sees of many."""

from __future__ import annotations

from marshmallow import Schema, fields

from voucher.doors.schemas.values import WORDS_MAX, Body, Moment, Whole, Words
from voucher.rules.ratings import LEAST_STARS, MOST_STARS


class NewRating(Body):
    """How the class was; given again until the limit, the last one counts."""

    voucher_id = Whole(required=True, least=1)
    stars = Whole(
        required=True, least=LEAST_STARS, most=MOST_STARS, metadata={"description": "5 很满意 至 1 很不满意"}
    )
    said = Words(load_default="", least=0, most=WORDS_MAX, metadata={"description": "想说的话，机构看不到"})


class RatingState(Schema):
    """One's own rating."""

    voucher_id = fields.Integer()
    class_id = fields.Integer()
    stars = fields.Integer()
    changes = fields.Integer(metadata={"description": "改过几次"})
    rated_at = Moment()


class ClassRated(Schema):
    """How a class is rated by all; nothing of too few people."""

    average_tenths = fields.Integer(
        allow_none=True, metadata={"description": "平均分，十分之一分，例如 46 为 4.6 分；人数不足时为 null"}
    )
    people = fields.Integer(allow_none=True)
