"""Institutions file with licences, scope, teachers and rooms; a licence's end is known of each."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None

IN_FORCE, WAITING = sa.text("state = 'accepted'"), sa.text("state IN ('filed','returned')")
# what a paper shows never changes; another one is another paper
FIXED = {"filing_paper": ("code", "sha256", "content_sealed"), "filing": ("code", "applicant_person_id")}


def upgrade() -> None:
    """Create the tables, keep statements and papers, and know of each institution until when it is licensed."""
    op.add_column("institution", sa.Column("licensed_until", t.Day(), nullable=True))
    _create_filing()
    _create_paper()
    _create_licence()
    _create_scope()
    _create_teacher()
    _create_room()
    on_sqlite = op.get_bind().dialect.name == "sqlite"
    word = "IS NOT" if on_sqlite else "IS DISTINCT FROM"
    for table, columns in FIXED.items():
        _refuse(f"{table}_no_delete", table, "DELETE", f"{table} rows are never deleted")
        if not on_sqlite:
            op.execute(
                f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
                "EXECUTE FUNCTION refuse_truncate()"
            )
        for column in columns:
            told = f"{table}.{column} never changes"
            when = f"OLD.{column} {word} NEW.{column}"
            _refuse(f"{table}_{column}_fixed", table, f"UPDATE OF {column}", told, when)


def _create_filing() -> None:
    op.create_table(
        "filing",
        sa.Column("code", t.Text(), nullable=False),
        sa.Column("name", t.Text(), nullable=False),
        sa.Column("kind", t.Text(), nullable=False),
        sa.Column("region_code", t.Text(), nullable=False),
        sa.Column("address", t.Text(), nullable=False),
        sa.Column("legal_name_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("contact_name_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("contact_mobile_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("institution_id", t.Int64(), nullable=True),
        sa.Column("applicant_person_id", t.Int64(), nullable=False),
        sa.Column("applicant_user_id", t.Int64(), nullable=False),
        sa.Column("opened_at", t.UtcTime(), nullable=False),
        sa.Column("id", t.Int64(), autoincrement=True, nullable=False),
        sa.Column("state", t.Text(), nullable=False),
        sa.Column("seq", t.Int64(), nullable=False),
        sa.Column("thing", t.Text(), nullable=False),
        sa.CheckConstraint(
            "state IN ('draft','withdrawn') OR institution_id IS NOT NULL",
            name=op.f("ck_filing_of_somebody"),
        ),
        sa.CheckConstraint("thing = 'filing'", name=op.f("ck_filing_thing")),
        sa.ForeignKeyConstraint(["region_code"], ["region.code"], name=op.f("fk_filing_region_code")),
        sa.ForeignKeyConstraint(
            ["institution_id"], ["institution.id"], name=op.f("fk_filing_institution_id")
        ),
        sa.ForeignKeyConstraint(
            ["applicant_person_id"], ["person.id"], name=op.f("fk_filing_applicant_person_id")
        ),
        sa.ForeignKeyConstraint(
            ["applicant_user_id"], ["user_account.id"], name=op.f("fk_filing_applicant_user_id")
        ),
        sa.ForeignKeyConstraint(
            ["thing", "id", "seq", "state"],
            ["state_event.thing", "state_event.object_id", "state_event.seq", "state_event.to_state"],
            name="fk_filing_last_event",
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_filing")),
        sqlite_strict=True,
    )
    op.create_index("ix_filing_applicant", "filing", ["applicant_person_id"], unique=False)
    op.create_index("ix_filing_region", "filing", ["region_code", "state"], unique=False)
    for name, when in (("uq_filing_in_force", IN_FORCE), ("uq_filing_waiting", WAITING)):
        op.create_index(
            name, "filing", ["institution_id"], unique=True, sqlite_where=when, postgresql_where=when
        )


def _create_paper() -> None:
    op.create_table(
        "filing_paper",
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("code", t.Text(), nullable=False),
        sa.Column("kind", t.Text(), nullable=False),
        sa.Column("sha256", t.Text(), nullable=False),
        sa.Column("size_bytes", t.Int64(), nullable=False),
        sa.Column("content_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("uploaded_at", t.UtcTime(), nullable=False),
        sa.Column("uploaded_by_person_id", t.Int64(), nullable=False),
        sa.CheckConstraint("kind IN ('jpeg','png','pdf')", name=op.f("ck_filing_paper_kind_known")),
        sa.CheckConstraint("length(sha256) = 64", name=op.f("ck_filing_paper_sha256_length")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_filing_paper")),
        sqlite_strict=True,
    )


def _create_licence() -> None:
    op.create_table(
        "filing_licence",
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("filing_id", t.Int64(), nullable=False),
        sa.Column("kind", t.Text(), nullable=False),
        sa.Column("number", t.Text(), nullable=False),
        sa.Column("authority", t.Text(), nullable=False),
        sa.Column("since", t.Day(), nullable=False),
        sa.Column("until", t.Day(), nullable=True),
        sa.Column("paper_id", t.Int64(), nullable=False),
        sa.CheckConstraint("until IS NULL OR until >= since", name=op.f("ck_filing_licence_dates")),
        sa.ForeignKeyConstraint(["filing_id"], ["filing.id"], name=op.f("fk_filing_licence_filing_id")),
        sa.ForeignKeyConstraint(["paper_id"], ["filing_paper.id"], name=op.f("fk_filing_licence_paper_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_filing_licence")),
        sa.UniqueConstraint(
            "filing_id", "kind", "number", name=op.f("uq_filing_licence_filing_id_kind_number")
        ),
        sqlite_strict=True,
    )


def _create_scope() -> None:
    op.create_table(
        "filing_scope",
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("filing_id", t.Int64(), nullable=False),
        sa.Column("trade_code", t.Text(), nullable=False),
        sa.Column("level", t.Int64(), nullable=False),
        sa.Column("project_id", t.Int64(), nullable=False),
        sa.CheckConstraint("level BETWEEN 0 AND 8", name=op.f("ck_filing_scope_level")),
        sa.ForeignKeyConstraint(["filing_id"], ["filing.id"], name=op.f("fk_filing_scope_filing_id")),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_filing_scope_project_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_filing_scope")),
        sa.UniqueConstraint(
            "filing_id",
            "trade_code",
            "level",
            "project_id",
            name=op.f("uq_filing_scope_filing_id_trade_code_level_project_id"),
        ),
        sqlite_strict=True,
    )


def _create_teacher() -> None:
    op.create_table(
        "filing_teacher",
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("filing_id", t.Int64(), nullable=False),
        sa.Column("person_id", t.Int64(), nullable=False),
        sa.Column("qualification", t.Text(), nullable=False),
        sa.Column("certificate_number", t.Text(), nullable=False),
        sa.Column("until", t.Day(), nullable=True),
        sa.Column("trade_codes", t.Text(), nullable=False),
        sa.ForeignKeyConstraint(["filing_id"], ["filing.id"], name=op.f("fk_filing_teacher_filing_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_filing_teacher_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_filing_teacher")),
        sa.UniqueConstraint("filing_id", "person_id", name=op.f("uq_filing_teacher_filing_id_person_id")),
        sqlite_strict=True,
    )
    op.create_index("ix_filing_teacher_person", "filing_teacher", ["person_id"], unique=False)


def _create_room() -> None:
    op.create_table(
        "filing_room",
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("filing_id", t.Int64(), nullable=False),
        sa.Column("name", t.Text(), nullable=False),
        sa.Column("address", t.Text(), nullable=False),
        sa.Column("region_code", t.Text(), nullable=False),
        sa.Column("seats", t.Int64(), nullable=False),
        sa.Column("equipment", t.Text(), nullable=False),
        sa.CheckConstraint("seats > 0", name=op.f("ck_filing_room_seats")),
        sa.ForeignKeyConstraint(["filing_id"], ["filing.id"], name=op.f("fk_filing_room_filing_id")),
        sa.ForeignKeyConstraint(["region_code"], ["region.code"], name=op.f("fk_filing_room_region_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_filing_room")),
        sa.UniqueConstraint("filing_id", "name", name=op.f("uq_filing_room_filing_id_name")),
        sqlite_strict=True,
    )


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
