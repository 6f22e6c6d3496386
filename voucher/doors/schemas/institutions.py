"""Institutions as the directory shows them, and the sanctions laid on them."""

from __future__ import annotations

from marshmallow import Schema, fields

from voucher.doors.schemas.paging import Paging, page_of
from voucher.doors.schemas.settle import TimelineStep
from voucher.doors.schemas.values import WORDS_MAX, Body, Region, Word, Words
from voucher.registry.sanctions import RESTORE, SANCTIONS


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
    timeline = fields.List(fields.Nested(TimelineStep))


Institutions = page_of(InstitutionState(), "Institutions")


class NewSanction(Body):
    """One step on the ladder, or the way back, which two people go."""

    act = Word(
        (*SANCTIONS, RESTORE),
        required=True,
        metadata={
            "description": "warn 约谈、rectify 整改、suspend 停业整顿、delist 移出目录、"
            "blacklist 列入黑名单、restore 恢复（第一人提出，第二人确认）"
        },
    )
    why = Words(required=True, most=WORDS_MAX, metadata={"description": "事实和依据；恢复时为验收或申诉结论"})


class NewExit(Body):
    """An institution gives up its place on the list by itself."""

    why = Words(required=True, most=WORDS_MAX, metadata={"description": "退出的理由"})


class SanctionDone(Schema):
    """Where the institution stands now."""

    institution_id = fields.Integer()
    state = fields.String()
    state_name = fields.String()
    done = fields.Boolean(metadata={"description": "false 表示恢复已提出，待另一人确认"})
    vouchers_held = fields.Integer(metadata={"description": "因此转为待处置的券"})
