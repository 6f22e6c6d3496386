"""Files written for the national register: every certificate new once, then its corrections."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t

revision = "0082"
down_revision = "0081"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables; what was sent is never changed or deleted."""
    _create_upload()
    _create_line()
    for table in ("register_upload", "register_upload_line"):
        for deed, told in (("UPDATE", "is append only"), ("DELETE", "rows are never deleted")):
            _refuse(f"{table}_no_{deed.lower()}", table, deed, f"{table} {told}")
        if op.get_bind().dialect.name != "sqlite":
            op.execute(
                f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
                "EXECUTE FUNCTION refuse_truncate()"
            )


def _create_upload() -> None:
    op.create_table(
        "register_upload",
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("institution_id", t.Int64(), nullable=False),
        sa.Column("since", t.Day(), nullable=False),
        sa.Column("until", t.Day(), nullable=False),
        sa.Column("rows", t.Int64(), nullable=False),
        sa.Column("sha256", t.Text(), nullable=False),
        sa.Column("made_at", t.UtcTime(), nullable=False),
        sa.Column("made_by_person_id", t.Int64(), nullable=False),
        sa.CheckConstraint("length(sha256) = 64", name=op.f("ck_register_upload_sha256")),
        sa.CheckConstraint("rows >= 1", name=op.f("ck_register_upload_rows")),
        sa.CheckConstraint("until >= since", name=op.f("ck_register_upload_period")),
        sa.ForeignKeyConstraint(
            ["institution_id"], ["institution.id"], name=op.f("fk_register_upload_institution_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_register_upload")),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_register_upload_institution", "register_upload", ["institution_id", "id"], unique=False
    )


def _create_line() -> None:
    op.create_table(
        "register_upload_line",
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("upload_id", t.Int64(), nullable=False),
        sa.Column("certificate_id", t.Int64(), nullable=False),
        sa.Column("revision", t.Int64(), nullable=False),
        sa.Column("act", t.Text(), nullable=False),
        sa.Column("digest", t.Text(), nullable=False),
        sa.CheckConstraint("(act = 'new') = (revision = 1)", name=op.f("ck_register_upload_line_new_once")),
        sa.CheckConstraint("act IN ('new','correct','revoke')", name=op.f("ck_register_upload_line_act")),
        sa.ForeignKeyConstraint(
            ["certificate_id"], ["certificate.id"], name=op.f("fk_register_upload_line_certificate_id")
        ),
        sa.ForeignKeyConstraint(
            ["upload_id"], ["register_upload.id"], name=op.f("fk_register_upload_line_upload_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_register_upload_line")),
        sa.UniqueConstraint(
            "certificate_id", "revision", name=op.f("uq_register_upload_line_certificate_id_revision")
        ),
        sa.UniqueConstraint(
            "upload_id", "certificate_id", name=op.f("uq_register_upload_line_upload_id_certificate_id")
        ),
        sqlite_strict=True,
    )


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
