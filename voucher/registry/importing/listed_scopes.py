"""The occupations and levels a yearly list (遴选清单) names for an institution, out of its column."""

from __future__ import annotations

import re
from collections.abc import Mapping

from sqlalchemy import delete, insert, select

from voucher.ledger import audit
from voucher.plumbing.spreadsheets import Cell, cell_text
from voucher.plumbing.unit_of_work import Work
from voucher.registry.institutions import InstitutionListing, ListingScope
from voucher.rules.levels import clean_word, mask_word
from voucher.rules.programmes import TRADE_UNKNOWN
from voucher.rules.vocabulary import parse_level

Scope = tuple[tuple[str, int], ...]
EVERY_LEVEL = 0
_BETWEEN = re.compile(r"[、,，;；|\n]+")


def read_scope(cell: Cell, trades: Mapping[str, str], on: str) -> Scope:
    """Return the trades and levels of a cell such as 养老护理员/五级、4-10-01-06; without a level, every one.

    `trades` are the names by code. Raises trade_unknown, level_unknown.
    """
    by_name = {name: code for code, name in trades.items()}
    found: dict[tuple[str, int], None] = {}
    for entry in _BETWEEN.split(cell_text(cell)):
        if not entry.strip():
            continue
        word, _, level = entry.partition("/")
        typed = clean_word(word)
        code = typed.upper() if typed.upper() in trades else by_name.get(typed)
        if code is None:
            raise TRADE_UNKNOWN.refused(trade=mask_word(typed), on=on)
        found[code, int(parse_level(level)) if level.strip() else EVERY_LEVEL] = None
    return tuple(found)


def write_scopes(work: Work, stated: Mapping[tuple[int, int], Scope]) -> int:
    """Let places on lists, (institution, year), stand for these scopes; return how many changed.

    A place that is stated without any stays as it is.
    """
    changed = 0
    for (institution_id, year), scope in sorted(stated.items()):
        listing_id = work.session.scalars(
            select(InstitutionListing.id).where(
                InstitutionListing.institution_id == institution_id, InstitutionListing.year == year
            )
        ).one()
        before = set(
            work.session.execute(
                select(ListingScope.trade_code, ListingScope.level).where(
                    ListingScope.listing_id == listing_id
                )
            ).all()
        )
        if not scope or before == set(scope):
            continue
        work.session.execute(delete(ListingScope).where(ListingScope.listing_id == listing_id))
        rows = [{"listing_id": listing_id, "trade_code": code, "level": level} for code, level in scope]
        work.session.execute(insert(ListingScope), rows)
        told = [f"{code}/{level}" for code, level in sorted(scope)]
        audit.record_one(work, "institution", institution_id, "list_scope", year=year, scope=told)
        changed += 1
    return changed
