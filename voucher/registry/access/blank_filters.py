"""Saved filters in which an earlier version kept what is not kept any more: a number that names somebody,
and the value of a field its list no longer has.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import partial
from urllib.parse import parse_qsl, urlencode

from sqlalchemy import ColumnElement, select

from voucher.ledger import audit
from voucher.plumbing.db import Database
from voucher.plumbing.unit_of_work import Work
from voucher.registry.access.saved_filters import SavedFilter
from voucher.registry.unsealed_numbers import Rewriting, rewrite
from voucher.rules.card_numbers import find_identity


def blank_filters(database: Database, fields: Mapping[str, Collection[str]]) -> int:
    """Leave such a value empty, which asks for nothing, and return how many filters those were.

    `fields` are those of each list.
    """
    return rewrite(
        database,
        [
            Rewriting(
                SavedFilter,
                SavedFilter.query,
                partial(_blank, names),
                ("saved_filter_query_fixed",),
                partial(_is_of, place),
            )
            for place, names in fields.items()
        ],
    )


def drop_blank_filters(work: Work) -> int:
    """Drop the filters that ask for nothing, and return how many: their names promise what no list shows."""
    kept = work.session.scalars(
        select(SavedFilter).where(SavedFilter.dropped_at.is_(None)).order_by(SavedFilter.id).with_for_update()
    ).all()
    blank = [each for each in kept if not parse_qsl(each.query)]
    for each in blank:
        each.dropped_at = work.at
    work.session.flush()
    for each in blank:
        audit.record_one(work, "saved_filter", each.id, "drop", place=each.place)
    return len(blank)


def _is_of(place: str, _dialect: str) -> ColumnElement[bool]:
    return SavedFilter.place == place


def _blank(names: Collection[str], query: str) -> str:
    given = parse_qsl(query, keep_blank_values=True)
    left = [(name, value if name in names and find_identity(value) is None else "") for name, value in given]
    return query if left == given else urlencode(left)
