"""Half for direct recognition counts from the day of its document where an older version shipped it earlier.

The document is of 2022; until then the shipped row counted from 2021-10-28 on, so that older certificates were
paid by it without anybody deciding. No open claim loses its amount: it is not judged again by this.
"""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t

revision = "0227"
down_revision = "0226"
branch_labels = None
depends_on = None

SHIPPED_FROM, DOCUMENT_FROM = date(2021, 10, 28), date(2022, 3, 31)
DOCUMENT = "豫人社规〔2022〕2号（直接认定可按50%给予）"
SHARE = sa.table(
    "modifier",
    *(sa.column(name, t.Text()) for name in ("code", "kind", "method", "mode", "region_code", "document")),
    sa.column("basis_points", t.Int64()),
    *(sa.column(name, t.Day()) for name in ("since", "until")),
)


def upgrade() -> None:
    """Move the first day of the shipped row; one that an office has ended or written otherwise stays as it is."""
    shipped = sa.and_(
        SHARE.c.code == "EV-D",
        SHARE.c.kind == "evaluation",
        SHARE.c.method == "direct",
        SHARE.c.mode.is_(None),
        SHARE.c.region_code.is_(None),
        SHARE.c.basis_points == 5000,
        SHARE.c.since == SHIPPED_FROM,
        SHARE.c.until.is_(None),
        SHARE.c.document == DOCUMENT,
    )
    op.get_bind().execute(SHARE.update().where(shipped).values(since=DOCUMENT_FROM))
