"""Teachers sign the list of a session; hours written by hand carry their evidence."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t

revision = "0045"
down_revision = "0044"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables with their triggers."""
    op.create_table(
        "co_signature",
        sa.Column("session_id", t.Int64(), autoincrement=False, nullable=False),
        sa.Column("people", t.Int64(), nullable=False),
        sa.Column("hours", t.Int64(), nullable=False),
        sa.Column("signed_at", t.UtcTime(), nullable=False),
        sa.Column("signed_by_person_id", t.Int64(), nullable=False),
        sa.CheckConstraint("people >= 0 AND hours >= 0", name=op.f("ck_co_signature_counted")),
        sa.ForeignKeyConstraint(
            ["session_id"], ["class_session.id"], name=op.f("fk_co_signature_session_id")
        ),
        sa.PrimaryKeyConstraint("session_id", name=op.f("pk_co_signature")),
        sqlite_strict=True,
    )
    op.create_table(
        "attendance_proof",
        sa.Column("attendance_id", t.Int64(), autoincrement=False, nullable=False),
        sa.Column("kind", t.Text(), nullable=False),
        sa.Column("sha256", t.Text(), nullable=False),
        sa.Column("content_sealed", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("kind IN ('jpeg','png','pdf')", name=op.f("ck_attendance_proof_kind")),
        sa.CheckConstraint("length(sha256) = 64", name=op.f("ck_attendance_proof_sha256_length")),
        sa.ForeignKeyConstraint(
            ["attendance_id"], ["attendance.id"], name=op.f("fk_attendance_proof_attendance_id")
        ),
        sa.PrimaryKeyConstraint("attendance_id", name=op.f("pk_attendance_proof")),
        sqlite_strict=True,
    )
    for table in ("co_signature", "attendance_proof"):
        _refuse(f"{table}_no_delete", table, "DELETE", f"{table} rows are never deleted")
        if op.get_bind().dialect.name == "postgresql":
            op.execute(
                f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
                "EXECUTE FUNCTION refuse_truncate()"
            )
    _refuse("co_signature_no_update", "co_signature", "UPDATE", "co_signature is append only")
    # a proof follows its person to another key, and shows the same picture
    _refuse(
        "attendance_proof_sha256_fixed", "attendance_proof", "UPDATE OF sha256, kind",
        "attendance_proof.sha256 never changes",
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
