"""Claiming for vouchers: what is said with it, what the rules say before, and what came of it."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, ValidationError, fields, validates_schema

from voucher.doors.schemas.cited import Explained, Grounds
from voucher.doors.schemas.values import Body, Fen, Ids, Said, Whole, Word, Yuan
from voucher.rules.vocabulary import SubsidyKind


class NewClaims(Body):
    """Certified vouchers one subsidy is claimed for, by whoever it is paid to."""

    kind = Word(SubsidyKind, required=True, metadata={"description": "补贴种类"})
    voucher_ids = Ids(required=True)
    pledged = Said(
        load_default=False,
        metadata={"description": "作出承诺（措辞见 /claims/previews 的答复）；收款机构申领时必须为 true"},
    )
    declared_count = Whole(load_default=None, allow_none=True, metadata={"description": "申报条数（可付的）"})
    declared_total_fen = Fen(
        required=False, load_default=None, allow_none=True, metadata={"description": "申报金额，分"}
    )

    @validates_schema
    def check_declared(self, data: dict[str, Any], **kwargs: Any) -> None:
        """Refuse a count without a sum, or a sum without a count."""
        if (data["declared_count"] is None) != (data["declared_total_fen"] is None):
            raise ValidationError("条数和金额须同时填写", "declared_count")


class NewClaimPreview(Body):
    """Certified vouchers, to be told what the rules say of each before anything is claimed."""

    kind = Word(SubsidyKind, required=True, metadata={"description": "补贴种类"})
    voucher_ids = Ids(required=True)


class PreviewedLine(Schema):
    """What the rules say of one voucher, or of one certificate, now; the person is masked."""

    voucher_id = fields.Integer(allow_none=True, metadata={"description": "结算批次按证书，为 null"})
    masked_name = fields.String()
    masked_number = fields.String()
    trade_name = fields.String()
    level = fields.String()
    certificate_number = fields.String()
    issued_on = fields.Date()
    outcome = fields.String()
    may_submit = fields.Boolean(metadata={"description": "提交后会成为申领（可付、转人工、候补）"})
    amount_fen = fields.Integer()
    amount_display = Yuan("amount_fen")
    explanation = Explained()
    findings = Grounds(metadata={"description": "逐条规则的核对结果"})
    refusal = Grounds(allow_none=True, metadata={"description": "代码、说明、下一步和依据"})


class SettlementPreviewed(Schema):
    """Every person of a settlement with the checks, and what would be declared."""

    lines = fields.List(fields.Nested(PreviewedLine))
    count = fields.Integer(metadata={"description": "可付条数"})
    total_fen = fields.Integer()
    total_display = Yuan("total_fen")


class Previewed(Schema):
    """Every line with its checks, what would be declared, and what is to be promised."""

    lines = fields.List(fields.Nested(PreviewedLine))
    count = fields.Integer(metadata={"description": "可付条数，申领时填入 declared_count"})
    total_fen = fields.Integer()
    total_display = Yuan("total_fen")
    pledge = fields.String()
    pledge_since = fields.Date()


class FiledLine(Schema):
    """What the rules said of one voucher."""

    voucher_id = fields.Integer(allow_none=True)
    claim_id = fields.Integer(allow_none=True)
    certificate_number = fields.String()
    outcome = fields.String(metadata={"description": "payable 可付、refused 不予受理、manual 转人工"})
    amount_fen = fields.Integer()
    amount_display = Yuan("amount_fen")
    explanation = Explained()
    refusal = Grounds(allow_none=True, metadata={"description": "代码、说明、下一步和依据"})


class FiledBatch(Schema):
    """One batch of what was filed: vouchers of one region, project and budget."""

    batch_id = fields.Integer()
    batch_number = fields.String()
    payable_fen = fields.Integer()
    payable_display = Yuan("payable_fen")
    lines = fields.List(fields.Nested(FiledLine))


class FiledClaims(Schema):
    """What came of claiming: every voucher stands in a line, claimed or refused with its reason."""

    batches = fields.List(fields.Nested(FiledBatch))
