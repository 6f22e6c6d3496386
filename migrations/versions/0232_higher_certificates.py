"""A certificate above the level of a voucher is decided by two people."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t

revision = "0232"
down_revision = "0227"
branch_labels = None
depends_on = None

TABLE = "higher_certificate"
PEOPLE = ("proposed_by_person_id", "decided_by_person_id")


def upgrade() -> None:
    """Create the table; nobody has decided anything yet."""
    op.create_table(
        TABLE,
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("voucher_id", t.Int64(), nullable=False),
        sa.Column("certificate_id", t.Int64(), nullable=False),
        sa.Column("why", t.Text(), nullable=False),
        sa.Column("evidence", t.Text(), nullable=False),
        sa.Column("proposed_by_person_id", t.Int64(), nullable=False),
        sa.Column("proposed_at", t.UtcTime(), nullable=False),
        sa.Column("decided_by_person_id", t.Int64(), nullable=True),
        sa.Column("decided_at", t.UtcTime(), nullable=True),
        sa.Column("declined_why", t.Text(), nullable=True),
        sa.CheckConstraint("length(why) > 0", name=op.f(f"ck_{TABLE}_why")),
        sa.CheckConstraint("length(evidence) > 0", name=op.f(f"ck_{TABLE}_evidence")),
        sa.CheckConstraint(
            "(decided_at IS NULL) = (decided_by_person_id IS NULL)",
            name=op.f(f"ck_{TABLE}_decided_by_somebody"),
        ),
        sa.CheckConstraint(
            "declined_why IS NULL OR decided_at IS NOT NULL", name=op.f(f"ck_{TABLE}_declined_by_somebody")
        ),
        sa.CheckConstraint(
            "decided_by_person_id <> proposed_by_person_id", name=op.f(f"ck_{TABLE}_two_people")
        ),
        sa.ForeignKeyConstraint(["voucher_id"], ["voucher.id"], name=op.f(f"fk_{TABLE}_voucher_id")),
        sa.ForeignKeyConstraint(
            ["certificate_id"], ["certificate.id"], name=op.f(f"fk_{TABLE}_certificate_id")
        ),
        *(
            sa.ForeignKeyConstraint([column], ["person.id"], name=op.f(f"fk_{TABLE}_{column}"))
            for column in PEOPLE
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{TABLE}")),
        sqlite_strict=True,
    )
    op.create_index(f"ix_{TABLE}_voucher", TABLE, ["voucher_id"])
    waits = sa.text("decided_at IS NULL")
    op.create_index(
        f"uq_{TABLE}_open",
        TABLE,
        ["voucher_id"],
        unique=True,
        sqlite_where=waits,
        postgresql_where=waits,
    )
    _refuse(f"{TABLE}_no_delete", "DELETE", f"{TABLE} rows are never deleted", "1 = 1")
    _refuse(f"{TABLE}_final", "UPDATE", "what two people decided stays", "OLD.decided_at IS NOT NULL")
    if op.get_bind().dialect.name != "sqlite":
        op.execute(
            f"CREATE TRIGGER {TABLE}_no_truncate BEFORE TRUNCATE ON {TABLE} "
            "EXECUTE FUNCTION refuse_truncate()"
        )


def _refuse(name: str, timing: str, told: str, when: str) -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            f"CREATE TRIGGER {name} BEFORE {timing} ON {TABLE} WHEN {when} "
            f"BEGIN SELECT RAISE(ABORT, '{told}'); END"
        )
        return
    op.execute(
        f"CREATE TRIGGER {name} BEFORE {timing} ON {TABLE} FOR EACH ROW WHEN ({when}) "
        f"EXECUTE FUNCTION refuse_change('{told}')"
    )
