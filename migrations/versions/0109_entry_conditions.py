"""Ways into an exam by level as dated rows, and what each candidate tells of them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t
from voucher.plumbing.rebuilding import rebuild

revision = "0109"
down_revision = "0108"
branch_labels = None
depends_on = None

TABLE, ENTRY = "entry_condition", "candidate_entry"
COPIED = ("candidate_id", "way", "education", "evidence", "declared_at", "declared_by_person_id")
CHECKS = {
    "education": "way <> 'education' OR education IS NOT NULL",
    "years": "years >= 0",
    "held_level": "held_level BETWEEN 1 AND 8",
    "held": "(held_level IS NULL) = (held_number IS NULL)",
    "place": "(competition IS NULL) = (place IS NULL) AND (team IS NULL) = (place IS NULL)",
}


def upgrade() -> None:
    """Create the table of conditions; let entries tell years, certificates, awards and places."""
    op.create_table(
        TABLE,
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("code", t.Text(), nullable=False),
        sa.Column("level", t.Int64(), nullable=False),
        sa.Column("way", t.Text(), nullable=False),
        sa.Column("years", t.Int64(), nullable=False),
        sa.Column("held_level", t.Int64(), nullable=True),
        sa.Column("education", t.Text(), nullable=True),
        sa.Column("award", t.Text(), nullable=True),
        sa.Column("words", t.Text(), nullable=False),
        sa.Column("since", t.Day(), nullable=False),
        sa.Column("until", t.Day(), nullable=True),
        sa.Column("document", t.Text(), nullable=False),
        sa.Column("source", t.Text(), nullable=False),
        sa.CheckConstraint("level BETWEEN 1 AND 8", name=op.f("ck_entry_condition_level")),
        sa.CheckConstraint("held_level BETWEEN 1 AND 8", name=op.f("ck_entry_condition_held_level")),
        sa.CheckConstraint("years >= 0", name=op.f("ck_entry_condition_years")),
        sa.CheckConstraint("until IS NULL OR until >= since", name=op.f("ck_entry_condition_dates")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_entry_condition")),
        sa.UniqueConstraint("code", "since", name=op.f("uq_entry_condition_code_since")),
        sqlite_strict=True,
    )
    _refuse(f"{TABLE}_no_delete", TABLE, f"{TABLE} rows are never deleted")
    if op.get_bind().dialect.name == "sqlite":
        _rebuild()
        return
    op.execute(
        f"CREATE TRIGGER {TABLE}_no_truncate BEFORE TRUNCATE ON {TABLE} EXECUTE FUNCTION refuse_truncate()"
    )
    for column in _told():
        op.add_column(ENTRY, column)
    op.drop_constraint(op.f("ck_candidate_entry_education"), ENTRY, type_="check")
    for name, sql in CHECKS.items():
        op.create_check_constraint(op.f(f"ck_candidate_entry_{name}"), ENTRY, sql)


def _told() -> list[sa.Column[object]]:
    whole, words = ("years", "held_level", "team", "place"), ("held_number", "award", "competition")
    order = ("years", "held_level", "held_number", "award", "competition", "team", "place")
    made = {name: sa.Column(name, t.Int64(), nullable=True) for name in whole}
    made |= {name: sa.Column(name, t.Text(), nullable=True) for name in words}
    return [made[name] for name in order]


def _rebuild() -> None:
    connection = op.get_bind()
    triggers = connection.execute(
        sa.text("SELECT sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'candidate_entry'")
    )
    kept = [row.sql for row in triggers]
    rebuild(connection, ENTRY, COPIED, _create)
    for trigger in kept:
        op.execute(trigger)


def _create(name: str) -> None:
    op.create_table(
        name,
        sa.Column("candidate_id", t.Int64(), autoincrement=False, nullable=False),
        sa.Column("way", t.Text(), nullable=False),
        sa.Column("education", t.Text(), nullable=True),
        sa.Column("evidence", t.Text(), nullable=False),
        *_told(),
        sa.Column("declared_at", t.UtcTime(), nullable=False),
        sa.Column("declared_by_person_id", t.Int64(), nullable=False),
        sa.CheckConstraint("length(evidence) > 0", name=op.f("ck_candidate_entry_evidence")),
        *(sa.CheckConstraint(sql, name=op.f(f"ck_candidate_entry_{each}")) for each, sql in CHECKS.items()),
        sa.ForeignKeyConstraint(
            ["candidate_id"], ["candidate.id"], name=op.f("fk_candidate_entry_candidate_id")
        ),
        sa.PrimaryKeyConstraint("candidate_id", name=op.f("pk_candidate_entry")),
        sqlite_strict=True,
    )


def _refuse(name: str, table: str, told: str) -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute(f"CREATE TRIGGER {name} BEFORE DELETE ON {table} BEGIN SELECT RAISE(ABORT, '{told}'); END")
        return
    op.execute(
        f"CREATE TRIGGER {name} BEFORE DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION refuse_change('{told}')"
    )
