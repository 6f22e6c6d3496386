"""Delegations of duty: a dated role of a colleague."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t

revision = "0079"
down_revision = "0078"
branch_labels = None
depends_on = None

TABLE = "delegation"


def upgrade() -> None:
    """Create the table; no row of it is ever deleted."""
    op.create_table(
        TABLE,
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("of_grant_id", t.Int64(), nullable=False),
        sa.Column("grant_id", t.Int64(), nullable=False),
        sa.Column("principal_person_id", t.Int64(), nullable=False),
        sa.Column("deputy_person_id", t.Int64(), nullable=False),
        sa.Column("since", t.Day(), nullable=False),
        sa.Column("until", t.Day(), nullable=False),
        sa.Column("why", t.Text(), nullable=False),
        sa.Column("made_at", t.UtcTime(), nullable=False),
        sa.Column("ended_at", t.UtcTime(), nullable=True),
        sa.CheckConstraint("deputy_person_id <> principal_person_id", name=op.f("ck_delegation_two_people")),
        sa.CheckConstraint("until >= since", name=op.f("ck_delegation_period")),
        sa.CheckConstraint("length(why) > 0", name=op.f("ck_delegation_why")),
        sa.ForeignKeyConstraint(["of_grant_id"], ["role_grant.id"], name=op.f("fk_delegation_of_grant_id")),
        sa.ForeignKeyConstraint(["grant_id"], ["role_grant.id"], name=op.f("fk_delegation_grant_id")),
        sa.ForeignKeyConstraint(
            ["principal_person_id"], ["person.id"], name=op.f("fk_delegation_principal_person_id")
        ),
        sa.ForeignKeyConstraint(
            ["deputy_person_id"], ["person.id"], name=op.f("fk_delegation_deputy_person_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delegation")),
        sa.UniqueConstraint("grant_id", name=op.f("uq_delegation_grant_id")),
        sqlite_strict=True,
    )
    op.create_index("ix_delegation_principal", TABLE, ["principal_person_id"])
    op.create_index("ix_delegation_deputy", TABLE, ["deputy_person_id"])
    told = f"{TABLE} rows are never deleted"
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            f"CREATE TRIGGER {TABLE}_no_delete BEFORE DELETE ON {TABLE} "
            f"BEGIN SELECT RAISE(ABORT, '{told}'); END"
        )
        return
    op.execute(
        f"CREATE TRIGGER {TABLE}_no_delete BEFORE DELETE ON {TABLE} FOR EACH ROW "
        f"EXECUTE FUNCTION refuse_change('{told}')"
    )
    op.execute(
        f"CREATE TRIGGER {TABLE}_no_truncate BEFORE TRUNCATE ON {TABLE} EXECUTE FUNCTION refuse_truncate()"
    )
