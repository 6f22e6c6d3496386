"""Of jobs with the same key one is open at a time: two askings at once end as one."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t

revision = "0216"
down_revision = "0208"
branch_labels = None
depends_on = None

OPEN_ALONE = "alone_key IS NOT NULL AND state IN ('queued', 'running')"


def upgrade() -> None:
    """Add the key; what was asked for before has none and stands in nobody's way."""
    op.add_column("job", sa.Column("alone_key", t.Text(), nullable=True))
    some = sa.text(OPEN_ALONE)
    op.create_index(
        "uq_job_open_alone", "job", ["alone_key"], unique=True, sqlite_where=some, postgresql_where=some
    )
