"""Vouchers: taken, accepted, shown, given back, revoked and replaced."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, ValidationError, fields, validates_schema

from voucher.doors.schemas.cited import Cited
from voucher.doors.schemas.paging import Paging, page_of
from voucher.doors.schemas.steps import TimelineStep
from voucher.doors.schemas.values import (
    WORDS_MAX,
    Body,
    Count,
    Ids,
    Moment,
    Region,
    Said,
    Whole,
    Word,
    Words,
    Yuan,
)
from voucher.rules.vocabulary import Problem

WHY = {"description": "理由"}


class VoucherFilter(Paging):
    """Which vouchers."""

    region = Region(load_default=None)
    programme = Count(load_default=None)
    state = Words(most=30, load_default=None)
    number = Words(most=40, load_default=None, metadata={"description": "券号"})


class VoucherState(Schema):
    """A voucher as lists show it; the holder is masked."""

    id = fields.Integer()
    number = fields.String(metadata={"example": "Q-410105-2024-00000123"})
    state = fields.String()
    state_name = fields.String()
    programme_id = fields.Integer()
    programme_name = fields.String()
    region_code = fields.String()
    masked_name = fields.String(metadata={"example": "张*"})
    masked_number = fields.String(metadata={"example": "410000********1234"})
    worth = fields.String()
    channel = fields.String()
    face_value_fen = fields.Integer(allow_none=True, metadata={"description": "面值；抵用券和签到券没有"})
    face_value_display = Yuan("face_value_fen")
    reserved_fen = fields.Integer(metadata={"description": "为它占用的预算"})
    reserved_display = Yuan("reserved_fen")
    redeem_by = fields.Date(metadata={"description": "核销截止日"})
    certify_by = fields.Date(allow_none=True, metadata={"description": "取证截止日"})
    replaces_voucher_id = fields.Integer(allow_none=True)
    issued_at = Moment()


class WhyNot(Schema):
    """Why no certificate has turned a voucher into money yet, and what helps."""

    code = fields.String()
    title = fields.String()
    next_step = fields.String()
    source = Cited()


class VoucherDetail(VoucherState):
    """A voucher with its class and everything that happened to it."""

    class_id = fields.Integer(allow_none=True)
    held = fields.Boolean(metadata={"description": "是否待处置"})
    why_not = fields.List(
        fields.Nested(WhyNot), metadata={"description": "已评价、尚未持证的原因：证书不符、未核验一致等"}
    )
    timeline = fields.List(fields.Nested(TimelineStep))


Vouchers = page_of(VoucherState(), "Vouchers")


class NewTaking(Body):
    """A worker takes a voucher of an open programme and accepts it in the same act."""

    programme_id = Whole(required=True, least=1)
    declared = Said(required=True, metadata={"description": "本人声明符合领取条件、内容属实"})


class TakingDone(Schema):
    """The voucher that was taken; none where there is no money at present and the person waits in order."""

    waiting = fields.Boolean(metadata={"description": "true 表示资金不足，已按先后候补"})
    voucher = fields.Nested(VoucherState, allow_none=True)


class NewAcceptance(Body):
    """The holder accepts; whoever helps names the holder's consent."""

    voucher_id = Whole(required=True, least=1)
    consent = Words(
        load_default=None,
        allow_none=True,
        most=WORDS_MAX,
        metadata={"description": "窗口代办时必填：本人同意的凭据；本人领取时不填"},
    )
    consent_id = Whole(
        load_default=None, allow_none=True, least=1, metadata={"description": "亲情代办时填写：授权的编号"}
    )

    @validates_schema
    def check_one(self, data: dict[str, Any], **kwargs: Any) -> None:
        """Refuse two grounds for one act."""
        if data["consent"] is not None and data["consent_id"] is not None:
            raise ValidationError("凭据和授权只填一项", "consent_id")


class NewVoucherWithdrawal(Body):
    """The holder gives a voucher back."""

    voucher_id = Whole(required=True, least=1)


class NewDispute(Body):
    """What the holder says is wrong with a voucher."""

    voucher_id = Whole(required=True, least=1)
    problem = Word(
        Problem,
        required=True,
        metadata={"description": "not_me 不是本人办理、not_received 没有收到、other 其他"},
    )
    said = Words(required=True, most=500, metadata={"description": "经过"})


class DisputeState(Schema):
    """A voucher that was stopped for what its holder says, and what came of it."""

    id = fields.Integer()
    voucher_id = fields.Integer(attribute="object_id")
    why = fields.String()
    said = fields.String(metadata={"description": "经过；只有本人和人社部门能看到"})
    opened_at = Moment()
    closed_at = Moment(allow_none=True)
    conclusion = fields.String(allow_none=True)


class NewRevocation(Body):
    """Vouchers the office declares void."""

    voucher_ids = Ids(required=True)
    why = Words(required=True, most=WORDS_MAX, metadata=WHY)


class NewReplacement(Body):
    """A new voucher for somebody who lost one without fault."""

    voucher_id = Whole(required=True, least=1)
    why = Words(required=True, most=WORDS_MAX, metadata=WHY)


class ReplacementAsked(Schema):
    """The issue another officer decides."""

    issue_id = fields.Integer()
    issue_number = fields.String()
    state = fields.String()


class NewCode(Body):
    """Nothing more has to be said to be shown a code."""


class CodeShown(Schema):
    """The code for one screen: good once, and not for long; it is stored nowhere."""

    digits = fields.String(metadata={"description": "22 位数字", "example": "7200000000000000000000"})
    expires_at = Moment()


class NewTextedCode(Body):
    """A code is to go to the telephone of a voucher's holder, for one institution."""

    voucher_number = Words(required=True, most=40, metadata={"example": "Q-419001-2024-00000011"})
    institution_id = Whole(required=True, least=1)


class TextedCodeState(Schema):
    """To whose telephone it went, its ends only, and until when it is good."""

    voucher_number = fields.String()
    masked_mobile = fields.String(metadata={"example": "138****0319"})
    until = Moment()


class OfferState(Schema):
    """A programme as one worker sees it: may it be taken, and if not, why not and what next."""

    programme_id = fields.Integer()
    programme_number = fields.String()
    programme_name = fields.String()
    region_code = fields.String()
    region_name = fields.String()
    worth = fields.String()
    worth_name = fields.String()
    channel = fields.String()
    trade_code = fields.String(allow_none=True)
    level = fields.Integer(allow_none=True)
    until_on = fields.Date()
    remaining = fields.Integer(metadata={"description": "剩余数量"})
    may_take = fields.Boolean()
    declare = fields.Boolean(metadata={"description": "只缺本人承诺"})
    verify = fields.Boolean(metadata={"description": "领取时先向主管部门核实"})
    refusal = fields.Raw(allow_none=True, metadata={"description": "不能领取的代码、说明、下一步和依据"})


class PlaceState(Schema):
    """One's own place in the queue for money."""

    issue_number = fields.String()
    programme_id = fields.Integer()
    programme_name = fields.String()
    position = fields.Integer(metadata={"description": "前面还有 position − 1 人"})
    queued_at = Moment()


class Offers(Schema):
    """Every programme that is open to workers today, and one's own places in the queues."""

    items = fields.List(fields.Nested(OfferState))
    places = fields.List(fields.Nested(PlaceState))
