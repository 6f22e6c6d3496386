"""Holds on vouchers and claims; while one is open nothing moves toward use or payment."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, ValidationError, fields, validates_schema

from voucher.doors.schemas.paging import Paging, page_of
from voucher.doors.schemas.values import WORDS_MAX, Body, Moment, Region, Whole, Word, Words
from voucher.rules.lifecycle import Thing


class HoldFilter(Paging):
    """Which open holds."""

    region = Region(load_default=None)
    thing = Word(
        (Thing.VOUCHER, Thing.CLAIM, Thing.CERTIFICATE),
        load_default=None,
        metadata={"description": "voucher 培训券、claim 申领、certificate 证书（撤销待确认）"},
    )


class NewHold(Body):
    """Why a voucher or a claim must stop."""

    voucher_id = Whole(load_default=None, allow_none=True, least=1)
    claim_id = Whole(load_default=None, allow_none=True, least=1)
    why = Words(required=True, most=WORDS_MAX, metadata={"description": "待处置原因"})

    @validates_schema
    def check_one(self, data: dict[str, Any], **kwargs: Any) -> None:
        """Refuse both and neither."""
        if (data["voucher_id"] is None) == (data["claim_id"] is None):
            raise ValidationError("培训券和申领须填且只填一项", "voucher_id")


class HoldClosing(Body):
    """How it ended."""

    conclusion = Words(required=True, most=WORDS_MAX, metadata={"description": "处置结论"})


class HoldState(Schema):
    """A hold on a voucher, a claim or a certificate."""

    id = fields.Integer()
    thing = fields.String(metadata={"example": "voucher"})
    voucher_id = fields.Function(
        lambda hold: _id(hold, Thing.VOUCHER), metadata={"type": ["integer", "null"]}
    )
    claim_id = fields.Function(lambda hold: _id(hold, Thing.CLAIM), metadata={"type": ["integer", "null"]})
    certificate_id = fields.Function(
        lambda hold: _id(hold, Thing.CERTIFICATE), metadata={"type": ["integer", "null"]}
    )
    why = fields.String()
    said = fields.String(allow_none=True, metadata={"description": "持券人所述经过；机构看不到"})
    opened_at = Moment()
    closed_at = Moment(allow_none=True)
    conclusion = fields.String(allow_none=True)


Holds = page_of(HoldState(), "Holds")


def _id(hold: Any, thing: Thing) -> int | None:
    return hold.object_id if hold.thing == thing else None
