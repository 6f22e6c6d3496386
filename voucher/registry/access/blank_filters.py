"""Saved filters in which an earlier version kept a number that names somebody."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode

from voucher.plumbing.db import Database
from voucher.registry.access.saved_filters import SavedFilter
from voucher.registry.unsealed_numbers import Rewriting, rewrite
from voucher.rules.card_numbers import find_identity


def blank_filters(database: Database) -> int:
    """Leave such a value empty, which asks for nothing, and return how many filters those were."""
    return rewrite(
        database, [Rewriting(SavedFilter, SavedFilter.query, _blank, ("saved_filter_query_fixed",))]
    )


def _blank(query: str) -> str:
    given = parse_qsl(query, keep_blank_values=True)
    left = [(name, "" if find_identity(value) is not None else value) for name, value in given]
    return query if left == given else urlencode(left)
