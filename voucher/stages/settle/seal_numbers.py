"""Words about lines and claims in which an earlier version told a card's number whole, masked."""

from __future__ import annotations

from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, Text, cast
from sqlalchemy.orm import InstrumentedAttribute

from voucher.plumbing.db import Database
from voucher.registry.unsealed_numbers import Rewriting, rewrite
from voucher.rules.card_numbers import mask_within
from voucher.stages.settle.models.claims import Claim, SettlementLine

TOLD: tuple[tuple[type[SettlementLine | Claim], InstrumentedAttribute[Any]], ...] = (
    (SettlementLine, SettlementLine.refusal),
    (SettlementLine, SettlementLine.explanation),
    (SettlementLine, SettlementLine.findings),
    (Claim, Claim.explanation),
)
SEVENTEEN = "[0-9]" * 17
# something stands on either side of words once a space does
ON_SQLITE, ON_POSTGRESQL = f"*[^0-9]{SEVENTEEN}[0-9X][^0-9A-Z]*", f"[^0-9]{SEVENTEEN}[0-9X][^0-9A-Z]"


def mask_told_numbers(database: Database) -> int:
    """Mask an identity number wherever these words tell one, and return how many words those were."""
    told = [Rewriting(model, each, _mask, where=partial(_may_tell, each)) for model, each in TOLD]
    return rewrite(database, told)


def _may_tell(column: InstrumentedAttribute[Any], dialect: str) -> ColumnElement[bool]:
    words = " " + cast(column, Text) + " "
    return words.bool_op("GLOB")(ON_SQLITE) if dialect == "sqlite" else words.regexp_match(ON_POSTGRESQL)


def _mask(told: Any) -> Any:
    if isinstance(told, str):
        return mask_within(told)
    if isinstance(told, dict):
        return {name: _mask(each) for name, each in told.items()}
    if isinstance(told, list):
        return [_mask(each) for each in told]
    return told
