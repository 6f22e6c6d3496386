"""Public notices, their masked lines, and objections."""

from __future__ import annotations

from marshmallow import Schema, fields

from voucher.doors.schemas.paging import Paging, page_of
from voucher.doors.schemas.values import WORDS_MAX, Body, Moment, Region, Whole, Word, Words, Yuan


class NewNotice(Body):
    """Which batch is published."""

    batch_id = Whole(required=True, least=1)


class NoticeState(Schema):
    """A notice: anyone may read it."""

    id = fields.Integer()
    number = fields.String()
    batch_id = fields.Integer()
    state = fields.String()
    title = fields.String()
    from_on = fields.Date()
    until_on = fields.Date()
    workdays = fields.Integer(metadata={"description": "公示工作日数"})
    posted_at = Moment()


Notices = page_of(NoticeState(), "Notices")


class NoticeLineFilter(Paging):
    """Which lines of a notice."""

    number = Words(most=40, load_default=None, metadata={"description": "申领编号"})
    institution = Words(
        most=60,
        load_default=None,
        metadata={"description": "收款机构：培训补贴是培训机构，评价补贴是评价机构"},
    )


class NoticeLine(Schema):
    """One published line: masked, as everybody sees it."""

    claim_id = fields.Integer()
    claim_number = fields.String()
    masked_name = fields.String()
    masked_number = fields.String()
    trade_name = fields.String()
    level = fields.String()
    payee_name = fields.String()
    amount_fen = fields.Integer()
    amount_display = Yuan("amount_fen")
    objected = fields.Boolean(metadata={"description": "正在处理异议"})


NoticeLines = page_of(NoticeLine(), "NoticeLines")


class NewObjection(Body):
    """What somebody says against one published line; the contact is kept sealed."""

    notice_id = Whole(required=True, least=1)
    claim_id = Whole(required=True, least=1, metadata={"description": "公示名单中该条的 claim_id"})
    words = Words(required=True, most=WORDS_MAX, metadata={"description": "事实和理由"})
    contact = Words(
        load_default=None, allow_none=True, metadata={"description": "联系方式，加密保存，可不填"}
    )


class ObjectionState(Schema):
    """How far an objection is; neither its words nor its contact are shown to strangers."""

    id = fields.Integer()
    number = fields.String(metadata={"example": "YY-20240306-04821773"})
    notice_id = fields.Integer()
    state = fields.String()
    lodged_at = Moment()
    decided_at = Moment(allow_none=True)
    conclusion = fields.String(allow_none=True)


class ObjectionDetail(ObjectionState):
    """An objection as the office reads it."""

    claim_id = fields.Integer()
    words = fields.String()


Objections = page_of(ObjectionDetail(), "Objections")


class ObjectionFilter(Paging):
    """Which objections."""

    region = Region(load_default=None)
    state = Words(most=30, load_default=None)


class NewDecision(Body):
    """What was found."""

    decision = Word(
        ("uphold", "dismiss"), required=True, metadata={"description": "uphold 成立，dismiss 不成立"}
    )
    conclusion = Words(required=True, most=WORDS_MAX, metadata={"description": "结论和理由"})


class DecisionDone(Schema):
    """The decision that now stands."""

    objection_id = fields.Integer()
    decision = fields.String()
