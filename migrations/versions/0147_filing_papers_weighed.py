"""How much a filing and whoever uploads to it hold is asked at every upload: two indexes for it."""

from __future__ import annotations

from alembic import op

revision = "0147"
down_revision = "0146"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Index papers by institution and by uploader, in the order of their uploads."""
    op.create_index("ix_filing_paper_code", "filing_paper", ["code", "uploaded_at"])
    op.create_index("ix_filing_paper_uploader", "filing_paper", ["uploaded_by_person_id", "uploaded_at"])
