"""Phones, what is signed into them, and the numbers a counter needs without a network."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from marshmallow import Schema, ValidationError, fields

from voucher.doors.schemas.values import WORDS_MAX, Body, Count, Moment, Said, Whole, Words
from voucher.plumbing.signing import from_base64url, to_base64url

KEY_BYTES, SIGNATURE_BYTES, LABEL_MAX = 33, 64, 60
# so many characters of base64url hold 33 and 64 bytes
KEY_TEXT = 44


class Octets(fields.String):
    """Bytes in base64url without padding, spelled in the one canonical way."""

    def __init__(self, *, exactly: int | None = None, **more: Any) -> None:
        self.exactly = exactly
        note = {"description": "base64url，无填充" + (f"，{exactly} 字节" if exactly else "")}
        super().__init__(metadata=note | more.pop("metadata", {}), **more)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        text = super()._deserialize(value, attr, data, **kwargs)
        try:
            read = from_base64url(text)
        except ValueError:
            raise ValidationError("应为无填充的 base64url") from None
        if self.exactly is not None and len(read) != self.exactly:
            raise ValidationError(f"应为 {self.exactly} 字节")
        return read

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> str | None:
        return None if value is None else to_base64url(bytes(value))


class UnixSecond(fields.Integer):
    """A moment as phones count it."""

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        return int(value.timestamp()) if isinstance(value, datetime) else value


class NewDeviceBody(Body):
    """A phone to be bound: its key, and its signature over the beacon, the holder and the key."""

    public_key = Octets(required=True, exactly=KEY_BYTES, metadata={"example": "A" * (KEY_TEXT - 1) + "A"})
    proof = Octets(
        required=True,
        exactly=SIGNATURE_BYTES,
        metadata={"description": "手机密钥对“TV1D”‖时段校验数‖本人编号（8 字节）‖公钥的签名，r‖s，base64url"},
    )
    label = Words(required=True, most=LABEL_MAX, metadata={"description": "手机名称", "example": "我的手机"})
    replaces = Said(load_default=False, metadata={"description": "换成这部手机，原手机随即失效"})


class DeviceState(Schema):
    """A phone of one's own."""

    id = fields.Integer()
    label = fields.String()
    public_key = fields.Function(
        lambda device: to_base64url(bytes.fromhex(device.public_key)),
        metadata={"type": "string", "description": "手机公钥，33 字节，base64url"},
    )
    bound_at = Moment()
    state = fields.String(metadata={"description": "live 正在使用、lost 挂失、replaced 更换、frozen 冻结"})
    state_name = fields.String()
    ended_at = Moment(allow_none=True)


class Devices(Schema):
    """Every phone one ever bound, the newest first."""

    items = fields.List(fields.Nested(DeviceState))


class NewLoss(Body):
    """A lost phone."""

    why = Words(load_default=None, allow_none=True, most=WORDS_MAX, metadata={"description": "说明，可不填"})


class Beacon(Schema):
    """What a phone signs over, new every quarter hour, and the time it goes by."""

    now = UnixSecond(metadata={"description": "系统时间，unix 秒"})
    slot = fields.Integer(metadata={"description": "时段序号：unix 秒除以 900"})
    beacon = Octets(metadata={"description": "本时段的时段校验数，16 字节，base64url"})
    until = Moment()


class HolderBeacon(Beacon):
    """A beacon, and the number a phone names its holder by when it is bound."""

    holder_id = fields.Integer()


class NewCredentials(Body):
    """Which phone asks for what is signed into it."""

    device_id = Whole(required=True, least=1)


class CredentialFilter(Body):
    """Which phone's."""

    device_id = Count(required=True, data_key="device")


class CredentialState(Schema):
    """A credential as its own phone keeps it; it is never shown by itself."""

    voucher_id = fields.Function(lambda held: held.credential.voucher_id, metadata={"type": "integer"})
    voucher_number = fields.String()
    vid = fields.Function(
        lambda held: to_base64url(bytes.fromhex(held.credential.vid)),
        metadata={"type": "string", "description": "8 字节，base64url"},
    )
    credential = Octets(attribute="content")
    institution_id = fields.Function(
        lambda held: held.credential.institution_id, metadata={"type": ["integer", "null"]}
    )
    offline_allowed = fields.Function(
        lambda held: held.credential.institution_id is not None, metadata={"type": "boolean"}
    )
    issued_at = Moment(attribute="credential.issued_at")
    expires_at = Moment(attribute="credential.expires_at")


class SignedCredentials(Beacon):
    """Everything signed into a phone, with the beacon to sign over next."""

    items = fields.List(fields.Nested(CredentialState))


class NewChallenge(Body):
    """A question for a phone whose clock is wrong, at the counter of one class."""

    class_id = Whole(required=True, least=1)


class ChallengeState(Schema):
    """The question as digits for a picture, and how long it stands."""

    digits = fields.String(metadata={"description": "“73”开头的数字，画成二维码给持券人的手机扫"})
    challenge = fields.Integer(attribute="number")
    institution_id = fields.Integer()
    expires_at = Moment()


class BeaconKey(Schema):
    """The key of one UTC day, from which every beacon of it follows."""

    day = fields.Date()
    key = Octets(metadata={"description": "32 字节，base64url"})


class BeaconKeys(Schema):
    """What a scanner keeps to read codes without a network."""

    now = UnixSecond(metadata={"description": "系统时间，unix 秒"})
    keys = fields.List(fields.Nested(BeaconKey))
