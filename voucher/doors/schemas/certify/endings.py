"""How a voucher ends beyond its certificate: taken back on a finding of fraud, put back after an appeal."""

from __future__ import annotations

from marshmallow import Schema, fields

from voucher.doors.schemas.steps import TwoSteps
from voucher.doors.schemas.values import WORDS_MAX, Body, Whole, Words


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
