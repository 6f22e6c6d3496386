"""Records handed out as signed files: their place in a status list, and when they were taken back."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t

revision = "0095"
down_revision = "0094"
branch_labels = None
depends_on = None

TABLE = "archive_credential"
FIXED = ("person_id", "extent", "sl", "si", "signed_at", "until_at")
ONCE = ("ended_at", "why_ended")
UNENDED = sa.text("ended_at IS NULL")


def upgrade() -> None:
    """Create the table; what has ended stays ended, and nothing else ever changes."""
    op.create_table(
        TABLE,
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("person_id", t.Int64(), nullable=False),
        sa.Column("extent", t.Text(), nullable=False),
        sa.Column("sl", t.Int64(), nullable=False),
        sa.Column("si", t.Int64(), nullable=False),
        sa.Column("signed_at", t.UtcTime(), nullable=False),
        sa.Column("until_at", t.UtcTime(), nullable=False),
        sa.Column("ended_at", t.UtcTime(), nullable=True),
        sa.Column("why_ended", t.Text(), nullable=True),
        sa.CheckConstraint(
            "extent IN ('certificates','trainings')", name=op.f("ck_archive_credential_extent")
        ),
        sa.CheckConstraint(
            "why_ended IN ('recalled','certificate_revoked')", name=op.f("ck_archive_credential_why_ended")
        ),
        sa.CheckConstraint(
            "(ended_at IS NULL) = (why_ended IS NULL)", name=op.f("ck_archive_credential_ended")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_archive_credential_person_id")),
        sa.ForeignKeyConstraint(
            ["sl", "si"], ["status_place.sl", "status_place.si"], name="fk_archive_credential_place"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_archive_credential")),
        sa.UniqueConstraint("sl", "si", name=op.f("uq_archive_credential_sl_si")),
        sqlite_strict=True,
    )
    op.create_index("ix_archive_credential_person", TABLE, ["person_id", "id"], unique=False)
    op.create_index(
        "ix_archive_credential_live",
        TABLE,
        ["until_at"],
        unique=False,
        sqlite_where=UNENDED,
        postgresql_where=UNENDED,
    )
    sqlite = op.get_bind().dialect.name == "sqlite"
    word = "IS NOT" if sqlite else "IS DISTINCT FROM"
    _refuse(f"{TABLE}_no_delete", "DELETE", f"{TABLE} rows are never deleted")
    if not sqlite:
        op.execute(
            f"CREATE TRIGGER {TABLE}_no_truncate BEFORE TRUNCATE ON {TABLE} "
            "EXECUTE FUNCTION refuse_truncate()"
        )
    for column in FIXED:
        told, when = f"{TABLE}.{column} never changes", f"OLD.{column} {word} NEW.{column}"
        _refuse(f"{TABLE}_{column}_fixed", f"UPDATE OF {column}", told, when)
    for column in ONCE:
        when = f"OLD.{column} IS NOT NULL AND OLD.{column} {word} NEW.{column}"
        _refuse(f"{TABLE}_{column}_once", f"UPDATE OF {column}", f"{TABLE}.{column} is written once", when)


def _refuse(name: str, timing: str, told: str, when: str = "") -> None:
    if op.get_bind().dialect.name == "sqlite":
        clause = f" WHEN {when}" if when else ""
        op.execute(
            f"CREATE TRIGGER {name} BEFORE {timing} ON {TABLE}{clause} "
            f"BEGIN SELECT RAISE(ABORT, '{told}'); END"
        )
        return
    clause = f" WHEN ({when})" if when else ""
    op.execute(
        f"CREATE TRIGGER {name} BEFORE {timing} ON {TABLE} FOR EACH ROW{clause} "
        f"EXECUTE FUNCTION refuse_change('{told}')"
    )
