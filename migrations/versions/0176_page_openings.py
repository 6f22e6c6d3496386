"""Who of the staff opened which page, once a day: kept half a year at the least, never changed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t

revision = "0176"
down_revision = "0184"
branch_labels = None
depends_on = None

TABLE = "page_opening"
STAYS, KEPT = "page_opening rows stay as they are", "page_opening rows are kept for half a year"


def upgrade() -> None:
    """Create the table; young rows are deleted by nobody."""
    op.create_table(
        TABLE,
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("thing", t.Text(), nullable=False),
        sa.Column("object_id", t.Int64(), nullable=False),
        sa.Column("holder_person_id", t.Int64(), nullable=True),
        sa.Column("opened_by_person_id", t.Int64(), nullable=False),
        sa.Column("opened_by_user_id", t.Int64(), nullable=False),
        sa.Column("matter", t.Text(), nullable=True),
        sa.Column("opened_on", t.Day(), nullable=False),
        sa.Column("opened_at", t.UtcTime(), nullable=False),
        sa.CheckConstraint(
            "thing IN ('person','voucher','claim','batch')", name=op.f("ck_page_opening_thing")
        ),
        sa.CheckConstraint("matter IN ('claim','hold','call','flag')", name=op.f("ck_page_opening_matter")),
        *(
            sa.ForeignKeyConstraint([each], ["person.id"], name=op.f(f"fk_page_opening_{each}"))
            for each in ("holder_person_id", "opened_by_person_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_page_opening")),
        sa.UniqueConstraint(
            "opened_by_person_id",
            "thing",
            "object_id",
            "opened_on",
            name=op.f("uq_page_opening_opened_by_person_id_thing_object_id_opened_on"),
        ),
        sqlite_strict=True,
    )
    op.create_index("ix_page_opening_holder", TABLE, ["holder_person_id", "id"], unique=False)
    op.create_index("ix_page_opening_opened_at", TABLE, ["opened_at"], unique=False)
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            f"CREATE TRIGGER {TABLE}_no_update BEFORE UPDATE ON {TABLE} "
            f"BEGIN SELECT RAISE(ABORT, '{STAYS}'); END"
        )
        op.execute(
            f"CREATE TRIGGER {TABLE}_no_early_delete BEFORE DELETE ON {TABLE} "
            "WHEN OLD.opened_at > strftime('%Y-%m-%dT%H:%M:%f', 'now', '-180 day') "
            f"BEGIN SELECT RAISE(ABORT, '{KEPT}'); END"
        )
        return
    op.execute(
        f"CREATE TRIGGER {TABLE}_no_update BEFORE UPDATE ON {TABLE} FOR EACH ROW "
        f"EXECUTE FUNCTION refuse_change('{STAYS}')"
    )
    op.execute(
        f"CREATE TRIGGER {TABLE}_no_early_delete BEFORE DELETE ON {TABLE} FOR EACH ROW "
        f"WHEN (OLD.opened_at > now() - interval '180 days') EXECUTE FUNCTION refuse_change('{KEPT}')"
    )
    op.execute(
        f"CREATE TRIGGER {TABLE}_no_truncate BEFORE TRUNCATE ON {TABLE} EXECUTE FUNCTION refuse_truncate()"
    )
