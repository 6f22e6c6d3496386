"""How a voucher ends beyond its certificate: taken back on a finding of fraud, put back after an appeal."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, ValidationError, fields, validates_schema

from voucher.doors.schemas.values import WORDS_MAX, Body, Whole, Word, Words


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


class NewRelease(TwoSteps):
    """A key whose money came back in full: asked for by one with a reason, agreed to by another."""

    claim_id = Whole(required=True, least=1, metadata={"description": "已追回的申领"})


class ReleaseState(Schema):
    """Whether the key of a claim is free again."""

    claim_id = fields.Integer()
    released = fields.Boolean()


class NewReinstatement(TwoSteps):
    """A voucher being recovered goes back to paid."""

    voucher_id = Whole(required=True, least=1)


class ReinstatementDone(Schema):
    """A voucher, and whether it stands again or a second person still has to agree."""

    voucher_id = fields.Integer()
    state = fields.String()
    state_name = fields.String()
    reinstated = fields.Boolean(metadata={"description": "false 表示已提出，待另一人确认"})


class NewDecertification(Body):
    """A finding of fraud on a certified or settled voucher."""

    voucher_id = Whole(required=True, least=1)
    why = Words(required=True, most=WORDS_MAX, metadata={"description": "查实的事实和依据"})
