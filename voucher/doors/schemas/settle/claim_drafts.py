"""Claims put aside: which vouchers, what of them can be claimed now, and a word to colleagues."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, ValidationError, fields, validates_schema

from voucher.doors.schemas.paging import page_of
from voucher.doors.schemas.settle.claiming import FiledBatch
from voucher.doors.schemas.values import Body, Fen, Ids, Said, Whole, Word, Words
from voucher.rules.vocabulary import SubsidyKind
from voucher.stages.settle.claim_drafts import LONGEST_NOTE

NOTE = {"description": "给同事看；请不要写姓名和证件号码，号码会遮盖"}


class DraftContent(Body):
    """Vouchers of one institution, and a word to colleagues."""

    voucher_ids = Ids(required=True)
    note = Words(least=0, most=LONGEST_NOTE, load_default="", metadata=NOTE)


class NewDraft(DraftContent):
    """What is put aside for one subsidy."""

    kind = Word(SubsidyKind, required=True, metadata={"description": "补贴种类"})


class DraftTerms(Body):
    """What is promised and declared for what of a draft can be claimed now."""

    pledged = Said(
        load_default=False, metadata={"description": "作出承诺（措辞见 /claims/previews 的答复），须为 true"}
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


class DraftState(Schema):
    """One draft that is kept; it takes neither money nor a key."""

    id = fields.Integer()
    kind = fields.String(metadata={"description": "training 培训补贴、evaluation 评价补贴"})
    institution_id = fields.Integer()
    note = fields.String()
    saved_at = fields.AwareDateTime()
    count = fields.Integer(metadata={"description": "放了多少张券"})


class DraftLeft(Schema):
    """A voucher of a draft that cannot be claimed now, and why."""

    voucher_number = fields.String()
    why = fields.String()


class DraftDetail(DraftState):
    """A draft as of now: what of it can be claimed, and what cannot."""

    voucher_ids = fields.List(fields.Integer(), metadata={"description": "现在可以申领的"})
    left = fields.List(fields.Nested(DraftLeft), metadata={"description": "现在不能申领的，逐张写明原因"})


class DraftEnded(Schema):
    """How a draft ended; its row is kept."""

    id = fields.Integer()
    ending = fields.String(metadata={"description": "submitted 已提交、replaced 已另存、discarded 已删除"})


class DraftFiled(Schema):
    """What came of the claims of a draft, and how many of its vouchers stay a draft."""

    batches = fields.List(fields.Nested(FiledBatch))
    left_count = fields.Integer(metadata={"description": "没有申领、仍留作草稿的张数"})


Drafts = page_of(DraftState(), "ClaimDrafts")
