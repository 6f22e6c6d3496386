"""Stars of institutions: how every point came, an objection, its answer."""

from __future__ import annotations

from marshmallow import Schema, fields

from voucher.doors.schemas.paging import Paging, page_of
from voucher.doors.schemas.values import WORDS_MAX, Body, Count, Moment, Said, Words


class StarFilter(Paging):
    """Of which year; none for the last one."""

    year = Count(least=2000, most=2200, load_default=None)


class StarRatingState(Schema):
    """The stars of one institution for a year, as they stand now."""

    id = fields.Integer()
    institution_id = fields.Integer()
    institution_name = fields.String()
    year = fields.Integer()
    stars = fields.Integer(allow_none=True, metadata={"description": "现在的星级；更正过的为更正后"})
    total_tenths = fields.Integer(allow_none=True, metadata={"description": "总分，十分之一分"})
    is_corrected = fields.Boolean()
    given_at = Moment()


class StarPoint(Schema):
    """One line of how the points came."""

    word = fields.String()
    points_tenths = fields.Integer()
    most_tenths = fields.Integer()


class StarObjection(StarRatingState):
    """Stars with their points, what was objected and answered; the institution and the office read it."""

    lines = fields.List(fields.Nested(StarPoint), metadata={"description": "评定时每一分的来历"})
    objection = fields.String(allow_none=True)
    objected_at = Moment(allow_none=True)
    reply_due = fields.Date(allow_none=True, metadata={"description": "答复异议的期限"})
    reply = fields.String(allow_none=True)
    is_upheld = fields.Boolean(allow_none=True)


StarRatings = page_of(StarRatingState(), "StarRatings")
StarObjections = page_of(StarObjection(), "StarObjections")


class NewStarObjection(Body):
    """What is wrong with the stars."""

    words = Words(required=True, most=WORDS_MAX)


class NewStarAnswer(Body):
    """Whether the objection is right; stars are counted anew by the formula, nobody types them in."""

    is_upheld = Said(required=True)
    words = Words(required=True, most=WORDS_MAX)
