"""Whom an employer says works for it, with proof and days."""

from __future__ import annotations

from enum import StrEnum

from marshmallow import Schema, fields

from voucher.doors.schemas.issue.issues import NewPerson
from voucher.doors.schemas.paging import page_of
from voucher.doors.schemas.values import WORDS_MAX, Body, Moment, OnDay, Whole, Word, Words


class EvidenceKind(StrEnum):
    """What proves an employment."""

    CONTRACT = "contract"
    INSURANCE = "insurance"


class NewEmployment(Body):
    """Somebody who works for an employer."""

    institution_id = Whole(required=True, least=1, metadata={"description": "用人单位类别的评价机构"})
    person = fields.Nested(NewPerson, required=True)
    since = OnDay(required=True, metadata={"description": "入职日期"})
    until = OnDay(load_default=None, allow_none=True, metadata={"description": "离职日期；在职的不填"})
    evidence_kind = Word(
        EvidenceKind, required=True, metadata={"description": "contract 劳动合同、insurance 社会保险"}
    )
    evidence = Words(required=True, most=100, metadata={"description": "依据编号"})


class NewEmploymentEnd(Body):
    """Somebody's last day, and why it is one."""

    until = OnDay(required=True, metadata={"description": "离职日期"})
    why = Words(required=True, most=WORDS_MAX, metadata={"description": "理由"})


class NewInsuranceCheck(Body):
    """Whose people are held against the social insurance."""

    institution_id = Whole(required=True, least=1, metadata={"description": "用人单位类别的评价机构"})


class EmploymentState(Schema):
    """An employment, the person masked, with what the social insurance says of today."""

    id = fields.Integer()
    institution_id = fields.Integer()
    masked_name = fields.String(metadata={"example": "张*"})
    masked_number = fields.String(metadata={"example": "410000********1234"})
    since = fields.Date()
    until = fields.Date(allow_none=True)
    evidence_kind = fields.String()
    evidence = fields.String()
    recorded_at = Moment()
    insured = fields.String(
        metadata={
            "description": "here 在本单位参保、stale 核对已过期、elsewhere 不在本单位参保、unsaid 没有核到"
        }
    )


class InsuranceChecked(Schema):
    """Whether anybody is connected to answer."""

    institution_id = fields.Integer()
    connected = fields.Boolean(metadata={"description": "社会保险是否接入；没有接入的什么也没有核对"})
    asked = fields.Integer(metadata={"description": "已提交核对的人数"})
    waiting = fields.Integer(metadata={"description": "今天的人次已用完、还没有提交的人数"})


Employments = page_of(EmploymentState(), "Employments")
