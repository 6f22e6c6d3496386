"""Audit joins (审计比对): the questions answered, their hits, and what became of each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import Schema, fields

from voucher.doors.schemas.paging import Paging, page_of
from voucher.doors.schemas.values import Fen, Moment, Word
from voucher.rules.join_conclusions import FOLLOW_UP_NAMES, OUTCOME_NAMES, STATE_NAMES, HitState
from voucher.rules.joins import JOIN_NAMES


def _named(names: Mapping[Any, str]) -> dict[str, str]:
    return {"description": "、".join(f"{word} {name}" for word, name in names.items())}


class AuditJoinState(Schema):
    """One question as it was answered and frozen; `standing` is how many of its hits stand how."""

    id = fields.Integer()
    number = fields.String(metadata={"description": "编号，例如 BD-410000-0012"})
    region_code = fields.String()
    kind = fields.String(metadata=_named(JOIN_NAMES))
    list_id = fields.Integer(allow_none=True, metadata={"description": "所用的审计名单；不用名单的为 null"})
    since = fields.Date()
    until = fields.Date()
    why = fields.String(metadata={"description": "案由和文号"})
    hits = fields.Integer(metadata={"description": "条数；is_cut 时多于保留的"})
    people = fields.Integer()
    amount_fen = Fen(metadata={"description": "金额，分；同一申领只计一次"})
    is_cut = fields.Boolean()
    sha256 = fields.String(metadata={"description": "冻结时全部结果的摘要"})
    ran_at = Moment()
    forgotten_at = Moment(allow_none=True, metadata={"description": "保留期满删除各条的时间"})
    standing = fields.Dict(
        keys=fields.String(metadata=_named(STATE_NAMES)), values=fields.Integer(), dump_default={}
    )


AuditJoins = page_of(AuditJoinState(), "AuditJoins")


class AuditHitFilter(Paging):
    """Which hits: all, or those that stand in one way."""

    state = Word(tuple(HitState), load_default=None, allow_none=True, metadata=_named(STATE_NAMES))


class AuditConclusion(Schema):
    """What somebody said of a hit; it counts once `agreed` is true."""

    outcome = fields.String(metadata=_named(OUTCOME_NAMES))
    follow_up = fields.String(metadata=_named(FOLLOW_UP_NAMES))
    words = fields.String()
    concluded_at = Moment()
    agreed = fields.Boolean(allow_none=True, metadata={"description": "null 为等另一人确认"})
    decided_at = Moment(allow_none=True)


class AuditHitRow(Schema):
    """One row behind a hit, as a clerk finds it."""

    table = fields.String()
    key = fields.String()


class AuditHit(Schema):
    """One thing found, its person masked; no person where it is about an institution."""

    position = fields.Integer()
    person_id = fields.Integer(allow_none=True)
    masked_name = fields.String()
    masked_number = fields.String()
    voucher_id = fields.Integer(allow_none=True)
    voucher = fields.String(metadata={"description": "券号"})
    institution = fields.String()
    amount_fen = Fen()
    sentence = fields.String(metadata={"description": "情况和核对办法"})
    rows = fields.List(fields.Nested(AuditHitRow()))
    state = fields.String(metadata=_named(STATE_NAMES))
    conclusion = fields.Nested(AuditConclusion(), allow_none=True)


AuditHits = page_of(AuditHit(), "AuditHits")
