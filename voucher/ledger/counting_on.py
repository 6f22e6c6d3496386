"""Transactions count on after a restore: a copy brought to another cluster finds that counter far behind.

PostgreSQL numbers transactions per cluster. After `pg_restore` the numbers begin low again, and a write past
the acts could carry the number of an act of years ago and pass for it.
"""

from __future__ import annotations

from sqlalchemy import text

from voucher.plumbing.db import Database

NEWEST = (
    "SELECT max(number) FROM (SELECT max(transaction_id) AS number FROM audit_row"
    " UNION ALL SELECT max(transaction_id) FROM row_touch) AS known"
)


def count_on(database: Database) -> int:
    """Raise the numbers of this cluster above every one the trail names, and return by how much.

    Nothing is done where they are above already, nor on SQLite, where they are random.
    """
    if database.is_sqlite:
        return 0
    with database.engine.execution_options(writes=True).connect() as connection, connection.begin():
        newest = int(connection.scalar(text(NEWEST)) or 0)
        here = int(connection.scalar(text("SELECT current_act()")) or 0)
        if newest < here:
            return 0
        connection.exec_driver_sql(
            "CREATE OR REPLACE FUNCTION current_act() RETURNS bigint LANGUAGE sql VOLATILE "
            f"AS 'SELECT pg_current_xact_id()::text::bigint + {newest}'"
        )
        return newest
