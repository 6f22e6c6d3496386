"""Institutions' own systems: their registration, where they are told what happened, and what was sent."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from voucher.doors.schemas.paging import Paging, page_of
from voucher.doors.schemas.values import Body, Count, Moment, Whole, Word, Words
from voucher.registry.systems.rows import SystemScope
from voucher.registry.systems.webhook_rows import EVENTS

NAME_MOST, ADDRESS_MOST = 40, 500
ONCE = {"description": "只在第一次答复中给出；用同一个键再问为 null"}


class SystemState(Schema):
    """A system of an institution."""

    id = fields.Integer()
    institution_id = fields.Integer()
    client_id = fields.String()
    name = fields.String()
    scopes = fields.List(fields.String())
    registered_at = Moment()
    revoked_at = Moment(allow_none=True)


class NewSystem(Body):
    """A system to be registered."""

    institution_id = Whole(required=True)
    name = Words(required=True, most=NAME_MOST)
    scopes = fields.List(Word(SystemScope), required=True, validate=validate.Length(1, len(SystemScope)))


class SystemWithSecret(SystemState):
    """A system with its new secret."""

    client_secret = fields.String(allow_none=True, metadata=ONCE)


class Systems(Schema):
    """The systems of the caller's institutions, the standing ones first."""

    items = fields.List(fields.Nested(SystemState()))


class Nothing(Body):
    """Nothing more is asked."""


class WebhookState(Schema):
    """Where a system is told what happened."""

    id = fields.Integer()
    system_id = fields.Integer()
    address = fields.String()
    events = fields.List(fields.String())
    failures = fields.Integer(metadata={"description": "最近一次送达以来连续没有收下的次数"})
    registered_at = Moment()
    paused_at = Moment(allow_none=True)
    revoked_at = Moment(allow_none=True)


class NewWebhook(Body):
    """An address to be told at, and of what."""

    address = Words(
        required=True, most=ADDRESS_MOST, metadata={"description": "互联网上的 https 网址，端口 443 或 8443"}
    )
    events = fields.List(Word(EVENTS), required=True, validate=validate.Length(1, len(EVENTS)))


class WebhookWithSecret(WebhookState):
    """A webhook with its new secret."""

    secret = fields.String(allow_none=True, metadata=ONCE)


class TryState(Schema):
    """One try to hand a notice over."""

    tried_at = Moment()
    status = fields.Integer(allow_none=True)
    words = fields.String()
    took_ms = fields.Integer()


class DeliveryState(Schema):
    """One notice, and its tries."""

    id = fields.Integer()
    webhook_id = fields.Integer()
    sequence = fields.Integer()
    event = fields.String()
    event_name = fields.String()
    made_at = Moment()
    delivered_at = Moment(allow_none=True)
    body = fields.String()
    tries = fields.List(fields.Nested(TryState()))


class SentState(Schema):
    """A notice that was put on its way."""

    id = fields.Integer()
    webhook_id = fields.Integer()
    sequence = fields.Integer()
    event = fields.String()


class DeliveryFilter(Paging):
    """Whose notices."""

    webhook_id = Count(required=True)


Deliveries = page_of(DeliveryState(), "WebhookDeliveries")
