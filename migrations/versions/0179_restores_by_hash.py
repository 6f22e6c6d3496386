"""A restored copy is known by number and chain hash: after a restore the numbers come again."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t

revision = "0179"
down_revision = "0172"
branch_labels = None
depends_on = None

COPY, PAID, UNREGISTERED = "restored_copy", "restored_paid", "restored_unregistered"
RECONCILED = (
    "(reconciled_at IS NULL) = (reconciled_by_person_id IS NULL)"
    " AND (reconciled_at IS NULL) = (entries IS NULL) AND (reconciled_at IS NULL) = (erased IS NULL)"
)
FIXED = ("id", "anchored_seq", "chain_hash", "held_seq", "noticed_at")
ONCE = ("reconciled_at", "reconciled_by_person_id", "entries", "erased")


def upgrade() -> None:
    """Make the three tables anew: a copy keeps as its number the one it went by until now."""
    copies = _read(COPY)
    words = {table: _read(table) for table in (PAID, UNREGISTERED)}
    hashes = _read_hashes()
    for table in (PAID, UNREGISTERED, COPY):
        op.drop_table(table)
    _create_copies()
    _create_words(PAID, ("copy_id", "region_code", "person_id"))
    _create_words(UNREGISTERED, ("copy_id", "person_id"))
    _fill(
        COPY,
        [
            {**each, "id": each["anchored_seq"], "chain_hash": hashes.get(each["anchored_seq"], "")}
            for each in copies
        ],
    )
    for table, rows in words.items():
        _fill(table, [{"copy_id": each.pop("anchored_seq"), **each} for each in rows])
    _refuse(COPY, "no_delete", "DELETE", f"{COPY} rows are never deleted")
    _refuse(COPY, "fixed", f"UPDATE OF {', '.join(FIXED)}", "what was noticed stays")
    _refuse(COPY, "once", f"UPDATE OF {', '.join(ONCE)}", "reconciled once", "OLD.reconciled_at IS NOT NULL")
    for table in (PAID, UNREGISTERED):
        for name, timing in (("no_update", "UPDATE"), ("no_delete", "DELETE")):
            _refuse(table, name, timing, f"{table} rows stay as they are")
    if op.get_bind().dialect.name != "sqlite":
        for table in (COPY, PAID, UNREGISTERED):
            op.execute(
                f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
                "EXECUTE FUNCTION refuse_truncate()"
            )


def _read(table: str) -> list[dict[str, Any]]:
    # as the database has them: moments and numbers go back unread
    rows = op.get_bind().execute(sa.text(f"SELECT * FROM {table}"))  # noqa: S608 — names of our own schema
    return [dict(each) for each in rows.mappings()]


def _read_hashes() -> dict[int, str]:
    """Return the chain hash that each notice wrote into the trail."""
    rows = op.get_bind().execute(
        sa.text("SELECT object_id, content FROM audit_row WHERE thing = :thing AND act = 'notice'"),
        {"thing": COPY},
    )
    found: dict[int, str] = {}
    for object_id, content in rows:
        said = json.loads(content) if isinstance(content, str) else content
        found[object_id] = str(said.get("chain_hash", ""))
    return found


def _fill(table: str, rows: Sequence[Mapping[str, Any]]) -> None:
    if rows:
        names = list(rows[0])
        values = ", ".join(f":{name}" for name in names)
        listed = ", ".join(names)
        op.get_bind().execute(
            sa.text(f"INSERT INTO {table} ({listed}) VALUES ({values})"),  # noqa: S608 — names of our own schema
            list(rows),
        )


def _create_copies() -> None:
    op.create_table(
        COPY,
        *(sa.Column(name, t.Int64(), nullable=False, autoincrement=False) for name in ("id", "anchored_seq")),
        sa.Column("chain_hash", t.Text(), nullable=False),
        sa.Column("held_seq", t.Int64(), nullable=False),
        *(sa.Column(name, t.UtcTime(), nullable=name != "noticed_at") for name in ("noticed_at", ONCE[0])),
        *(sa.Column(name, t.Int64(), nullable=True) for name in ONCE[1:]),
        sa.CheckConstraint("anchored_seq > 0 AND held_seq >= 0", name=op.f(f"ck_{COPY}_seq")),
        sa.CheckConstraint(RECONCILED, name=op.f(f"ck_{COPY}_reconciled")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{COPY}")),
        sa.UniqueConstraint("anchored_seq", "chain_hash", name=op.f(f"uq_{COPY}_anchored_seq_chain_hash")),
        sqlite_strict=True,
    )


def _create_words(table: str, key: tuple[str, ...]) -> None:
    regional = "region_code" in key
    referred = {"copy_id": f"{COPY}.id", "region_code": "region.code", "person_id": "person.id"}
    op.create_table(
        table,
        sa.Column("copy_id", t.Int64(), nullable=False),
        *([sa.Column("region_code", t.Text(), nullable=False)] if regional else []),
        sa.Column("person_id", t.Int64(), nullable=False),
        sa.Column("words", t.Text(), nullable=False),
        sa.Column("said_at", t.UtcTime(), nullable=False),
        *(sa.ForeignKeyConstraint([name], [referred[name]], name=op.f(f"fk_{table}_{name}")) for name in key),
        sa.PrimaryKeyConstraint(*key, name=op.f(f"pk_{table}")),
        sqlite_strict=True,
    )


def _refuse(table: str, name: str, timing: str, told: str, when: str = "") -> None:
    clause = f" WHEN ({when})" if when else ""
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            f"CREATE TRIGGER {table}_{name} BEFORE {timing} ON {table}{clause} "
            f"BEGIN SELECT RAISE(ABORT, '{told}'); END"
        )
        return
    op.execute(
        f"CREATE TRIGGER {table}_{name} BEFORE {timing} ON {table} FOR EACH ROW{clause} "
        f"EXECUTE FUNCTION refuse_change('{told}')"
    )
