"""Databases lent to one test after another: each sees its own, all are asked through few engines.

What an engine learns, the text of some fifteen hundred statements above all, is a quarter of a test's time;
it is learned once per worker process. What a connection to PostgreSQL learns is more than another quarter: a
copy of a template is kept with its connections and set back. The rows are never shared.
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import Any

import psycopg
from psycopg.pq import ExecStatus, TransactionStatus
from sqlalchemy import event
from sqlalchemy.engine import make_url
from sqlalchemy.pool import QueuePool

from tests.warm import Kept, postgres_url
from voucher.plumbing.db import STATEMENTS, Database

# of the templates of one run two or three are asked for again and again; a crowd of connections is one test's
KEPT_MOST, LINES_KEPT_MOST = 3, 4
FORGET = b"RESET ALL; DISCARD TEMP; UNLISTEN *; SELECT pg_advisory_unlock_all()"

# what decides who may do what: accounts, their roles, and which regions lie below which
CHANGES_HANDS = re.compile(r'(INSERT INTO|UPDATE|DELETE FROM) +"?(user_account|role_grant|region)\b')


class Lent(Database):
    """A database whose engine opens its connections wherever the present borrower's copy is."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.kept: Kept | None = None
        self._lines: set[psycopg.Connection] = set()

        @event.listens_for(self.engine, "do_connect")
        def aim(_dialect: object, _record: object, positional: list[Any], named: dict[str, Any]) -> None:
            if self.is_sqlite:
                positional[0] = self.url.database
            else:
                named["dbname"] = self.url.database
                # a plan made once serves every test: their tables are as small as one another
                named["options"] += " -c plan_cache_mode=force_generic_plan"

        if not self.is_sqlite:

            @event.listens_for(self.engine, "connect")
            def learn(line: psycopg.Connection, _record: object) -> None:
                line.prepared_max = STATEMENTS
                self._lines.add(line)

            event.listen(self.engine, "close", lambda line, _record: self._lines.discard(line))

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

    def rest(self) -> list[int]:
        """Return the processes behind the connections, which are as new; where they are not, none is left."""
        pool = self.engine.pool
        assert isinstance(pool, QueuePool)
        if pool.checkedout() or len(self._lines) > LINES_KEPT_MOST or not all(map(_is_fresh, self._lines)):
            self.dispose()
            self._lines.clear()
        return [each.info.backend_pid for each in self._lines]


def _is_fresh(line: psycopg.Connection) -> bool:
    if line.closed or line.info.transaction_status != TransactionStatus.IDLE:
        return False
    return line.pgconn.exec_(FORGET).status == ExecStatus.TUPLES_OK


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


def borrow_kept(template: str) -> Lent:
    """Return a copy of a template that was kept, or a new one where none is."""
    idle = _idle["kept"]
    for place, each in enumerate(idle):
        if each.kept is not None and each.kept.template == template:
            each.point_at(postgres_url(each.kept.name))
            return idle.pop(place)
    kept = Kept(template)
    bare = [place for place, each in enumerate(idle) if each.kept is None]
    if not bare and len(idle) < KEPT_MOST:
        lent = Lent(postgres_url(kept.name))
    else:
        # an engine whose copy is lost, or else whoever has waited longest: its template is asked for no more
        lent = idle.pop(bare[0] if bare else 0)
        _let_go(lent)
        lent.point_at(postgres_url(kept.name))
    lent.kept = kept
    return lent


def give_back_kept(lent: Lent) -> None:
    """Set a kept copy back for the next borrower; one that cannot be set back is dropped."""
    assert lent.kept is not None
    if not lent.kept.set_back(lent.rest()):
        _let_go(lent)
    _idle["kept"].append(lent)


def _let_go(lent: Lent) -> None:
    lent.dispose()
    if lent.kept is not None:
        lent.kept.close()
    lent.kept = None
