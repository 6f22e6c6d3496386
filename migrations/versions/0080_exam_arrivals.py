"""Who came to the door of an exam, also the refused; a phone's code may be used up there."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t
from voucher.plumbing.rebuilding import rebuild

revision = "0080"
down_revision = "0079"
branch_labels = None
depends_on = None

SEEN = (
    *("id", "vid", "counter", "kind", "voucher_id", "credential_id", "device_id", "institution_id"),
    *("challenge_id", "operation", "shown_at", "used_at"),
)
OPERATIONS = "operation IN ('enrol','redeem','admit')"
LET_IN = sa.text("code IS NULL")


def upgrade() -> None:
    """Widen what a code may be used for, keep arrivals, and write down the admissions there were."""
    if op.get_bind().dialect.name == "sqlite":
        _rebuild_seen()
    else:
        op.drop_constraint(op.f("ck_presentation_seen_operation"), "presentation_seen")
        op.create_check_constraint(op.f("ck_presentation_seen_operation"), "presentation_seen", OPERATIONS)
    _create_exam_arrival()
    # until now everybody was let in by the whole number of the card
    op.execute(
        "INSERT INTO exam_arrival (batch_id, candidate_id, voucher_id, way, at, by_person_id) "
        "SELECT batch_id, id, voucher_id, 'card', admitted_at, admitted_by_person_id FROM candidate "
        "WHERE admitted_at IS NOT NULL ORDER BY id"
    )
    for deed, told in (("UPDATE", "is append only"), ("DELETE", "rows are never deleted")):
        _refuse(f"exam_arrival_no_{deed.lower()}", "exam_arrival", deed, f"exam_arrival {told}")
    if op.get_bind().dialect.name != "sqlite":
        op.execute(
            "CREATE TRIGGER exam_arrival_no_truncate BEFORE TRUNCATE ON exam_arrival "
            "EXECUTE FUNCTION refuse_truncate()"
        )


def _rebuild_seen() -> None:
    connection = op.get_bind()
    triggers = connection.execute(
        sa.text("SELECT sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'presentation_seen'")
    )
    kept = [row.sql for row in triggers]
    rebuild(connection, "presentation_seen", SEEN, _create_seen)
    op.create_index("ix_presentation_seen_voucher", "presentation_seen", ["voucher_id"], unique=False)
    for trigger in kept:
        op.execute(trigger)


def _create_seen(name: str) -> None:
    op.create_table(
        name,
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("vid", t.Text(), nullable=False),
        sa.Column("counter", t.Int64(), nullable=False),
        sa.Column("kind", t.Text(), nullable=False),
        sa.Column("voucher_id", t.Int64(), nullable=False),
        sa.Column("credential_id", t.Int64(), nullable=False),
        sa.Column("device_id", t.Int64(), nullable=False),
        sa.Column("institution_id", t.Int64(), nullable=False),
        sa.Column("challenge_id", t.Int64(), nullable=True),
        sa.Column("operation", t.Text(), nullable=False),
        sa.Column("shown_at", t.Int64(), nullable=False),
        sa.Column("used_at", t.UtcTime(), nullable=False),
        sa.CheckConstraint("kind IN ('S','F')", name=op.f("ck_presentation_seen_kind")),
        sa.CheckConstraint(OPERATIONS, name=op.f("ck_presentation_seen_operation")),
        sa.CheckConstraint("counter BETWEEN 0 AND 4294967295", name=op.f("ck_presentation_seen_counter")),
        sa.ForeignKeyConstraint(
            ["challenge_id"], ["challenge.id"], name=op.f("fk_presentation_seen_challenge_id")
        ),
        sa.ForeignKeyConstraint(
            ["credential_id"], ["credential.id"], name=op.f("fk_presentation_seen_credential_id")
        ),
        sa.ForeignKeyConstraint(["device_id"], ["device.id"], name=op.f("fk_presentation_seen_device_id")),
        sa.ForeignKeyConstraint(
            ["institution_id"], ["institution.id"], name=op.f("fk_presentation_seen_institution_id")
        ),
        sa.ForeignKeyConstraint(["voucher_id"], ["voucher.id"], name=op.f("fk_presentation_seen_voucher_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_presentation_seen")),
        sa.UniqueConstraint("device_id", "counter", name=op.f("uq_presentation_seen_device_id_counter")),
        sqlite_strict=True,
    )


def _create_exam_arrival() -> None:
    op.create_table(
        "exam_arrival",
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("batch_id", t.Int64(), nullable=False),
        sa.Column("candidate_id", t.Int64(), nullable=True),
        sa.Column("voucher_id", t.Int64(), nullable=True),
        sa.Column("way", t.Text(), nullable=False),
        sa.Column("code", t.Text(), nullable=True),
        sa.Column("title", t.Text(), nullable=True),
        sa.Column("at", t.UtcTime(), nullable=False),
        sa.Column("by_person_id", t.Int64(), nullable=False),
        sa.CheckConstraint("way IN ('code','slip','card')", name=op.f("ck_exam_arrival_way")),
        sa.CheckConstraint("(code IS NULL) = (title IS NULL)", name=op.f("ck_exam_arrival_title")),
        sa.CheckConstraint(
            "code IS NOT NULL OR candidate_id IS NOT NULL", name=op.f("ck_exam_arrival_let_in")
        ),
        sa.ForeignKeyConstraint(["batch_id"], ["exam_batch.id"], name=op.f("fk_exam_arrival_batch_id")),
        sa.ForeignKeyConstraint(
            ["candidate_id"], ["candidate.id"], name=op.f("fk_exam_arrival_candidate_id")
        ),
        sa.ForeignKeyConstraint(["voucher_id"], ["voucher.id"], name=op.f("fk_exam_arrival_voucher_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exam_arrival")),
        sqlite_strict=True,
    )
    op.create_index("ix_exam_arrival_batch", "exam_arrival", ["batch_id", "id"], unique=False)
    op.create_index("ix_exam_arrival_candidate", "exam_arrival", ["candidate_id", "at"], unique=False)
    op.create_index(
        "uq_exam_arrival_let_in", "exam_arrival", ["candidate_id"], unique=True,
        sqlite_where=LET_IN, postgresql_where=LET_IN,
    )  # fmt: skip


def _refuse(name: str, table: str, timing: str, told: str) -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            f"CREATE TRIGGER {name} BEFORE {timing} ON {table} BEGIN SELECT RAISE(ABORT, '{told}'); END"
        )
        return
    op.execute(
        f"CREATE TRIGGER {name} BEFORE {timing} ON {table} FOR EACH ROW "
        f"EXECUTE FUNCTION refuse_change('{told}')"
    )
