"""A voucher's place in a class: looked at, enrolled, left, moved, redeemed once, reversed; every scan."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, ValidationError, fields, validates_schema

from voucher.doors.schemas.paging import Paging, page_of
from voucher.doors.schemas.telling import Told
from voucher.doors.schemas.values import (
    WORDS_MAX,
    Body,
    Count,
    Ids,
    LastFour,
    Moment,
    Whole,
    Word,
    Words,
    Yuan,
)
from voucher.registry.counter_devices import is_label

DIGITS_MAX, DEVICE_MAX, NONCE_MAX = 1000, 64, 64
CODE = {
    "description": "持券人出示的码，空格和连字符不计：屏幕码 22 位，手机码 213 位，离线码约 556 位",
    "example": "7200000000000000000000",
}
DEVICE = {
    "description": "扫码设备名；登记过的设备另在 Counter-Device 头中带设备密钥，须批准的地方凭它认设备",
    "example": "前台一号机",
}
NONCE = {"description": "每次核销一个新值；同设备同值重发是同一次核销", "example": "1c6f0e6d0a4a53"}


class DeviceName(Words):
    """What a caller calls the device it scans with; the words of the registered ones are theirs alone."""

    def __init__(self, **more: Any) -> None:
        super().__init__(most=DEVICE_MAX, metadata=DEVICE, **more)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> str:
        text: str = super()._deserialize(value, attr, data, **more)
        if is_label(text):
            raise ValidationError("counter- 开头的是登记设备的名称，请另起设备名")
        return text

    def is_good(self, value: Any) -> bool:
        """Return whether a value is text, and no name of a registered device."""
        return super().is_good(value) and not is_label(value)


class NewCheck(Body):
    """A code to be looked at, for one class; nothing is consumed."""

    digits = Words(required=True, most=DIGITS_MAX, metadata=CODE)
    class_id = Whole(required=True, least=1)
    device = DeviceName(load_default="", least=0)


class CheckedState(Schema):
    """What the code leads to, and what can be done here."""

    voucher_id = fields.Integer()
    voucher_number = fields.String()
    state = fields.String()
    state_name = fields.String()
    programme_id = fields.Integer()
    programme_name = fields.String()
    masked_name = fields.String(metadata={"example": "张*"})
    face_value_fen = fields.Integer(allow_none=True)
    face_value_display = Yuan("face_value_fen")
    fits = fields.Boolean(metadata={"description": "本班是否正是这张券要学的"})
    possible = fields.List(fields.String(), metadata={"description": "此处可以办理：enrol 锁定、redeem 核销"})
    refusal = fields.Raw(allow_none=True, metadata={"description": "此处不能办理的代码、说明和下一步"})


class NewEnrolment(Body):
    """A place in a class: the holder names the voucher, an institution types the holder's code."""

    class_id = Whole(required=True, least=1)
    voucher_id = Whole(
        load_default=None, allow_none=True, least=1, metadata={"description": "本人报名时填写"}
    )
    consent_id = Whole(
        load_default=None, allow_none=True, least=1, metadata={"description": "亲情代办时填写：授权的编号"}
    )
    digits = Words(load_default=None, allow_none=True, most=DIGITS_MAX, metadata=CODE)
    device = DeviceName(load_default="", least=0)

    @validates_schema
    def check_one(self, data: dict[str, Any], **kwargs: Any) -> None:
        """Refuse both and neither."""
        if (data["voucher_id"] is None) == (data["digits"] is None):
            raise ValidationError("券和券码须填且只填一项", "voucher_id")
        if data["digits"] is not None and data["consent_id"] is not None:
            raise ValidationError("凭券码登记的不填授权", "consent_id")


class EnrolmentState(Schema):
    """A voucher locked to a class."""

    id = fields.Integer()
    voucher_id = fields.Integer()
    class_id = fields.Integer()
    enrolled_at = Moment()


class NewDeparture(Body):
    """A voucher leaves its class: before the use it becomes free again, afterwards it ends."""

    voucher_id = Whole(required=True, least=1)
    act = Word(("leave", "drop"), required=True, metadata={"description": "leave 退出班级、drop 退训"})
    why = Words(required=True, most=WORDS_MAX, metadata={"description": "原因"})


class VoucherMoved(Schema):
    """A voucher and the state it stands in now."""

    voucher_id = fields.Integer()
    state = fields.String()
    state_name = fields.String()


class NewChoice(Body):
    """A place left behind whose institution is gone."""

    voucher_id = Whole(required=True, least=1)


class ChosenAnew(VoucherMoved):
    """A voucher free for another class, or ended with a new one asked for."""

    issue_id = fields.Integer(
        allow_none=True, metadata={"description": "培训中的换发新券，待审批的发放编号；可另选班级的为 null"}
    )


class NewTransfer(Body):
    """Vouchers that go on in another class, after their institution's exit."""

    voucher_ids = Ids(required=True)
    class_id = Whole(required=True, least=1)
    why = Words(required=True, most=WORDS_MAX, metadata={"description": "转班原因"})


class NewRedemption(Body):
    """The one scan that uses a voucher."""

    digits = Words(required=True, most=DIGITS_MAX, metadata=CODE)
    class_id = Whole(required=True, least=1)
    last4 = LastFour(required=True)
    device = DeviceName(required=True)
    nonce = Words(required=True, most=NONCE_MAX, metadata=NONCE)


class RedemptionState(Told):
    """A redemption; a reversed one stays, marked."""

    id = fields.Integer()
    voucher_id = fields.Integer()
    class_id = fields.Integer()
    institution_id = fields.Integer()
    device = fields.String()
    nonce = fields.String()
    redeemed_at = Moment()
    reversal_asked_at = Moment(allow_none=True)
    reversed_at = Moment(allow_none=True)


class NewReversal(Body):
    """The first call asks and says why, a second person's call reverses."""

    why = Words(
        load_default=None,
        allow_none=True,
        most=WORDS_MAX,
        metadata={"description": "提出撤销时必填；确认时可不填"},
    )


class ReversalDone(Schema):
    """Whether the redemption is reversed, or a second person still has to agree."""

    redemption_id = fields.Integer()
    reversed = fields.Boolean(metadata={"description": "false 表示已提出，待另一人确认"})


class ScanFilter(Paging):
    """The scans of which class."""

    class_id = Count(required=True, data_key="class")


class ScanState(Schema):
    """One code held to a scanner, also the refused ones."""

    id = fields.Integer()
    act = fields.String()
    class_id = fields.Integer(allow_none=True)
    voucher_id = fields.Integer(allow_none=True)
    code = fields.String(allow_none=True, metadata={"description": "拒绝代码；成功为 null"})
    title = fields.String(allow_none=True)
    device = fields.String()
    scanned_at = Moment()


Scans = page_of(ScanState(), "Scans")
