"""What was attached, as its person and the office read it: kind and size, never the file; who looked when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from voucher.ledger.audit import AuditRow
from voucher.stages.issue.models_applications import ApplicationItem
from voucher.stages.issue.models_attachments import Attachment

KIND_NAMES = {"jpeg": "照片", "png": "图片", "pdf": "PDF"}
GONE_NAMES = {"taken_back": "本人已撤下", "unused": "没有提交，已删除", "ended": "期满已删除"}
KILOBYTE = 1024


@dataclass(frozen=True, slots=True)
class AttachmentView:
    """One attachment; `place` counts those of its application from one."""

    id: int
    kind: str
    kind_name: str
    sha256: str
    size_bytes: int
    uploaded_at: datetime
    item_id: int | None
    question_id: int | None
    removed_at: datetime | None
    removed_name: str | None
    place: int = 1

    @property
    def size_words(self) -> str:
        """Return the size as people read it, e.g. 312 KB."""
        return f"{-(-self.size_bytes // KILOBYTE):,} KB"


@dataclass(frozen=True, slots=True)
class Look:
    """One time somebody of the office opened one attachment."""

    attachment_id: int
    person_id: int
    at: datetime


def view_attachment(row: Attachment, place: int = 1) -> AttachmentView:
    """Return an attachment as it is shown."""
    return AttachmentView(
        id=row.id,
        kind=row.kind,
        kind_name=KIND_NAMES[row.kind],
        sha256=row.sha256,
        size_bytes=row.size_bytes,
        uploaded_at=row.uploaded_at,
        item_id=row.item_id,
        question_id=row.question_id,
        removed_at=row.removed_at,
        removed_name=GONE_NAMES[row.removed_why] if row.removed_why is not None else None,
        place=place,
    )


def list_attachments(session: Session, application_id: int) -> list[AttachmentView]:
    """Return everything that was ever attached to an application, in the order it was handed in."""
    rows = session.scalars(
        select(Attachment)
        .join(ApplicationItem, ApplicationItem.id == Attachment.item_id)
        .where(ApplicationItem.application_id == application_id)
        .order_by(Attachment.attached_at, Attachment.id)
    )
    return [view_attachment(row, place) for place, row in enumerate(rows, start=1)]


def list_own_unused(session: Session, person_id: int, ids: Sequence[int]) -> list[AttachmentView]:
    """Return those of a person's own uploads that have not been handed in yet."""
    rows = session.scalars(
        select(Attachment)
        .where(Attachment.id.in_(sorted(set(ids))), Attachment.person_id == person_id)
        .where(Attachment.item_id.is_(None), Attachment.removed_at.is_(None))
        .order_by(Attachment.id)
    )
    return [view_attachment(row) for row in rows]


def find_application_of(session: Session, attachment_id: int) -> int | None:
    """Return the application an attachment was handed in with, None where it was not."""
    return session.scalar(
        select(ApplicationItem.application_id)
        .join(Attachment, Attachment.item_id == ApplicationItem.id)
        .where(Attachment.id == attachment_id)
    )


def list_looks(session: Session, attachment_ids: Sequence[int]) -> list[Look]:
    """Return every time the office opened one of these, the newest first."""
    rows = session.execute(
        select(AuditRow.object_id, AuditRow.actor_person_id, AuditRow.at)
        .where(
            AuditRow.thing == "attachment",
            AuditRow.act == "look",
            AuditRow.object_id.in_(sorted(set(attachment_ids))),
        )
        .order_by(AuditRow.id.desc())
    )
    return [Look(*row) for row in rows]
