"""The session of an act: its connection is begun without it, and it joins in where an act needs objects.

Measured: an act that only speaks to its connection, as an ordinary scan does, paid a tenth of its time for a
transaction of the session's beside the connection's.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Engine
from sqlalchemy.orm import Session


class Writing(Session):
    """A session that knows its connection from one word to the next: acts ask for it ten times and more.

    It commits where the unit of work says so, and nowhere else.
    """

    _known: Connection | None = None
    # the connection that was begun before the session, which is committed and given back with it
    _own: Connection | None = None

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine, expire_on_commit=False, join_transaction_mode="control_fully")
        self._engine = engine

    def connection(
        self,
        bind_arguments: Any | None = None,
        execution_options: Any | None = None,
    ) -> Connection:
        """Return the connection of this transaction."""
        known = self._known
        if self.in_nested_transaction():
            # the savepoint is only said when the session is asked for its connection
            return super().connection(bind_arguments, execution_options)
        if known is None or known.closed or bind_arguments is not None or execution_options is not None:
            if self.in_transaction() or bind_arguments is not None or execution_options is not None:
                known = super().connection(bind_arguments, execution_options)
            else:
                known = self.bind = self._own = self._engine.connect()
                known.begin()
            self._known = known
        return known

    def commit(self) -> None:
        """Write down what the session holds, and commit."""
        own = self._own
        if own is None or self.in_transaction():
            super().commit()
        # a session that only holds objects has not joined in, and leaves the commit to its connection
        if own is not None and own.in_transaction():
            try:
                own.commit()
            except BaseException:
                # what could not be committed is let go of through the driver: given back as it is, a line
                # that broke, or a file still locked, would be lent to whoever comes next as if it were whole
                own.rollback()
                raise
        self._part()

    def rollback(self) -> None:
        """Let go of everything since the last commit."""
        try:
            super().rollback()
        finally:
            self._part()

    def close(self) -> None:
        """Give the connection back; whatever is not committed is gone."""
        try:
            # one that has never held an object has nothing to let go of
            if self.in_transaction() or self.identity_map.keys():
                super().close()
        finally:
            self._part()

    def _part(self) -> None:
        own = self._own
        if own is not None:
            self.bind, self._own, self._known = self._engine, None, None
            # rolls back what is still open
            own.close()
