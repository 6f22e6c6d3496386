"""Several certificates revoked at once: what would fall, the wish, the second person's word."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from voucher.doors.schemas.certify.certificates import (
    NUMBER_MAX,
    NUMBERS_MAX,
    CardDay,
    CardTrade,
    Number,
)
from voucher.doors.schemas.paging import Paging, page_of
from voucher.doors.schemas.values import (
    LIST,
    WORDS_MAX,
    Body,
    Fen,
    Moment,
    Region,
    Several,
    Whole,
    Words,
    Yuan,
)

SEEN = {"description": "页面或预览所列后果的摘要 digest；情况变了就不能再用", "example": "0" * 64}


def _listed(most: int, words: int, description: str, example: str) -> fields.List[str]:
    return fields.List(
        Words(most=words, least=0),
        load_default=list,
        validate=validate.Length(0, most, error="应为 {min} 至 {max} 项"),
        error_messages=LIST,
        metadata={"description": description, "example": [example]},
    )


class ChosenCard(Body):
    """One of several cards of a number."""

    number = Number()
    issued_on = CardDay()
    trade_code = CardTrade()


class ChosenCertificates(Body):
    """Which certificates: by number, single cards of one, or whole batches of one evaluator."""

    numbers = _listed(NUMBERS_MAX, NUMBER_MAX, "证书编号", "S000041010001235000001")
    cards = Several(
        ChosenCard,
        most=NUMBERS_MAX,
        least=0,
        load_default=list,
        metadata={"description": "同一编号有几张的，逐张指明"},
    )
    institution_id = Whole(load_default=None, allow_none=True, least=1)
    batches = _listed(200, 60, "评价批次号；没有批次号的填空文字", "PJ-2024-001")


class NewMassRevocation(ChosenCertificates):
    """A wish to revoke, with the reason and what was seen."""

    why = Words(required=True, most=WORDS_MAX, metadata={"description": "事实和依据"})
    seen = Words(required=True, most=64, metadata=SEEN)


class NewMassConfirmation(Body):
    """The second person's word, bound to what was seen."""

    seen = Words(required=True, most=64, metadata=SEEN)


class NewMassDismissal(Body):
    """Why nothing is revoked after all."""

    why = Words(required=True, most=WORDS_MAX, metadata={"description": "理由"})


class ConsequencesTold(Schema):
    """What falls with the certificates, in people and money."""

    certificates = fields.Integer()
    people = fields.Integer()
    vouchers = fields.Integer(metadata={"description": "用它们兑现的券"})
    claims_unpaid = fields.Integer(metadata={"description": "不再支付的未付申领"})
    unpaid_fen = Fen(dump_only=True, required=False)
    claims_under_way = fields.Integer(metadata={"description": "已交银行、等回盘的申领"})
    under_way_fen = Fen(dump_only=True, required=False)
    claims_paid = fields.Integer(metadata={"description": "将立应收款追回的申领"})
    paid_fen = Fen(dump_only=True, required=False)
    paid_yuan = Yuan("paid_fen")
    digest = fields.String(metadata={"description": "逐项后果的摘要，提出和确认时原样带回"})


class MassRevocationFilter(Paging):
    """Which wishes."""

    region = Region(load_default=None)


class MassRevocationState(Schema):
    """A wish and what became of it."""

    id = fields.Integer()
    why = fields.String()
    shown = fields.Nested(ConsequencesTold, metadata={"description": "提出时的后果"})
    asked_at = Moment()
    confirmed = fields.Boolean(allow_none=True, metadata={"description": "null 待另一人确认，false 已作废"})
    decided_at = Moment(allow_none=True)
    decided_why = fields.String(allow_none=True)


MassRevocations = page_of(MassRevocationState(), "MassRevocations")


class MassRevocationDetail(MassRevocationState):
    """A wish, with what would fall now."""

    now = fields.Nested(ConsequencesTold, metadata={"description": "现在的后果；与提出时不同的不能确认"})
