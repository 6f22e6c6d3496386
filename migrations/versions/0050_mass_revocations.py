"""Several certificates revoked at once: asked with what was shown, decided by another person."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t

revision = "0050"
down_revision = "0049"
branch_labels = None
depends_on = None

TABLES = ("mass_revocation", "mass_revocation_line")
FIXED = ("why", "shown", "asked_by_person_id", "asked_at")
ONCE = ("confirmed", "decided_by_person_id", "decided_at", "decided_why")


def upgrade() -> None:
    """Create the tables with their triggers."""
    op.create_table(
        "mass_revocation",
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("why", t.Text(), nullable=False),
        sa.Column("shown", t.Json(), nullable=False),
        sa.Column("asked_by_person_id", t.Int64(), nullable=False),
        sa.Column("asked_at", t.UtcTime(), nullable=False),
        sa.Column("confirmed", t.Flag(), nullable=True),
        sa.Column("decided_by_person_id", t.Int64(), nullable=True),
        sa.Column("decided_at", t.UtcTime(), nullable=True),
        sa.Column("decided_why", t.Text(), nullable=True),
        sa.CheckConstraint(
            "confirmed = 0 OR decided_by_person_id <> asked_by_person_id",
            name=op.f("ck_mass_revocation_two_people"),
        ),
        sa.CheckConstraint(
            "(decided_at IS NULL) = (decided_by_person_id IS NULL)",
            name=op.f("ck_mass_revocation_decided_by"),
        ),
        sa.CheckConstraint(
            "(decided_at IS NULL) = (confirmed IS NULL)", name=op.f("ck_mass_revocation_decided")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mass_revocation")),
        sqlite_strict=True,
    )
    op.create_table(
        "mass_revocation_line",
        sa.Column("revocation_id", t.Int64(), nullable=False),
        sa.Column("certificate_id", t.Int64(), nullable=False),
        sa.Column("region_code", t.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["revocation_id"], ["mass_revocation.id"], name=op.f("fk_mass_revocation_line_revocation_id")
        ),
        sa.ForeignKeyConstraint(
            ["certificate_id"], ["certificate.id"], name=op.f("fk_mass_revocation_line_certificate_id")
        ),
        sa.ForeignKeyConstraint(
            ["region_code"], ["region.code"], name=op.f("fk_mass_revocation_line_region_code")
        ),
        sa.PrimaryKeyConstraint("revocation_id", "certificate_id", name=op.f("pk_mass_revocation_line")),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_mass_revocation_line_region", "mass_revocation_line", ["region_code", "revocation_id"]
    )
    sqlite = op.get_bind().dialect.name == "sqlite"
    word = "IS NOT" if sqlite else "IS DISTINCT FROM"
    for table in TABLES:
        _refuse(f"{table}_no_delete", table, "DELETE", f"{table} rows are never deleted")
        if not sqlite:
            op.execute(
                f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
                "EXECUTE FUNCTION refuse_truncate()"
            )
    _refuse("mass_revocation_line_no_update", TABLES[1], "UPDATE", "mass_revocation_line is append only")
    for column in FIXED:
        when = f"OLD.{column} {word} NEW.{column}"
        told = f"mass_revocation.{column} never changes"
        _refuse(f"mass_revocation_{column}_fixed", TABLES[0], f"UPDATE OF {column}", told, when)
    for column in ONCE:
        when = f"OLD.{column} IS NOT NULL AND OLD.{column} {word} NEW.{column}"
        told = f"mass_revocation.{column} is written once"
        _refuse(f"mass_revocation_{column}_once", TABLES[0], f"UPDATE OF {column}", told, when)


def _refuse(name: str, table: str, timing: str, told: str, when: str = "") -> None:
    if op.get_bind().dialect.name == "sqlite":
        clause = f" WHEN {when}" if when else ""
        op.execute(
            f"CREATE TRIGGER {name} BEFORE {timing} ON {table}{clause} "
            f"BEGIN SELECT RAISE(ABORT, '{told}'); END"
        )
        return
    clause = f" WHEN ({when})" if when else ""
    op.execute(
        f"CREATE TRIGGER {name} BEFORE {timing} ON {table} FOR EACH ROW{clause} "
        f"EXECUTE FUNCTION refuse_change('{told}')"
    )
