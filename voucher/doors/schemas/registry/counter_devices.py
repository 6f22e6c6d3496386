"""Devices at the counter: named, approved, struck off."""

from __future__ import annotations

from marshmallow import Schema, fields

from voucher.doors.schemas.values import Body, Moment, Whole, Words
from voucher.registry.counter_devices import NAME_MOST

ONCE = {
    "description": "设备密钥：由该设备保存，扫码时在 Counter-Device 头中带上；"
    "只在第一次答复中给出，用同一个键再问为 null"
}


class NewCounterDevice(Body):
    """A device that will scan for an institution."""

    institution_id = Whole(least=1, required=True)
    name = Words(required=True, most=NAME_MOST, metadata={"description": "同事认得的名字"})


class CounterDeviceState(Schema):
    """A device at the counter."""

    id = fields.Integer()
    institution_id = fields.Integer()
    name = fields.String()
    label = fields.String(metadata={"description": "扫码记录中的设备名"})
    named_at = Moment()
    approved_at = Moment(allow_none=True)
    struck_at = Moment(allow_none=True)


class CounterDeviceWithSecret(CounterDeviceState):
    """A device with the secret it is known by."""

    secret = fields.String(allow_none=True, metadata=ONCE)


class CounterDevices(Schema):
    """The devices of the caller's institutions: those in use first, new before old."""

    items = fields.List(fields.Nested(CounterDeviceState()))
