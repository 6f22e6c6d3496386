"""Whether a class is in scope, as it was last asked; the digest of the photograph of a certificate."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t

revision = "0178"
down_revision = "0177"
branch_labels = None
depends_on = None

TABLE, PHOTO = "class_scope", "certificate_photo"


def upgrade() -> None:
    """Create the table; the classes that run are asked on the first day."""
    op.create_table(
        TABLE,
        sa.Column("class_id", t.Int64(), autoincrement=False, nullable=False),
        sa.Column("is_in_scope", t.Flag(), nullable=False),
        sa.Column("code", t.Text(), nullable=True),
        sa.Column("since", t.Day(), nullable=False),
        sa.Column("asked_on", t.Day(), nullable=False),
        sa.CheckConstraint("(is_in_scope = 1) = (code IS NULL)", name=op.f("ck_class_scope_code")),
        sa.CheckConstraint("asked_on >= since", name=op.f("ck_class_scope_asked")),
        sa.ForeignKeyConstraint(["class_id"], ["training_class.id"], name=op.f("fk_class_scope_class_id")),
        sa.PrimaryKeyConstraint("class_id", name=op.f("pk_class_scope")),
        sqlite_strict=True,
    )
    op.create_index("ix_class_scope_asked_on", TABLE, ["asked_on"], unique=False)
    op.create_table(
        PHOTO,
        sa.Column("certificate_id", t.Int64(), autoincrement=False, nullable=False),
        sa.Column("photo_index", t.Text(), nullable=False),
        sa.CheckConstraint("length(photo_index) = 64", name=op.f("ck_certificate_photo_digest")),
        sa.ForeignKeyConstraint(
            ["certificate_id"], ["certificate.id"], name=op.f("fk_certificate_photo_certificate_id")
        ),
        sa.PrimaryKeyConstraint("certificate_id", name=op.f("pk_certificate_photo")),
        sqlite_strict=True,
    )
    op.create_index("ix_certificate_photo_index", PHOTO, ["photo_index"], unique=False)
    _refuse(TABLE, "no_delete", "DELETE", f"{TABLE} rows are not deleted")
    for name, timing in (("no_update", "UPDATE"), ("no_delete", "DELETE")):
        _refuse(PHOTO, name, timing, f"{PHOTO} rows stay as they are")
    if op.get_bind().dialect.name != "sqlite":
        for table in (TABLE, PHOTO):
            op.execute(
                f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
                "EXECUTE FUNCTION refuse_truncate()"
            )


def _refuse(table: str, name: str, timing: str, told: str) -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            f"CREATE TRIGGER {table}_{name} BEFORE {timing} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{told}'); END"
        )
        return
    op.execute(
        f"CREATE TRIGGER {table}_{name} BEFORE {timing} ON {table} FOR EACH ROW "
        f"EXECUTE FUNCTION refuse_change('{told}')"
    )
