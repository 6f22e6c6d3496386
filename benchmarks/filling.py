"""Vouchers of years gone by, so many that a table is as large as a province's: withdrawn by their holders.

Written by the database itself; five of them belong to each person. Foreign keys and touches are not asked
row by row, which took longer than what is measured: each row is like one that stands, and points at rows
written beside it.
"""

from __future__ import annotations

import psycopg

PIECE, EACH = 100_000, 5

PEOPLE = """
WITH named AS (
    SELECT encode(sha256(('filling ' || n)::bytea), 'hex') AS index
    FROM generate_series(%(first)s::bigint, %(last)s::bigint) n
), known AS (
    INSERT INTO subject_key (blind_index, wrapped_key, created_at)
    SELECT index, '\\x00'::bytea, %(at)s::timestamptz FROM named
)
INSERT INTO person (blind_index, name_sealed, name_index, region_code, opened_at)
SELECT index, '\\x00'::bytea, index, %(region)s, %(at)s::timestamptz FROM named RETURNING id
"""
VOUCHERS = """
WITH kept AS (
    INSERT INTO voucher (thing, state, seq, programme_id, region_code, holder_person_id, project_id,
                         budget_id, worth, channel, cap_fen, reserved_fen, face_value_fen, priced_on,
                         redeem_by, issued_at)
    SELECT 'voucher', 'withdrawn', 2, m.programme_id, m.region_code, h.id, m.project_id, m.budget_id,
           m.worth, m.channel, m.cap_fen, 0, m.face_value_fen, m.priced_on, m.redeem_by, m.issued_at
    FROM (SELECT * FROM voucher ORDER BY id LIMIT 1) m, unnest(%(holders)s::bigint[]) h(id),
         generate_series(1, %(each)s::int)
    RETURNING id, issued_at
)
INSERT INTO state_event (thing, object_id, seq, previous_seq, from_state, event, to_state, at,
                         actor_user_id, actor_person_id)
SELECT 'voucher', k.id, s.seq, nullif(s.seq - 1, 0), s.before, s.event, s.after, k.issued_at, 1, 1
FROM kept k, (VALUES (1, '-', 'issue', 'issued'), (2, 'issued', 'withdraw', 'withdrawn'))
             AS s(seq, before, event, after)
"""


def fill(url: str, vouchers: int) -> None:
    """Write so many vouchers that have ended, like the first one in the table, to whole people."""
    with psycopg.connect(url, autocommit=True) as connection:
        for start in range(0, vouchers, PIECE):
            with connection.transaction():
                _write(connection, min(PIECE, vouchers - start) // EACH)


def _write(connection: psycopg.Connection, people: int) -> None:
    connection.execute("SET LOCAL session_replication_role = replica")
    like = connection.execute(
        "SELECT region_code, issued_at, (SELECT max(id) FROM person) FROM voucher ORDER BY id LIMIT 1"
    ).fetchone()
    if like is None:
        raise RuntimeError("there is no voucher to write others like")
    region, at, newest = like
    named = {"first": newest + 1, "last": newest + people, "region": region, "at": at}
    holders = [each for (each,) in connection.execute(PEOPLE, named)]
    connection.execute(VOUCHERS, {"holders": holders, "each": EACH})
