"""Measures of the ladder: what a step would touch, what was proposed, what came of it."""

from __future__ import annotations

from marshmallow import Schema, fields

from voucher.doors.schemas.paging import Paging, page_of
from voucher.doors.schemas.values import WORDS_MAX, Body, Region, Words


class EffectLine(Schema):
    """One kind of thing a step would touch."""

    touched = fields.String()
    name = fields.String()
    count = fields.Integer()
    people = fields.Integer()
    amount_fen = fields.Integer(allow_none=True)
    then = fields.String(metadata={"description": "会怎样：停住什么，本人可以怎样选"})


class SanctionPreview(Schema):
    """Everything a step would touch now; `digest` is sent back with the proposal or confirmation."""

    digest = fields.String()
    lines = fields.List(fields.Nested(EffectLine))


class MeasureFilter(Paging):
    """Which measures."""

    region = Region(load_default=None)
    state = Words(most=30, load_default=None)


class MeasureState(Schema):
    """A measure as lists show it."""

    id = fields.Integer()
    number = fields.String()
    institution_id = fields.Integer()
    step = fields.String()
    step_name = fields.String()
    state = fields.String()
    state_name = fields.String()
    is_direct = fields.Boolean(metadata={"description": "越级"})
    facts = fields.String()
    legal_basis = fields.String()
    deadline_on = fields.Date(allow_none=True)
    until_on = fields.Date(allow_none=True)
    heard_until = fields.Date(allow_none=True, metadata={"description": "陈述申辩期限"})
    appeal_until = fields.Date(allow_none=True, metadata={"description": "申诉期限"})


class MeasureDetail(MeasureState):
    """A measure with what it touches: now while it waits, as shown once it is decided."""

    effect = fields.Nested(SanctionPreview)


Measures = page_of(MeasureState(), "Measures")


class NewMeasureConfirmation(Body):
    """Another person confirms, with the effect seen."""

    seen = Words(required=True, most=64, metadata={"description": "effect.digest：看过的后果"})


class NewDrop(Body):
    """Why a proposal is dropped."""

    why = Words(required=True, most=WORDS_MAX)


class MeasureDone(MeasureState):
    """What a confirmation really did."""

    institution_state = fields.String()
    institution_state_name = fields.String()
    vouchers_held = fields.Integer(metadata={"description": "因此转为待处置的券"})
    vouchers_released = fields.Integer(metadata={"description": "恢复办理的券"})
