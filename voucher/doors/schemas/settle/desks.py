"""What the desks of finance answer for: lines set aside, statements of institutions, delegations of duty."""

from __future__ import annotations

from marshmallow import Schema, fields

from voucher.doors.schemas.paging import Paging, page_of
from voucher.doors.schemas.values import Body, Count, Moment, OnDay, Region, Said, Whole, Word, Words, Yuan


class QuarantineFilter(Paging):
    """Which lines of banks' answers that were set aside."""

    region = Region(load_default=None)
    payment_file_id = Count(load_default=None, allow_none=True, least=1)
    state = Word(
        ("open", "settled"), load_default=None, metadata={"description": "open 待核实；settled 已核销"}
    )


class QuarantineLineState(Schema):
    """One line nobody could match, with what the bank said of it since."""

    id = fields.Integer(attribute="line.id")
    payment_file_id = fields.Integer(attribute="line.payment_file_id")
    payment_file_number = fields.String()
    line = fields.Integer(attribute="line.line", metadata={"description": "回盘文件的行"})
    reference = fields.String(attribute="line.reference")
    amount_fen = fields.Integer(attribute="line.amount_fen", allow_none=True)
    why = fields.String(attribute="line.why")
    received_at = Moment(attribute="line.received_at")
    explanation = fields.String(attribute="settlement.explanation", allow_none=True)
    explained_at = Moment(attribute="settlement.explained_at", allow_none=True)
    settled_at = Moment(attribute="settlement.settled_at", allow_none=True)


class NewExplanation(Body):
    """What the bank answered about a line."""

    explanation = Words(required=True, most=200, metadata={"description": "与银行核实的情况"})


class SettlementState(Schema):
    """What was said of a line, and whether another person agreed."""

    bank_quarantine_id = fields.Integer()
    explanation = fields.String()
    explained_at = Moment()
    settled_at = Moment(allow_none=True)


class StatementSpan(Schema):
    """The year, or one month of it."""

    year = Count(required=True, least=2000, most=2100, metadata={"description": "年度"})
    month = Count(load_default=None, allow_none=True, least=1, most=12, metadata={"description": "月份"})


class SentLine(Schema):
    """One row of a payment file to the institution."""

    payment_file_number = fields.String()
    reference = fields.String()
    released_at = Moment()
    claims = fields.Integer()
    computed_fen = fields.Integer(metadata={"description": "应付"})
    offset_fen = fields.Integer(metadata={"description": "抵扣应退款"})
    amount_fen = fields.Integer(metadata={"description": "实付"})
    outcome = fields.String(allow_none=True)
    answered_at = Moment(allow_none=True)
    bank_words = fields.String(allow_none=True)


class StatementState(Schema):
    """What one institution was sent in a span, line by line, and what it still owes today."""

    institution_code = fields.String()
    institution_name = fields.String()
    lines = fields.List(fields.Nested(SentLine()))
    sent_fen = fields.Integer()
    arrived_fen = fields.Integer()
    arrived_display = Yuan("arrived_fen")
    bounced_fen = fields.Integer()
    unanswered_fen = fields.Integer()
    offset_fen = fields.Integer()
    owed_fen = fields.Integer(metadata={"description": "尚欠追回款，截至今日"})


class OwnRole(Schema):
    """A role that may be handed on."""

    grant_id = fields.Integer(attribute="id")
    role = fields.String()
    region_code = fields.String()


class OwnRoles(Schema):
    """Every role of the caller's that may be handed on."""

    items = fields.List(fields.Nested(OwnRole()))


class NewDelegation(Body):
    """One of the caller's roles for a colleague, for some days."""

    grant_id = Whole(required=True, least=1, metadata={"description": "本人的职责，见 /delegations/roles"})
    deputy = Words(required=True, most=60, metadata={"description": "受托人账号"})
    since = OnDay(required=True, metadata={"description": "起日（含）"})
    until = OnDay(required=True, metadata={"description": "止日（含）"})
    why = Words(required=True, most=200, metadata={"description": "原因"})


class DelegationState(Schema):
    """One role of one person taken on by another."""

    id = fields.Integer()
    given = Said(metadata={"description": "true 本人委托的；false 受托的"})
    since = OnDay()
    until = OnDay()
    why = fields.String()
    made_at = Moment()
    ended_at = Moment(allow_none=True)


Delegations = page_of(DelegationState(), "Delegations")
QuarantineLines = page_of(QuarantineLineState(), "QuarantineLines")
