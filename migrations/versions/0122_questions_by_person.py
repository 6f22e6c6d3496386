"""How often somebody was asked about on a day is found without reading every question."""

from __future__ import annotations

from alembic import op

revision = "0122"
down_revision = "0121"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Index the questions by person, what is asked and when."""
    op.create_index("ix_outside_question_person", "outside_question", ["person_id", "kind", "asked_at"])
