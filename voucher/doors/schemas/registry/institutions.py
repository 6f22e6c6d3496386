"""Institutions as the directory shows them, and the sanctions laid on them."""

from __future__ import annotations

from marshmallow import Schema, fields

from voucher.doors.schemas.paging import Paging, page_of
from voucher.doors.schemas.steps import TimelineStep
from voucher.doors.schemas.values import WORDS_MAX, Body, Region, Word, Words
from voucher.rules.measures import ENDING_NAMES, STEP_NAMES, Ending, Step


class InstitutionFilter(Paging):
    """Which institutions."""

    region = Region(load_default=None)
    state = Words(most=30, load_default=None)
    kind = Words(most=40, load_default=None)


class InstitutionState(Schema):
    """An institution as lists show it."""

    id = fields.Integer()
    code = fields.String(metadata={"description": "统一社会信用代码"})
    name = fields.String()
    kind = fields.String()
    region_code = fields.String()
    state = fields.String()
    state_name = fields.String()
    filing_number = fields.String(allow_none=True)
    since = fields.Date(allow_none=True)
    until = fields.Date(allow_none=True)


class InstitutionDetail(InstitutionState):
    """An institution with the years it is listed for and what was laid on it."""

    listed_years = fields.List(fields.Integer(), metadata={"description": "在目录清单内的年度"})
    restoration_asked = fields.Boolean(metadata={"description": "是否已有人提出恢复，待另一人确认"})
    measure_waiting = fields.Integer(allow_none=True, metadata={"description": "等另一人确认的处置"})
    timeline = fields.List(fields.Nested(TimelineStep))


Institutions = page_of(InstitutionState(), "Institutions")


_STEPS = tuple(str(each) for each in Step)
_STEP_WORDS = "、".join(f"{each} {name}" for each, name in STEP_NAMES.items())


class PreviewFilter(Schema):
    """Which step is to be looked at beforehand."""

    act = Word(_STEPS, required=True, metadata={"description": _STEP_WORDS})


class NewSanction(Body):
    """One step on the ladder, or the way back: proposed here, confirmed by another person."""

    act = Word(_STEPS, required=True, metadata={"description": _STEP_WORDS})
    why = Words(required=True, most=WORDS_MAX, metadata={"description": "事实；恢复时为验收或申诉结论"})
    seen = Words(required=True, most=64, metadata={"description": "sanction-previews 的 digest：看过的后果"})
    legal_basis = Words(
        most=WORDS_MAX, load_default="", metadata={"description": "法律依据；不写的，用这一步的法定依据"}
    )
    grounds = fields.List(
        Words(most=40), load_default=list, metadata={"description": "查实的依据，如 flag-3、inspection-12"}
    )
    skip_why = Words(most=WORDS_MAX, load_default="", metadata={"description": "越级的理由"})
    demand = Words(most=WORDS_MAX, load_default="", metadata={"description": "整改要求"})
    deadline_on = fields.Date(load_default=None, metadata={"description": "整改期限"})
    until_on = fields.Date(load_default=None, metadata={"description": "黑名单期限"})
    recipient = Words(most=100, load_default="", metadata={"description": "移送机关"})
    ending = Word(
        tuple(str(each) for each in Ending),
        load_default=None,
        metadata={"description": "、".join(f"{each} {name}" for each, name in ENDING_NAMES.items())},
    )
