"""A room filed by an institution may show photographs of it, kept as its other papers are."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t

revision = "0125"
down_revision = "0124"
branch_labels = None
depends_on = None

TABLE, ROOM_KEY = "filing_room_photo", "uq_filing_room_of_filing"
FILED = "(SELECT state FROM filing WHERE id = {side}.filing_id) NOT IN ('draft','returned')"
TOLD = f"{TABLE} of a filing handed in never changes"


def upgrade() -> None:
    """Create the table; like every part of a filing its rows change only while the filing is written."""
    op.create_index(ROOM_KEY, "filing_room", ["id", "filing_id"], unique=True)
    op.create_table(
        TABLE,
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("filing_id", t.Int64(), nullable=False),
        sa.Column("room_id", t.Int64(), nullable=False),
        sa.Column("paper_id", t.Int64(), nullable=False),
        sa.ForeignKeyConstraint(["filing_id"], ["filing.id"], name=op.f(f"fk_{TABLE}_filing_id")),
        sa.ForeignKeyConstraint(
            ["room_id", "filing_id"], ["filing_room.id", "filing_room.filing_id"], name=f"fk_{TABLE}_room"
        ),
        sa.ForeignKeyConstraint(["paper_id"], ["filing_paper.id"], name=op.f(f"fk_{TABLE}_paper_id")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{TABLE}")),
        sa.UniqueConstraint("room_id", "paper_id", name=op.f(f"uq_{TABLE}_room_id_paper_id")),
        sqlite_strict=True,
    )
    op.create_index("ix_filing_room_photo_filing", TABLE, ["filing_id"])
    op.create_index("ix_filing_paper_sha256", "filing_paper", ["sha256"])
    if op.get_bind().dialect.name != "sqlite":
        op.execute(
            f"CREATE TRIGGER {TABLE}_filed BEFORE INSERT OR UPDATE OR DELETE ON {TABLE} FOR EACH ROW "
            f"EXECUTE FUNCTION refuse_filed_part('{TOLD}')"
        )
        op.execute(
            f"CREATE TRIGGER {TABLE}_no_truncate BEFORE TRUNCATE ON {TABLE} "
            "EXECUTE FUNCTION refuse_truncate()"
        )
        return
    for deed, sides in (("INSERT", ("NEW",)), ("UPDATE", ("OLD", "NEW")), ("DELETE", ("OLD",))):
        when = " OR ".join(FILED.format(side=side) for side in sides)
        op.execute(
            f"CREATE TRIGGER {TABLE}_filed_{deed.lower()} BEFORE {deed} ON {TABLE} WHEN {when} "
            f"BEGIN SELECT RAISE(ABORT, '{TOLD}'); END"
        )
