"""The applications and their attachments of one person, for whoever asks what is held of the person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from voucher.stages.issue.models import Issue
from voucher.stages.issue.models_applications import Application
from voucher.stages.issue.models_attachments import Attachment

UNDER_WAY = ("filed", "asked", "approved")
# who decided what takes from a budget, and when
DECIDERS = (
    (Issue.decided_by_person_id, Issue.decided_at),
    (Application.decided_by_person_id, Application.decided_at),
)


@dataclass(frozen=True, slots=True)
class ApplicationsHeld:
    """A person's applications under way, the attachments whose content is still there, and all of them."""

    open_ids: list[int]
    attachment_ids: list[int]
    kept: int
    last_at: datetime | None


def read_applications_held(session: Session, person_id: int) -> ApplicationsHeld:
    """Return what there is of applications and attachments of a person."""
    applications = session.scalars(select(Application).where(Application.person_id == person_id)).all()
    attachments = session.scalars(select(Attachment).where(Attachment.person_id == person_id)).all()
    return ApplicationsHeld(
        [each.id for each in applications if each.state in UNDER_WAY],
        [each.id for each in attachments],
        sum(1 for each in attachments if each.removed_at is None),
        max((each.uploaded_at for each in attachments), default=None),
    )
