"""Inspections on site (现场检查): opened, concluded, answered, closed."""

from __future__ import annotations

from marshmallow import Schema, fields

from voucher.doors.schemas.paging import Paging, page_of
from voucher.doors.schemas.values import (
    WORDS_MAX,
    Body,
    Moment,
    OnDay,
    Region,
    Said,
    Several,
    Whole,
    Word,
    Words,
)
from voucher.rules.inspections import CHECKLIST, Conclusion, Mark

ITEMS = {"description": "、".join(f"{code} {words}" for code, words in CHECKLIST.items())}
CONCLUSIONS = {"description": "in_order 正常、findings 限期说明、serious 全班停住待处置"}
OFFICE_ONLY = {"description": "只给人社、监管；机构看不到，为 null"}


class NewInspection(Body):
    """A class to be inspected, with the reason."""

    class_id = Whole(required=True, least=1)
    planned_on = OnDay(required=True)
    announced = Said(load_default=False, metadata={"description": "是否事先告知机构"})
    why = Words(load_default="", least=0, most=WORDS_MAX)


class NewInspectionDraw(Body):
    """How many classes of a region are drawn."""

    region = Region(required=True)
    size = Whole(required=True, least=1, most=100)
    planned_on = OnDay(required=True)


class MarkGiven(Body):
    """One point of the checklist."""

    item = Word(tuple(CHECKLIST), required=True, metadata=ITEMS)
    mark = Word(Mark, required=True, metadata={"description": "met 符合、unmet 不符合、not_seen 没有检查"})


class NewReport(Body):
    """What was found on site."""

    people_present = Whole(required=True)
    marks = Several(MarkGiven, required=True, most=len(CHECKLIST))
    findings = Words(load_default="", least=0, most=WORDS_MAX)
    conclusion = Word(Conclusion, required=True, metadata=CONCLUSIONS)
    answer_by = OnDay(load_default=None, allow_none=True)


class NewInspectionWords(Body):
    """An answer, or a conclusion."""

    words = Words(load_default="", least=0, most=WORDS_MAX)


class NewPhoto(Body):
    """Nothing but the file."""


class InspectionFilter(Paging):
    """Which inspections."""

    region = Region(load_default=None)
    state = Word(("open", "all"), load_default="open")


class InspectionState(Schema):
    """One inspection; to the institution inspected neither why it was chosen, nor whether by lot."""

    id = fields.Integer()
    class_id = fields.Integer()
    draw_id = fields.Integer(allow_none=True, metadata=OFFICE_ONLY)
    why = fields.String(allow_none=True, metadata=OFFICE_ONLY)
    announced = fields.Boolean()
    planned_on = fields.Date()
    people_present = fields.Integer(allow_none=True)
    people_seated = fields.Integer(allow_none=True)
    marks = fields.Dict(keys=fields.String(), values=fields.String(), allow_none=True)
    findings = fields.String(allow_none=True)
    conclusion = fields.String(allow_none=True, metadata=CONCLUSIONS)
    answer_by = fields.Date(allow_none=True)
    concluded_at = Moment(allow_none=True)
    answer = fields.String(allow_none=True)
    answered_at = Moment(allow_none=True)
    closing = fields.String(allow_none=True)
    closed_at = Moment(allow_none=True)


class NewInspectionSeed(Body):
    """Where the next draw will be."""

    region = Region(required=True)


class InspectionSeedState(Schema):
    """The hash of a seed, and what repeats its draw once every class drawn was visited."""

    id = fields.Integer()
    region_code = fields.String()
    commitment = fields.String(metadata={"description": "种子的 SHA-256，抽取前公开"})
    committed_at = Moment()
    drawn_at = Moment(allow_none=True)
    seed = fields.String(allow_none=True, metadata={"description": "抽中的班都检查过以后公开"})
    subject = fields.String(allow_none=True)
    numbers = fields.List(fields.String(), metadata={"description": "抽取时的班级编号"})
    chosen = fields.List(fields.String(), metadata={"description": "抽中的班级编号"})


class InspectionDrawTold(Schema):
    """The inspections a draw opened, with what it takes to repeat it (rule DRW-04)."""

    commitment = fields.String(metadata={"description": "抽取前公开的种子摘要"})

    seed = fields.String()
    subject = fields.String()
    numbers = fields.List(fields.String(), metadata={"description": "抽取时的班级编号"})
    inspections = fields.List(fields.Nested(InspectionState))


class PhotoState(Schema):
    """A photograph taken on site."""

    id = fields.Integer()
    inspection_id = fields.Integer()
    kind = fields.String()
    sha256 = fields.String()
    size_bytes = fields.Integer()
    taken_at = Moment()


InspectionSeeds = page_of(InspectionSeedState(), "InspectionSeeds")
Inspections = page_of(InspectionState(), "Inspections")
