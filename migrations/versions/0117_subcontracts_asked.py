"""Plans written before subcontracts were asked for: whoever is to teach them is asked, so that it can agree."""

from __future__ import annotations

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t

revision = "0117"
down_revision = "0116"
branch_labels = None
depends_on = None

# nobody wrote why in those days: that is what is said
WHY = "系统升级前已填写由对方承训，当时不要求写理由"
PLANNED = ("draft", "filed", "returned")


def upgrade() -> None:
    """Ask the institution named in every plan not allowed yet; it agrees or refuses on its page.

    Classes allowed before keep what they were allowed, and nobody is said to have agreed.
    """
    planned = sa.table("training_class", *map(sa.column, (
        "id", "institution_id", "delivering_institution_id", "state", "drafted_by_person_id",
    )))  # fmt: skip
    asked = sa.table("subcontract", *map(sa.column, (
        "class_id", "from_institution_id", "to_institution_id", "why", "asked_by_person_id", "ended_at",
    )), sa.column("asked_at", t.UtcTime()))  # fmt: skip
    standing = sa.exists().where(asked.c.class_id == planned.c.id)
    rows = op.get_bind().execute(
        sa.select(planned)
        .where(
            planned.c.institution_id != planned.c.delivering_institution_id,
            planned.c.state.in_(PLANNED),
            ~standing,
        )
        .order_by(planned.c.id)
    )
    now = datetime.now(UTC)
    for row in rows.all():
        op.get_bind().execute(
            asked.insert().values(
                class_id=row.id,
                from_institution_id=row.institution_id,
                to_institution_id=row.delivering_institution_id,
                why=WHY,
                asked_at=now,
                asked_by_person_id=row.drafted_by_person_id,
            )
        )
