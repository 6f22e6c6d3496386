"""Intakes as the people on them see them, and what they say of them."""

from __future__ import annotations

from marshmallow import Schema, fields

from voucher.doors.schemas.paging import Paging, page_of
from voucher.doors.schemas.values import Body, Moment, OnDay, Region, Said, Whole, Word, Words
from voucher.rules.intakes import STRIKE_WHY_NAMES

WHYS = "；".join(f"{why} {name}" for why, name in STRIKE_WHY_NAMES.items())


class IntakeDenialState(Schema):
    """One case."""

    id = fields.Integer()
    number = fields.String()
    entry_id = fields.Integer()
    class_id = fields.Integer()
    opened_at = Moment()
    answer_by = OnDay(allow_none=True)
    taken_back_at = Moment(allow_none=True)
    upheld = fields.Boolean(allow_none=True)
    answered_at = Moment(allow_none=True)


class OwnEntryRow(Schema):
    """One class whose intake names one."""

    entry_id = fields.Integer(attribute="entry.id")
    class_name = fields.String(attribute="found.name")
    class_number = fields.String(attribute="found.number")
    institution_name = fields.String()
    starts_on = OnDay(attribute="found.starts_on")
    is_seated = fields.Boolean(metadata={"description": "本人的券已经报名"})
    may_deny = fields.Boolean(metadata={"description": "现在可以说“不是我”"})
    denial = fields.Nested(IntakeDenialState, allow_none=True)
    answer = fields.String(allow_none=True)


class NewIntakeDenial(Body):
    """Not me: one entry that names oneself."""

    entry_id = Whole(required=True, least=1, metadata={"description": "名册上的本人"})


class NewIntakeAnswer(Body):
    """What the office found."""

    upheld = Said(required=True, metadata={"description": "是否属实：属实的从名册去掉"})
    answer = Words(required=True, most=1000, metadata={"description": "核实情况和结论，本人看得到"})


class IntakeDenialFilter(Paging):
    """Which cases."""

    region = Region(load_default=None)
    state = Word(
        ("open", "closed"), load_default=None, metadata={"description": "open 待答复；closed 已了结"}
    )


class NewStrike(Body):
    """Who is struck off by the office, and why."""

    entry_id = Whole(required=True, least=1)
    why = Word(STRIKE_WHY_NAMES, required=True, metadata={"description": f"理由，机构看得到：{WHYS}"})


OwnEntryPage = page_of(OwnEntryRow(), "OwnEntryPage")
IntakeDenialPage = page_of(IntakeDenialState(), "IntakeDenialPage")
