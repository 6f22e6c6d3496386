"""What nouns of every stage say alike: one step of a life, an act of two people, how many were moved."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, ValidationError, fields, validates_schema

from voucher.doors.schemas.values import WORDS_MAX, Body, Moment, Word, Words


class TimelineStep(Schema):
    """One step of a claim: what, when, who, and with which words."""

    event = fields.String()
    event_name = fields.String()
    state_name = fields.String()
    at = Moment()
    who = fields.String()
    opinion = fields.String(allow_none=True)


class TwoSteps(Body):
    """One person asks with a reason, another one agrees, or declines with a reason."""

    step = Word(
        ("ask", "confirm", "decline"),
        required=True,
        metadata={"description": "ask 提出、confirm 确认、decline 不同意"},
    )
    why = Words(
        load_default=None,
        allow_none=True,
        most=WORDS_MAX,
        metadata={"description": "提出、不同意时必填：结论和理由"},
    )

    @validates_schema
    def check_why(self, data: dict[str, Any], **kwargs: Any) -> None:
        """Refuse to ask, and to decline, without saying why."""
        if data["step"] != "confirm" and data["why"] is None:
            raise ValidationError("提出、不同意时须写明理由", "why")


class CountDone(Schema):
    """How many were moved."""

    count = fields.Integer()
