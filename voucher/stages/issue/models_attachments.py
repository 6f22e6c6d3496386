"""Tables of attachments: what was shown with an application, and its sealed content apart from it.

The content lies in a table of its own, so that no list reads it; it goes when nobody needs it, the row stays.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, select, text
from sqlalchemy.orm import Mapped, mapped_column

from voucher.plumbing.constraints import CHANGED_MEANWHILE, translate
from voucher.plumbing.db import Model
from voucher.plumbing.sealed_columns import sealed_of_person
from voucher.plumbing.types import Bytes, Int64, Text, UtcTime

UNUSED = text("item_id IS NULL AND removed_at IS NULL")


class Attachment(Model):
    """One photograph or PDF of a person, shown at one item of one application, or not yet.

    `sha256` and `size_bytes` are those of what is kept, not of what was sent.
    """

    __tablename__ = "attachment"
    __table_args__ = (
        CheckConstraint("kind IN ('jpeg','png','pdf')", name="kind_known"),
        CheckConstraint("length(sha256) = 64", name="sha256_length"),
        CheckConstraint("size_bytes > 0", name="size"),
        CheckConstraint("(item_id IS NULL) = (attached_at IS NULL)", name="attached"),
        CheckConstraint("question_id IS NULL OR item_id IS NOT NULL", name="question_of_item"),
        CheckConstraint("(removed_at IS NULL) = (removed_why IS NULL)", name="removed"),
        CheckConstraint("removed_why IN ('taken_back','unused','ended')", name="why_known"),
        Index("uq_attachment_unused", "person_id", "sha256", unique=True, sqlite_where=UNUSED,
              postgresql_where=UNUSED),
        Index("ix_attachment_unused_since", "uploaded_at", sqlite_where=UNUSED, postgresql_where=UNUSED),
        Index("ix_attachment_item", "item_id"),
        {"sqlite_strict": True},
    )  # fmt: skip

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    person_id: Mapped[int] = mapped_column(Int64, ForeignKey("person.id"), nullable=False)
    kind: Mapped[str] = mapped_column(Text, nullable=False)
    sha256: Mapped[str] = mapped_column(Text, nullable=False)
    size_bytes: Mapped[int] = mapped_column(Int64, nullable=False)
    uploaded_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    item_id: Mapped[int | None] = mapped_column(Int64, ForeignKey("application_item.id"))
    question_id: Mapped[int | None] = mapped_column(Int64, ForeignKey("application_question.id"))
    attached_at: Mapped[datetime | None] = mapped_column(UtcTime)
    removed_at: Mapped[datetime | None] = mapped_column(UtcTime)
    removed_why: Mapped[str | None] = mapped_column(Text)


class AttachmentContent(Model):
    """The file itself, sealed under its person's key and tied to its digest."""

    __tablename__ = "attachment_content"
    __table_args__ = ({"sqlite_strict": True},)

    attachment_id: Mapped[int] = mapped_column(
        Int64, ForeignKey("attachment.id"), primary_key=True, autoincrement=False
    )
    sealed: Mapped[bytes] = mapped_column(Bytes, nullable=False)


def seal_context(sha256: str) -> str:
    """Return what a sealed file is tied to, so that none stands for another: its column and its digest."""
    return f"attachment_content.sealed/{sha256}"


sealed_of_person(
    AttachmentContent.sealed,
    lambda session, row: seal_context(session.get_one(Attachment, row.attachment_id).sha256),
    lambda person_id: AttachmentContent.attachment_id.in_(
        select(Attachment.id).where(Attachment.person_id == person_id)
    ),
)
translate("uq_attachment_unused", "attachment.person_id, attachment.sha256", CHANGED_MEANWHILE)
