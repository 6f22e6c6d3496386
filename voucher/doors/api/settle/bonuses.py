"""Bonuses (奖补): which there are, and applying for them; from then on they are claims like any other."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from voucher.doors.api.reach import told_refusal
from voucher.doors.api.room import Room
from voucher.doors.schemas.problem import BODY_INVALID
from voucher.doors.schemas.settle.bonuses import (
    BonusesFiled,
    BonusStandardFilter,
    BonusStandards,
    NewBonuses,
)
from voucher.plumbing.unit_of_work import Work
from voucher.registry.bonus_standards import read_bonus_standards
from voucher.rules.bonus_kinds import KINDS, BonusKind
from voucher.rules.bonuses import FirmSize
from voucher.rules.errors import Refused
from voucher.rules.identity import normalise_identity
from voucher.rules.names import normalise_name
from voucher.stages.settle.bonuses.applying import BonusWish, apply_for_bonuses
from voucher.stages.settle.bonuses.cases import Entry

FIELDS_TOLD = 100
bonuses = Room("bonuses", __name__, url_prefix="/api/v1", description="奖补")


@bonuses.look("/bonus-standards", query=BonusStandardFilter, answer=BonusStandards)
def list_standards(session: Session, asked: dict[str, Any]) -> dict[str, Any]:
    """奖补标准：种类、事项、金额、期限和文号，每种还要填什么。"""
    rows = sorted(read_bonus_standards(session), key=lambda row: (row.kind, row.item_code, row.since))
    return {
        "items": [
            {**asdict(row), "kind_name": KINDS[row.kind].name, "asked": [*map(str, KINDS[row.kind].asked)]}
            for row in rows
            if asked["kind"] in (None, row.kind)
        ]
    }


@bonuses.act(
    "/bonus-applications",
    body=NewBonuses,
    answer=BonusesFiled,
    example={
        "kind": "honour_award",
        "region_code": "419001",
        "budget_id": 1,
        "payee_code": "52410105MJTE5T01X7",
        "lines": [
            {
                "name": "张三",
                "number": "41010519900315991X",
                "item_code": "national_expert",
                "happened_on": "2024-01-20",
                "document": "表彰决定第 1 号",
            }
        ],
    },
)
def apply_for(work: Work, given: dict[str, Any]) -> dict[str, Any]:
    """奖补申报：一次一种，逐行核对、计价；可付的当即申报，核不实的转两人核定，不予受理的写明理由。"""
    kind = BonusKind(given["kind"])
    size = None if given["firm_size"] is None else FirmSize(given["firm_size"])
    wish = BonusWish(
        kind,
        given["region_code"],
        given["budget_id"],
        given["payee_code"].strip().upper(),
        _read_lines(given["lines"], work.today),
        size,
    )
    applied = apply_for_bonuses(work, wish)
    return {
        "batch_id": applied.batch.id,
        "batch_number": applied.batch.number,
        "kind": str(kind),
        "kind_name": KINDS[kind].name,
        "payable_fen": applied.total_fen,
        "lines": [
            {
                "place": place,
                "item_code": line.entry.item_code,
                "outcome": verdict.outcome,
                "amount_fen": verdict.amount_fen,
                "explanation": verdict.explanation,
                "findings": verdict.findings,
                "refusal": told_refusal(verdict.refusal),
            }
            for place, (line, verdict) in enumerate(applied.lines, start=1)
        ],
    }


def _read_lines(lines: list[dict[str, Any]], today: date) -> list[Entry]:
    """Return the lines with names and numbers as they are kept. Raises body_invalid with every mistake."""
    wrong: dict[str, dict[str, list[str]]] = {}
    found = []
    for place, line in enumerate(lines):
        kept = {}
        for field, read in (
            ("name", normalise_name),
            ("number", lambda said: normalise_identity(said, today)),
        ):
            try:
                kept[field] = read(line[field])
            except Refused as refused:
                wrong.setdefault(str(place), {})[field] = [refused.refusal.title]
        if str(place) not in wrong:
            found.append(
                Entry(
                    kept["number"],
                    kept["name"],
                    line["item_code"].strip(),
                    line["happened_on"],
                    line["document"].strip(),
                    line["occasion"].strip(),
                    line["amount_fen"],
                    line["heads"],
                    line["completed"],
                )
            )
    if wrong:
        raise BODY_INVALID.refused(fields={"lines": dict(list(wrong.items())[:FIELDS_TOLD])})
    return found
