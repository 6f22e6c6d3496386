"""Corrections of who somebody is: what comes in to propose and decide one, and what is told of it, masked."""

from __future__ import annotations

from marshmallow import Schema, fields

from voucher.doors.schemas.paging import Paging, page_of
from voucher.doors.schemas.values import WORDS_MAX, Body, Moment, Region, Word, Words
from voucher.rules.corrections import FormerUse

NUMBER = {"description": "证件号码"}
EVIDENCE = {"description": "依据，例如户口簿变更页、公安机关证明或公证书的编号；其中的证件号码存为掩码"}
FORMER_USE = {"description": "wrong 登记有误，原号码从来不是本人的；changed 公安机关变更，原号码以前是本人的"}
WHY = {"description": "退回的理由，refuse 时必填"}


class NewName(Body):
    """A person's new name."""

    number = Words(required=True, most=30, metadata=NUMBER)
    new_name = Words(required=True, most=60)
    evidence = Words(required=True, most=WORDS_MAX, metadata=EVIDENCE)


class NewNameDecision(Body):
    """Confirm a proposed name, or turn it down with a reason; an empty object confirms."""

    decision = Word(("confirm", "refuse"), load_default="confirm")
    why = Words(load_default="", least=0, most=WORDS_MAX, metadata=WHY)


class NewNumber(Body):
    """A person's corrected identity number, and what the present one was to the person."""

    number = Words(required=True, most=30, metadata={"description": "现在登记的证件号码"})
    new_number = Words(required=True, most=30, metadata={"description": "更正后的证件号码"})
    former_use = Word(FormerUse, required=True, metadata=FORMER_USE)
    evidence = Words(required=True, most=WORDS_MAX, metadata=EVIDENCE)


class NewNumberDecision(Body):
    """Confirm a proposed number by typing it from the evidence, or turn it down with a reason."""

    decision = Word(("confirm", "refuse"), required=True)
    number = Words(
        load_default="", least=0, most=30, metadata={"description": "按依据输入的新证件号码，confirm 时必填"}
    )
    why = Words(load_default="", least=0, most=WORDS_MAX, metadata=WHY)


class CorrectionFilter(Paging):
    """Which corrections."""

    region = Region(load_default=None)
    state = Word(
        ("waiting", "decided"), load_default=None, metadata={"description": "waiting 待审核、decided 已办结"}
    )


class NameState(Schema):
    """A change of name, both names masked."""

    id = fields.Integer()
    state = fields.String(metadata={"description": "waiting 待审核、approved 已通过、declined 已退回"})
    former = fields.String(metadata={"description": "原姓名（掩码）"})
    new = fields.String(metadata={"description": "新姓名（掩码）"})
    masked_number = fields.String(metadata={"description": "证件号码（掩码）"})
    evidence = fields.String()
    proposed_at = Moment()
    decided_at = Moment(allow_none=True)
    why = fields.String(allow_none=True)


class NumberState(Schema):
    """A corrected identity number, both numbers masked."""

    id = fields.Integer()
    state = fields.String(metadata={"description": "waiting 待审核、approved 已通过、declined 已退回"})
    former_use = fields.String(metadata=FORMER_USE)
    former = fields.String(metadata={"description": "原证件号码（掩码）"})
    new = fields.String(metadata={"description": "新证件号码（掩码）"})
    evidence = fields.String()
    proposed_at = Moment()
    decided_at = Moment(allow_none=True)
    why = fields.String(allow_none=True)


Names = page_of(NameState(), "NameCorrections")
Numbers = page_of(NumberState(), "NumberCorrections")
