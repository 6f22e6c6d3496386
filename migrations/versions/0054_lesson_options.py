"""The options of a question at the end of a segment are a list, whatever stands in each."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t

revision = "0054"
down_revision = "0053"
branch_labels = None
depends_on = None

TRIGGER = "lesson_segment_no_update"
TOLD = "lesson_segment is append only"
FIXED_AGAIN = {
    "sqlite": f"CREATE TRIGGER {TRIGGER} BEFORE UPDATE ON lesson_segment "
    f"BEGIN SELECT RAISE(ABORT, '{TOLD}'); END",
    "postgresql": f"CREATE TRIGGER {TRIGGER} BEFORE UPDATE ON lesson_segment FOR EACH ROW "
    f"EXECUTE FUNCTION refuse_change('{TOLD}')",
}
SEGMENT = sa.table("lesson_segment", sa.column("id", t.Int64()), sa.column("options", t.Text()))


def upgrade() -> None:
    """Write what was kept line by line as a list."""
    connection = op.get_bind()
    backend = connection.dialect.name
    op.execute(f"DROP TRIGGER {TRIGGER}" + ("" if backend == "sqlite" else " ON lesson_segment"))
    rows = connection.execute(
        sa.select(SEGMENT.c.id, SEGMENT.c.options).where(SEGMENT.c.options.is_not(None))
    )
    for segment_id, lines in rows.all():
        listed = t.canonical_json(str(lines).split("\n"))
        connection.execute(sa.update(SEGMENT).where(SEGMENT.c.id == segment_id).values(options=listed))
    op.execute(FIXED_AGAIN[backend])
