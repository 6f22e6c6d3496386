"""What pages of online lessons saw of somebody, counted."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from voucher.stages.train.models.lessons import Study, StudyFocus


def count_focus(session: Session, person_id: int) -> tuple[int, datetime | None]:
    """Return of how many segments it is kept what a person's page saw, and of when the newest is."""
    count, last_at = session.execute(
        select(func.count(), func.max(StudyFocus.heard_at))
        .join(Study, Study.id == StudyFocus.study_id)
        .where(Study.person_id == person_id)
    ).one()
    return count, last_at
