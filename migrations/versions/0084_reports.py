"""Targets with their documents, and reports as they were frozen."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voucher.plumbing import types as t

revision = "0084"
down_revision = "0083"
branch_labels = None
depends_on = None

TABLE = "statistic_report"


def upgrade() -> None:
    """Create both tables; a report that was frozen is never changed nor deleted."""
    op.create_table(
        "indicator",
        sa.Column("id", t.Int64(), nullable=False),
        *(sa.Column(name, t.Text(), nullable=False) for name in ("code", "name", "formula", "unit", "span")),
        sa.Column("target", t.Int64(), nullable=False),
        sa.Column("since", t.Day(), nullable=False),
        sa.Column("until", t.Day(), nullable=True),
        sa.Column("document", t.Text(), nullable=False),
        sa.Column("source", t.Text(), nullable=False),
        sa.CheckConstraint("target > 0", name=op.f("ck_indicator_target")),
        sa.CheckConstraint("length(document) > 0", name=op.f("ck_indicator_document")),
        sa.CheckConstraint("span IN ('year','total','stock')", name=op.f("ck_indicator_span")),
        sa.CheckConstraint("until IS NULL OR until >= since", name=op.f("ck_indicator_dates")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_indicator")),
        sa.UniqueConstraint("code", "since", name=op.f("uq_indicator_code_since")),
        sqlite_strict=True,
    )
    op.create_table(
        TABLE,
        sa.Column("id", t.Int64(), nullable=False),
        sa.Column("kind", t.Text(), nullable=False),
        sa.Column("period", t.Text(), nullable=False),
        sa.Column("region_code", t.Text(), nullable=False),
        sa.Column("version", t.Int64(), nullable=False),
        sa.Column("why", t.Text(), nullable=True),
        sa.Column("seal_seq", t.Int64(), nullable=False),
        sa.Column("body", t.Json(), nullable=False),
        sa.Column("sha256", t.Text(), nullable=False),
        sa.Column("frozen_at", t.UtcTime(), nullable=False),
        sa.Column("frozen_by_person_id", t.Int64(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('month','quarter','half','year')", name=op.f("ck_statistic_report_kind")
        ),
        sa.CheckConstraint(
            "(version = 1) = (why IS NULL)", name=op.f("ck_statistic_report_corrections_with_reason")
        ),
        sa.CheckConstraint("length(sha256) = 64", name=op.f("ck_statistic_report_sha256")),
        sa.ForeignKeyConstraint(["region_code"], ["region.code"], name=op.f("fk_statistic_report_region_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_statistic_report")),
        sa.UniqueConstraint(
            "kind", "period", "region_code", "version",
            name=op.f("uq_statistic_report_kind_period_region_code_version"),
        ),
        sqlite_strict=True,
    )  # fmt: skip
    # sums of a region with everything below it came later: everything is counted anew from the trail
    for table in ("fact", "cell", "slice", "loss", "flow", "heads", "position"):
        op.execute(f"DELETE FROM statistic_{table}")  # noqa: S608 — constants
    for deed, told in (("UPDATE", "is append only"), ("DELETE", "rows are never deleted")):
        _refuse(f"{TABLE}_no_{deed.lower()}", deed, f"{TABLE} {told}")
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            f"CREATE TRIGGER {TABLE}_no_truncate BEFORE TRUNCATE ON {TABLE} "
            "EXECUTE FUNCTION refuse_truncate()"
        )


def _refuse(name: str, timing: str, told: str) -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            f"CREATE TRIGGER {name} BEFORE {timing} ON {TABLE} BEGIN SELECT RAISE(ABORT, '{told}'); END"
        )
        return
    op.execute(
        f"CREATE TRIGGER {name} BEFORE {timing} ON {TABLE} FOR EACH ROW "
        f"EXECUTE FUNCTION refuse_change('{told}')"
    )
