"""Batches, their lines, claims and what is decided on them."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, ValidationError, fields, validates_schema

from voucher.doors.schemas.cited import Explained, Grounds
from voucher.doors.schemas.paging import Paging, page_of
from voucher.doors.schemas.steps import TimelineStep
from voucher.doors.schemas.values import (
    WORDS_MAX,
    Body,
    Count,
    Fen,
    Ids,
    Moment,
    OnDay,
    Region,
    Whole,
    Word,
    Words,
    Yuan,
)
from voucher.rules.approval import Step
from voucher.rules.vocabulary import Outcome, SubsidyKind

SIGNED_AT = (Step.FIRST_REVIEW, Step.SECOND_REVIEW, Step.PROVINCE_REVIEW, Step.APPROVE)
OPINION = {"description": "意见；退回和不予通过须一次写明全部问题"}


class NewBatch(Body):
    """What is to be settled."""

    kind = Word(SubsidyKind, required=True, metadata={"description": "补贴种类"})
    region_code = Region(required=True)
    from_on = OnDay(required=True, metadata={"description": "发证日期起（含）"})
    until_on = OnDay(required=True, metadata={"description": "发证日期止（含）"})
    budget_id = Whole(required=True, least=1)


class BatchFilter(Paging):
    """Which batches."""

    region = Region(load_default=None)
    state = Words(most=30, load_default=None)


class BatchState(Schema):
    """A batch as lists show it."""

    id = fields.Integer()
    number = fields.String()
    state = fields.String()
    kind = fields.String()
    region_code = fields.String()
    from_on = fields.Date()
    until_on = fields.Date()
    budget_id = fields.Integer()
    declared_count = fields.Integer(
        metadata={"description": "申报条数：申报时可付的，加公示以前两人核定的；收款机构只见本机构的"}
    )
    declared_total_fen = fields.Integer(metadata={"description": "申报金额，口径同申报条数"})
    declared_total_display = Yuan("declared_total_fen")
    created_at = Moment()


class LevelSum(Schema):
    """What one level comes to."""

    level = fields.String()
    count = fields.Integer()
    amount_fen = fields.Integer()
    amount_display = Yuan("amount_fen")


class BatchDetail(BatchState):
    """A batch with what its lines come to."""

    outcomes = fields.Dict(keys=fields.String(), values=fields.Integer())
    claim_states = fields.Dict(keys=fields.String(), values=fields.Integer())
    by_level = fields.List(fields.Nested(LevelSum))
    people = fields.Integer(metadata={"description": "申报时可付的人数（不重复），不含两人核定的"})
    payable_fen = fields.Integer(metadata={"description": "申报时可付的金额，即分等级各行之和"})
    payable_display = Yuan("payable_fen")
    cleared_count = fields.Integer(metadata={"description": "转人工以后两人核定、现在本批的条数"})
    cleared_fen = fields.Integer(metadata={"description": "两人核定的金额"})
    cleared_display = Yuan("cleared_fen")
    total_count = fields.Integer(metadata={"description": "合计条数：可付的加两人核定的，与页面合计相同"})
    total_fen = fields.Integer(metadata={"description": "合计金额"})
    total_display = Yuan("total_fen")
    version = fields.String(metadata={"description": "各条现在的样子；签署时带上，变了即不办理"})


Batches = page_of(BatchState(), "Batches")


class LineFilter(Paging):
    """Which lines of a batch."""

    outcome = Word(Outcome, load_default=None)
    state = Words(most=30, load_default=None)


class LineState(Schema):
    """One certificate of a batch and what the rules said of it; the person is masked."""

    position = fields.Integer()
    claim_id = fields.Integer(allow_none=True)
    claim_number = fields.String(allow_none=True)
    claim_state = fields.String(allow_none=True)
    masked_name = fields.String(metadata={"example": "张*"})
    masked_number = fields.String(metadata={"example": "410000********1234"})
    trade_code = fields.String()
    trade_name = fields.String()
    level = fields.String()
    method = fields.String()
    certificate_number = fields.String()
    evaluator_name = fields.String()
    issued_on = fields.Date()
    outcome = fields.String()
    amount_fen = fields.Integer()
    amount_display = Yuan("amount_fen")
    explanation = Explained(metadata={"example": "240.00 × 50% 直接认定 = 120.00（豫人社规〔2022〕2号）"})
    refusal = Grounds(allow_none=True, metadata={"description": "不予受理的代码、依据和在先申领"})
    findings = Grounds(metadata={"description": "逐条规则的核对结果"})


Lines = page_of(LineState(), "BatchLines")


class NewSignature(Body):
    """One decision at one step, on every waiting line or on the ones named."""

    step = Word(SIGNED_AT, required=True, metadata={"description": "环节"})
    decision = Word(("pass", "return", "reject"), required=True)
    claim_ids = Ids(load_default=None, allow_none=True, metadata={"description": "不填为全部待办各条"})
    opinion = Words(required=True, most=WORDS_MAX, metadata=OPINION)
    version = Words(
        most=64, load_default=None, allow_none=True, metadata={"description": "看到的批次版本；不填不核对"}
    )

    @validates_schema
    def check_named(self, data: dict[str, Any], **kwargs: Any) -> None:
        """Refuse to return or reject without saying which lines."""
        if data["decision"] != "pass" and data["claim_ids"] is None:
            raise ValidationError("退回或不予通过须列明申领", "claim_ids")


class SignatureDone(Schema):
    """How many lines were decided."""

    batch_id = fields.Integer()
    step = fields.String()
    decision = fields.String()
    count = fields.Integer()


class ClaimFilter(Paging):
    """Which claims."""

    region = Region(load_default=None)
    state = Words(most=30, load_default=None)
    batch = Count(load_default=None)
    institution = Words(most=18, load_default=None, metadata={"description": "收款机构统一社会信用代码"})
    number = Words(most=40, load_default=None, metadata={"description": "申领编号"})


class ClaimState(Schema):
    """A claim; the person is masked."""

    id = fields.Integer()
    number = fields.String()
    state = fields.String()
    kind = fields.String()
    batch_id = fields.Integer()
    region_code = fields.String()
    masked_name = fields.String()
    masked_number = fields.String()
    trade_code = fields.String()
    trade_name = fields.String()
    level = fields.Integer()
    institution_code = fields.String()
    institution_name = fields.String()
    amount_fen = fields.Integer()
    amount_display = Yuan("amount_fen")
    explanation = Explained()
    revision = fields.Integer()
    filed_on = fields.Date()


class ClaimDetail(ClaimState):
    """A claim with everything that happened to it."""

    timeline = fields.List(fields.Nested(TimelineStep))


Claims = page_of(ClaimState(), "Claims")


class NewClearing(Body):
    """The amount one officer gives a claim left to a person; a second officer repeats it."""

    amount_fen = Fen()
    opinion = Words(required=True, most=WORDS_MAX, metadata={"description": "理由和依据"})


class ClearingDone(Schema):
    """Whether two people have agreed."""

    claim_id = fields.Integer()
    cleared = fields.Boolean(metadata={"description": "false 表示已提出，待另一人确认"})


class NewRejection(Body):
    """Why one claim is refused for good."""

    opinion = Words(required=True, most=WORDS_MAX, metadata={"description": "依据和理由"})


class ClaimEnded(Schema):
    """A claim that has ended, and how."""

    claim_id = fields.Integer()
    state = fields.String()


class Resubmission(Body):
    """Returned claims that are filed again."""

    claim_ids = Ids(required=True)


class Withdrawal(Body):
    """Claims that are taken back."""

    claim_ids = Ids(required=True)
    why = Words(required=True, most=WORDS_MAX, metadata={"description": "撤回原因"})
