"""A photograph stated later than its certificate, as a newer row; how often the page of a lesson was heard."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t

revision = "0192"
down_revision = "0188"
branch_labels = None
depends_on = None

TABLE, FOCUS = "certificate_photo_restated", "study_focus"
STAYS = f"{TABLE} rows stay as they are"


def upgrade() -> None:
    """Create the table; what was heard of lessons before was not counted, and speaks against nobody."""
    op.create_table(
        TABLE,
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("certificate_id", t.Int64(), nullable=False),
        sa.Column("photo_index", t.Text(), nullable=False),
        sa.Column("stated_at", t.UtcTime(), nullable=False),
        sa.Column("stated_by_person_id", t.Int64(), nullable=False),
        sa.CheckConstraint("length(photo_index) = 64", name=op.f(f"ck_{TABLE}_digest")),
        sa.ForeignKeyConstraint(
            ["certificate_id"], ["certificate.id"], name=op.f(f"fk_{TABLE}_certificate_id")
        ),
        sa.ForeignKeyConstraint(
            ["stated_by_person_id"], ["person.id"], name=op.f(f"fk_{TABLE}_stated_by_person_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{TABLE}")),
        sqlite_strict=True,
    )
    op.create_index(f"ix_{TABLE}_certificate", TABLE, ["certificate_id", "id"], unique=False)
    for name, timing in (("no_update", "UPDATE"), ("no_delete", "DELETE")):
        _refuse(name, timing)
    if op.get_bind().dialect.name != "sqlite":
        op.execute(
            f"CREATE TRIGGER {TABLE}_no_truncate BEFORE TRUNCATE ON {TABLE} EXECUTE FUNCTION refuse_truncate()"
        )
    op.add_column(FOCUS, sa.Column("ticks", t.Int64(), nullable=False, server_default=sa.text("0")))
    op.create_index(f"ix_{FOCUS}_heard_at", FOCUS, ["heard_at"], unique=False)


def _refuse(name: str, timing: str) -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            f"CREATE TRIGGER {TABLE}_{name} BEFORE {timing} ON {TABLE} "
            f"BEGIN SELECT RAISE(ABORT, '{STAYS}'); END"
        )
        return
    op.execute(
        f"CREATE TRIGGER {TABLE}_{name} BEFORE {timing} ON {TABLE} FOR EACH ROW "
        f"EXECUTE FUNCTION refuse_change('{STAYS}')"
    )
