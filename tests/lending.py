"""Databases lent to one test after another: each sees its own, all are asked through one engine per kind.

What an engine learns, the text of some fifteen hundred statements above all, is a quarter of a test's time;
it is learned once per worker process. The rows are never shared: every borrower has its own copy.
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import make_url

from voucher.plumbing.db import Database

# what decides who may do what: accounts, their roles, and which regions lie below which
CHANGES_HANDS = re.compile(r'(INSERT INTO|UPDATE|DELETE FROM) +"?(user_account|role_grant|region)\b')


class Lent(Database):
    """A database whose engine opens its connections wherever the present borrower's copy is."""

    def __init__(self, url: str) -> None:
        super().__init__(url)

        @event.listens_for(self.engine, "do_connect")
        def aim(_dialect: object, _record: object, positional: list[Any], named: dict[str, Any]) -> None:
            if self.is_sqlite:
                positional[0] = self.url.database
            else:
                named["dbname"] = self.url.database

        # who may do what is asked before every act of a scene, and changes in one of fifty
        self.changes_of_hands = 0

        @event.listens_for(self.engine, "before_cursor_execute")
        def count(_on: object, _cursor: object, statement: str, *_rest: object) -> None:
            if not statement.startswith("SELECT") and CHANGES_HANDS.search(statement):
                self.changes_of_hands += 1

    def point_at(self, url: str) -> None:
        """Belong to another copy from now on."""
        self.url = self.url.set(database=make_url(url).database)
        self.changes_of_hands += 1


_idle: dict[str, list[Lent]] = defaultdict(list)


def borrow(backend: str, url: str) -> Lent:
    """Return a database at an address, on an engine nobody else uses now."""
    if not _idle[backend]:
        return Lent(url)
    lent = _idle[backend].pop()
    lent.point_at(url)
    return lent


def give_back(backend: str, lent: Lent) -> None:
    """Close every connection; the engine may be borrowed again."""
    lent.dispose()
    _idle[backend].append(lent)
