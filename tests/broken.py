"""Whether any invariant is broken, asked after every test in two statements; what, only where something is.

What a query says depends on the tables it names and on nothing else. Of a founded house that nobody has used
all of them hold, so one that names only tables without a row holds as well, and need not be asked: to plan
all eighty takes PostgreSQL longer than most tests take to run.
"""

from __future__ import annotations

import re
from functools import cache

from sqlalchemy import TextClause, text
from sqlalchemy.orm import Session

from voucher.plumbing.db import Model, load_models
from voucher.stages.oversee.invariants import INVARIANTS

WORDS = re.compile(r"\w+")


@cache
def named_tables() -> dict[str, frozenset[str]]:
    """Return every invariant that needs no moment, as its query, with the tables it names."""
    load_models()
    known = frozenset(Model.metadata.tables)
    return {each.sql: known & set(WORDS.findall(each.sql)) for each in INVARIANTS if not each.asks_time}


@cache
def _written() -> TextClause:
    named = sorted(frozenset[str]().union(*named_tables().values()))
    return text(" UNION ALL ".join(f"SELECT '{each}' WHERE EXISTS (SELECT 1 FROM {each})" for each in named))


def list_asked(session: Session) -> list[str]:
    """Return the queries that could say something: those that name a table with rows, or none we know."""
    written = set(session.scalars(_written()))
    return [query for query, tables in named_tables().items() if not tables or tables & written]


def is_broken(session: Session) -> bool:
    """Return whether a query of an invariant returns any row."""
    whole = " UNION ALL ".join(f"SELECT 1 WHERE EXISTS ({each})" for each in list_asked(session))
    return session.scalar(text(whole)) is not None
