"""From which network a counter redeems and an exam lets people in: digests, kept a season at the least."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t

revision = "0177"
down_revision = "0176"
branch_labels = None
depends_on = None

TABLE = "network_seen"
STAYS, KEPT = "network_seen rows stay as they are", "network_seen rows are kept for a season"
PLACES = {
    "uq_network_seen_counter": (["institution_id", "used_on", "network_index"], "candidate_id IS NULL"),
    "uq_network_seen_candidate": (["candidate_id"], "candidate_id IS NOT NULL"),
}


def upgrade() -> None:
    """Create the table; young rows are deleted by nobody."""
    op.create_table(
        TABLE,
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("place", t.Text(), nullable=False),
        sa.Column("institution_id", t.Int64(), nullable=False),
        sa.Column("candidate_id", t.Int64(), nullable=True),
        sa.Column("network_index", t.Text(), nullable=False),
        sa.Column("used_on", t.Day(), nullable=False),
        sa.Column("used_at", t.UtcTime(), nullable=False),
        sa.CheckConstraint("place IN ('counter','exam')", name=op.f("ck_network_seen_place")),
        sa.CheckConstraint(
            "(place = 'exam') = (candidate_id IS NOT NULL)", name=op.f("ck_network_seen_candidate")
        ),
        sa.CheckConstraint("length(network_index) = 64", name=op.f("ck_network_seen_digest")),
        sa.ForeignKeyConstraint(
            ["institution_id"], ["institution.id"], name=op.f("fk_network_seen_institution_id")
        ),
        sa.ForeignKeyConstraint(
            ["candidate_id"], ["candidate.id"], name=op.f("fk_network_seen_candidate_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_network_seen")),
        sqlite_strict=True,
    )
    for name, (columns, where) in PLACES.items():
        some = sa.text(where)
        op.create_index(name, TABLE, columns, unique=True, sqlite_where=some, postgresql_where=some)
    op.create_index("ix_network_seen_used_at", TABLE, ["used_at"], unique=False)
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            f"CREATE TRIGGER {TABLE}_no_update BEFORE UPDATE ON {TABLE} "
            f"BEGIN SELECT RAISE(ABORT, '{STAYS}'); END"
        )
        op.execute(
            f"CREATE TRIGGER {TABLE}_no_early_delete BEFORE DELETE ON {TABLE} "
            "WHEN OLD.used_at > strftime('%Y-%m-%dT%H:%M:%f', 'now', '-90 day') "
            f"BEGIN SELECT RAISE(ABORT, '{KEPT}'); END"
        )
        return
    op.execute(
        f"CREATE TRIGGER {TABLE}_no_update BEFORE UPDATE ON {TABLE} FOR EACH ROW "
        f"EXECUTE FUNCTION refuse_change('{STAYS}')"
    )
    op.execute(
        f"CREATE TRIGGER {TABLE}_no_early_delete BEFORE DELETE ON {TABLE} FOR EACH ROW "
        f"WHEN (OLD.used_at > now() - interval '90 days') EXECUTE FUNCTION refuse_change('{KEPT}')"
    )
    op.execute(
        f"CREATE TRIGGER {TABLE}_no_truncate BEFORE TRUNCATE ON {TABLE} EXECUTE FUNCTION refuse_truncate()"
    )
