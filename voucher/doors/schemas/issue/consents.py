"""亲情代办: consents given and received, codes read out, what a helper asks for."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, ValidationError, fields, validates

from voucher.doors.schemas.values import Body, Moment, OnDay, Whole, Word, Words
from voucher.rules.helping import RELATIONSHIP_NAMES, SCOPE_NAMES, Relationship, Scope

RELATIONSHIPS = "、".join(f"{word} {name}" for word, name in RELATIONSHIP_NAMES.items())
SCOPES = "查看总是可以；另可同意：" + "、".join(f"{word} {name}" for word, name in SCOPE_NAMES.items())


class Wished(Body):
    """What is consented to."""

    relationship = Word(Relationship, required=True, metadata={"description": RELATIONSHIPS})
    scopes = fields.List(
        Word(Scope), load_default=list, metadata={"description": SCOPES, "maxItems": len(Scope)}
    )
    until_on = OnDay(
        load_default=None, allow_none=True, metadata={"description": "截止日（含当天）；不填按默认期限"}
    )

    @validates("scopes")
    def check_scopes(self, value: list[str], **_kwargs: Any) -> None:
        """Refuse a list longer than there are words."""
        if len(value) > len(Scope):
            raise ValidationError(f"至多 {len(Scope)} 项")


class NewConsent(Wished):
    """A worker lets somebody who has signed in with this name and number help."""

    mobile = Words(required=True, most=20, metadata={"description": "代办人登录用的手机号"})
    name = Words(required=True, most=60, metadata={"description": "代办人姓名"})


class NewConsentRequest(Wished):
    """A helper asks for a code that goes to the telephone of whoever is to be helped."""

    mobile = Words(required=True, most=20, metadata={"description": "被代办人登记的手机号"})
    name = Words(required=True, most=60, metadata={"description": "被代办人姓名"})


class ConsentRequestState(Schema):
    """Where a code goes, if anybody of that name has that number; nothing tells whether that is so."""

    id = fields.Integer()
    masked_mobile = fields.String(metadata={"example": "138****0319"})
    good_minutes = fields.Integer()


class NewConsentProof(Body):
    """The code as it was read out."""

    code = Words(required=True, most=20, metadata={"description": "短信里的六位数字", "example": "123456"})


class NewMandate(Wished):
    """A consent on paper, registered at the counter for two people with their identity cards."""

    principal_number = Words(required=True, most=30, metadata={"description": "委托人证件号码"})
    principal_name = Words(required=True, most=60, metadata={"description": "委托人姓名"})
    helper_number = Words(required=True, most=30, metadata={"description": "代办人证件号码"})
    helper_name = Words(required=True, most=60, metadata={"description": "代办人姓名"})
    helper_mobile = Words(
        load_default=None, allow_none=True, most=20, metadata={"description": "代办人手机号，尚未登记的填写"}
    )
    mandate = Words(required=True, most=100, metadata={"description": "书面委托编号"})


class NewConsentEnding(Body):
    """Nothing more has to be said to end a consent."""


class NewHelpedCode(Body):
    """A code for one institution is to go to the telephone of a voucher's holder."""

    voucher_id = Whole(required=True, least=1)
    institution_id = Whole(required=True, least=1)


class DeedState(Schema):
    """One thing a helper did."""

    at = Moment()
    name = fields.String()
    voucher_id = fields.Integer()


class ConsentState(Schema):
    """A consent; both people are masked."""

    id = fields.Integer()
    number = fields.String(metadata={"example": "SQ-00000123"})
    principal_name = fields.String(metadata={"example": "李*"})
    helper_name = fields.String(metadata={"example": "李**"})
    relationship_name = fields.String()
    scopes = fields.List(fields.String(), metadata={"description": SCOPES})
    way = fields.String(metadata={"description": "own 本人账号、code 授权码、counter 窗口书面委托"})
    way_name = fields.String()
    since = Moment()
    until_on = fields.Date(metadata={"description": "截止日，含当天"})
    lives = fields.Boolean(metadata={"description": "现在是否有效"})
    ended_at = Moment(allow_none=True)
    ended_words = fields.String(allow_none=True)
    deeds = fields.List(fields.Nested(DeedState), metadata={"description": "代办人办过的事"})


class Consents(Schema):
    """One's own helpers, and the people one helps; what has ended is history."""

    helpers = fields.List(fields.Nested(ConsentState), metadata={"description": "我的代办人"})
    helped = fields.List(fields.Nested(ConsentState), metadata={"description": "我帮谁办"})
