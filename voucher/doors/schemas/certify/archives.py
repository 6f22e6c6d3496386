"""电子档案: entries, objections to one, shares and the looks at them, the signed file."""

from __future__ import annotations

from marshmallow import Schema, fields

from voucher.doors.schemas.paging import Paging, page_of
from voucher.doors.schemas.values import WORDS_MAX, Body, Moment, OnDay, Region, Said, Word, Words
from voucher.rules.archive import ENTRY_KIND_NAMES, EXTENT_NAMES, MARK_NAMES, Extent

KINDS = "、".join(f"{word} {name}" for word, name in ENTRY_KIND_NAMES.items())
MARKS = "、".join(f"{word} {name}" for word, name in MARK_NAMES.items())
EXTENTS = "、".join(f"{word} {name}" for word, name in EXTENT_NAMES.items())


class FactState(Schema):
    """One fact of an entry in words."""

    name = fields.Function(lambda pair: pair[0], metadata={"type": "string", "example": "学时"})
    value = fields.Function(lambda pair: pair[1], metadata={"type": "string", "example": "80 / 80"})


class EntryState(Schema):
    """One entry of a record; what was corrected, revoked or ended stays, marked."""

    ref = fields.String(metadata={"description": "这一条的名称，提出异议时填写", "example": "certificate-12"})
    kind = fields.String(metadata={"description": KINDS})
    kind_name = fields.String()
    at = Moment()
    title = fields.String()
    facts = fields.List(fields.Nested(FactState))
    mark = fields.String(metadata={"description": MARKS})
    mark_name = fields.String()
    why = fields.String(allow_none=True)


class ArchiveState(Schema):
    """The record of one person in order of time; the 社会保障号码 is masked."""

    name = fields.String(metadata={"example": "张三"})
    masked_number = fields.String(metadata={"example": "410105********991X"})
    entries = fields.List(fields.Nested(EntryState))


class NewArchiveObjection(Body):
    """What is wrong with an entry of one's own record."""

    ref = Words(required=True, most=60, metadata={"description": "档案条目的 ref"})
    said = Words(required=True, most=WORDS_MAX, metadata={"description": "哪里不对，应当是什么"})


class ObjectionAnswer(Body):
    """What the office found."""

    upheld = Said(required=True, metadata={"description": "异议是否成立"})
    answer = Words(required=True, most=WORDS_MAX, metadata={"description": "答复和理由，本人可见"})


class ArchiveObjectionState(Schema):
    """An objection; the person is masked."""

    id = fields.Integer()
    number = fields.String(metadata={"example": "DA-00000012"})
    ref = fields.String()
    title = fields.String(metadata={"description": "提出时这一条的标题"})
    region_code = fields.String()
    masked_name = fields.String(metadata={"example": "张*"})
    said = fields.String(allow_none=True)
    filed_at = Moment()
    due_on = fields.Date(metadata={"description": "最迟答复日"})
    is_late = fields.Boolean()
    upheld = fields.Boolean(allow_none=True)
    answer = fields.String(allow_none=True)
    answered_at = Moment(allow_none=True)


ArchiveObjections = page_of(ArchiveObjectionState(), "ArchiveObjections")


class ArchiveObjectionFilter(Paging):
    """Which objections; a worker sees the own ones only."""

    region = Region(load_default=None)
    waiting = fields.Boolean(load_default=None, metadata={"description": "只看待答复的，或已答复的"})


class NewShare(Body):
    """How much of the own record somebody may see, and until when."""

    extent = Word(Extent, required=True, metadata={"description": EXTENTS})
    until_on = OnDay(
        load_default=None, allow_none=True, metadata={"description": "截止日（含当天）；不填按默认期限"}
    )


class NewShareEnding(Body):
    """Nothing more has to be said to end a share."""


class LookState(Schema):
    """One look at a shared record."""

    at = Moment()
    viewer = fields.String(metadata={"description": "查看人自己填写的单位"})


class ShareState(Schema):
    """A share of the own record with its code and its newest looks."""

    id = fields.Integer()
    code = fields.String(metadata={"description": "20 位出示码，交给要看的人"})
    extent = fields.String(metadata={"description": EXTENTS})
    extent_name = fields.String()
    until_on = fields.Date()
    shared_at = Moment()
    ended_at = Moment(allow_none=True)
    lives = fields.Boolean(metadata={"description": "现在是否有效"})
    looks = fields.List(fields.Nested(LookState), metadata={"description": "最近的 20 次"})
    looks_count = fields.Integer(metadata={"description": "一共看过几次"})


Shares = page_of(ShareState(), "Shares")


class NewLook(Body):
    """The code somebody was given, and who is looking."""

    code = Words(required=True, most=40, metadata={"description": "20 位出示码，可带空格"})
    viewer = Words(required=True, most=60, metadata={"description": "查看单位，本人会看到"})


class ShownState(Schema):
    """What the owner lets be seen; never the whole number."""

    name = fields.String()
    masked_number = fields.String(metadata={"example": "410105********991X"})
    extent_name = fields.String()
    until_on = fields.Date()
    as_of = Moment()
    entries = fields.List(fields.Nested(EntryState))


class NewSignedArchive(Body):
    """How much of the own record the signed file holds."""

    extent = Word(Extent, required=True, metadata={"description": EXTENTS})


class SignedArchive(Schema):
    """The record as a W3C Verifiable Credential (VC 2.0) secured as a JWT; kept nowhere here."""

    credential = fields.String(metadata={"description": "vc+jwt，凭 /.well-known/did.json 的公钥验证"})


class SignedState(Schema):
    """A signed file that was handed out: until when it is good, and why it ended before; not the file."""

    id = fields.Integer()
    extent = fields.String(metadata={"description": EXTENTS})
    signed_at = Moment()
    until_at = Moment()
    ended_at = Moment(allow_none=True)
    why_ended = fields.String(
        allow_none=True, metadata={"description": "recalled 本人收回、certificate_revoked 其中的证书被撤销"}
    )


SignedFiles = page_of(SignedState(), "SignedFiles")


class NewRecall(Body):
    """Nothing more has to be said to take a signed file back."""
