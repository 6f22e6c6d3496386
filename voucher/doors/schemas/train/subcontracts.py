"""Subcontracts: classes another institution teaches than the one that is paid."""

from __future__ import annotations

from marshmallow import Schema, fields

from voucher.doors.schemas.paging import Paging, page_of
from voucher.doors.schemas.values import WORDS_MAX, Body, Moment, Region, Words


class SubcontractFilter(Paging):
    """Which subcontracts; an institution reads its own on either side."""

    region = Region(load_default=None)


class SubcontractState(Schema):
    """One class handed to another institution, and how that stands."""

    id = fields.Integer()
    class_id = fields.Integer()
    class_number = fields.String()
    from_institution_id = fields.Integer(metadata={"description": "主办机构，补贴付给它"})
    from_institution_name = fields.String()
    to_institution_id = fields.Integer(metadata={"description": "承训机构"})
    to_institution_name = fields.String()
    why = fields.String()
    state = fields.String(metadata={"description": "asked 待答复、agreed 已同意、ended 已终止"})
    asked_at = Moment()
    agreed_at = Moment(allow_none=True)
    ended_at = Moment(allow_none=True)
    ended_why = fields.String(allow_none=True)


Subcontracts = page_of(SubcontractState(), "Subcontracts")


class NewSubcontractConsent(Body):
    """Nothing has to be said to agree."""


class NewSubcontractRefusal(Body):
    """Why it is not taken over."""

    why = Words(required=True, most=WORDS_MAX)
