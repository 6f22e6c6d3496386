"""A signed record keeps how many revocations it could tell of, so that none that came after escapes it."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t

revision = "0104"
down_revision = "0103"
branch_labels = None
depends_on = None

TABLE, COLUMN = "archive_credential", "revocations_told"
# a revocation so shortly before a signing may have been written after it: such a record is ended, not trusted
CLOSE = timedelta(minutes=1)


def upgrade() -> None:
    """Add the number, count it for the records there are by the clock, and let it never change."""
    op.add_column(TABLE, sa.Column(COLUMN, t.Int64(), nullable=False, server_default=sa.text("0")))
    _fill()
    told = f"{TABLE}.{COLUMN} never changes"
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            f"CREATE TRIGGER {TABLE}_{COLUMN}_fixed BEFORE UPDATE OF {COLUMN} ON {TABLE} "
            f"WHEN OLD.{COLUMN} IS NOT NEW.{COLUMN} BEGIN SELECT RAISE(ABORT, '{told}'); END"
        )
        return
    op.execute(
        f"CREATE TRIGGER {TABLE}_{COLUMN}_fixed BEFORE UPDATE OF {COLUMN} ON {TABLE} FOR EACH ROW "
        f"WHEN (OLD.{COLUMN} IS DISTINCT FROM NEW.{COLUMN}) EXECUTE FUNCTION refuse_change('{told}')"
    )


def _fill() -> None:
    signed = sa.table(
        TABLE, sa.column("id", t.Int64()), sa.column("person_id", t.Int64()),
        sa.column("signed_at", t.UtcTime()), sa.column(COLUMN, t.Int64()),
    )  # fmt: skip
    held = sa.table("certificate", sa.column("id", t.Int64()), sa.column("person_id", t.Int64()))
    event = sa.table(
        "state_event", sa.column("thing", t.Text()), sa.column("object_id", t.Int64()),
        sa.column("event", t.Text()), sa.column("at", t.UtcTime()),
    )  # fmt: skip
    connection = op.get_bind()
    revoked = connection.execute(
        sa.select(held.c.person_id, event.c.at)
        .join(event, event.c.object_id == held.c.id)
        .where(
            event.c.thing == "certificate",
            event.c.event == "revoke",
            held.c.person_id.in_(sa.select(signed.c.person_id)),
        )
    ).all()
    for key, person_id, signed_at in connection.execute(
        sa.select(signed.c.id, signed.c.person_id, signed.c.signed_at)
    ).all():
        told = sum(of == person_id and at < signed_at - CLOSE for of, at in revoked)
        if told:
            connection.execute(sa.update(signed).where(signed.c.id == key).values({COLUMN: told}))
