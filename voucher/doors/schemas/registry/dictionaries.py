"""The dated dictionaries as they are read."""

from __future__ import annotations

from marshmallow import Schema, fields

from voucher.doors.schemas.cited import Cited, Explained
from voucher.doors.schemas.values import OnDay


class OnFilter(Schema):
    """The day whose words are asked for."""

    on = OnDay(load_default=None, metadata={"description": "在哪一天有效；不填为今天"})


class WordState(Schema):
    """One word of a dictionary, with its days in force."""

    code = fields.String()
    name = fields.String()
    document = Explained(allow_none=True)
    since = fields.Date()
    until = fields.Date(allow_none=True)
    source = Cited()


class DictionaryState(Schema):
    """A dictionary and its words in force on a day, in the order they were written down."""

    dictionary = fields.String()
    name = fields.String()
    on = fields.Date()
    items = fields.List(fields.Nested(WordState))
