"""What belongs to a record besides its entries: objections to one, shares with others, every look at one."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from voucher.plumbing.constraints import CHANGED_MEANWHILE, translate
from voucher.plumbing.db import Model
from voucher.plumbing.sealed_columns import sealed_of_person
from voucher.plumbing.types import Bytes, Day, Flag, Int64, Text, UtcTime

SAID_CONTEXT, CODE_CONTEXT = "archive_objection.said", "archive_share.code"
VIEWER_CONTEXT = "archive_look.viewer"
UNANSWERED, UNENDED = text("answered_at IS NULL"), text("ended_at IS NULL")


class ArchiveObjection(Model):
    """A worker says that an entry of the own record is wrong; the office answers once, with its reason.

    `ref` names the entry; the last day for the answer is fixed when the objection is filed.
    """

    __tablename__ = "archive_objection"
    __table_args__ = (
        CheckConstraint("answered_by_person_id <> person_id", name="not_own_answer"),
        CheckConstraint("(answered_at IS NULL) = (answered_by_person_id IS NULL)", name="answered_by"),
        CheckConstraint("(answered_at IS NULL) = (upheld IS NULL)", name="answered_how"),
        CheckConstraint("(answered_at IS NULL) = (answer IS NULL)", name="answered_words"),
        Index("uq_archive_objection_open", "person_id", "ref", unique=True,
              sqlite_where=UNANSWERED, postgresql_where=UNANSWERED),
        Index("ix_archive_objection_region", "region_code", "id"),
        {"sqlite_strict": True},
    )  # fmt: skip

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    person_id: Mapped[int] = mapped_column(Int64, ForeignKey("person.id"), nullable=False)
    ref: Mapped[str] = mapped_column(Text, nullable=False)
    title: Mapped[str] = mapped_column(Text, nullable=False)
    region_code: Mapped[str] = mapped_column(Text, ForeignKey("region.code"), nullable=False)
    said_sealed: Mapped[bytes] = mapped_column(Bytes, nullable=False)
    filed_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    due_on: Mapped[date] = mapped_column(Day, nullable=False)
    upheld: Mapped[bool | None] = mapped_column(Flag)
    answer: Mapped[str | None] = mapped_column(Text)
    answered_at: Mapped[datetime | None] = mapped_column(UtcTime)
    answered_by_person_id: Mapped[int | None] = mapped_column(Int64)

    @property
    def number(self) -> str:
        """Return the number people quote, e.g. DA-00000123."""
        return f"DA-{self.id:08d}"


class ArchiveShare(Model):
    """What a worker lets somebody see who has the code: how much, until when; ended at once when asked.

    The code is found by its index; sealed beside it so that its owner may show it again.
    """

    __tablename__ = "archive_share"
    __table_args__ = (
        CheckConstraint("extent IN ('certificates','trainings')", name="extent"),
        UniqueConstraint("code_index"),
        Index("ix_archive_share_person", "person_id"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    person_id: Mapped[int] = mapped_column(Int64, ForeignKey("person.id"), nullable=False)
    extent: Mapped[str] = mapped_column(Text, nullable=False)
    code_index: Mapped[str] = mapped_column(Text, nullable=False)
    code_sealed: Mapped[bytes] = mapped_column(Bytes, nullable=False)
    until_on: Mapped[date] = mapped_column(Day, nullable=False)
    shared_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    ended_at: Mapped[datetime | None] = mapped_column(UtcTime)


class ArchiveLook(Model):
    """One look at a shared record: when, and who the one who looked said to be; append-only."""

    __tablename__ = "archive_look"
    __table_args__ = (Index("ix_archive_look_share", "share_id", "id"), {"sqlite_strict": True})

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    share_id: Mapped[int] = mapped_column(Int64, ForeignKey("archive_share.id"), nullable=False)
    person_id: Mapped[int] = mapped_column(Int64, ForeignKey("person.id"), nullable=False)
    viewer_sealed: Mapped[bytes] = mapped_column(Bytes, nullable=False)
    looked_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)


class ArchiveCredential(Model):
    """A record handed out as a signed file: its place in a status list, until when, why it ended before.

    The file itself is kept nowhere; `revocations_told` is how many revocations it could tell of. What has
    ended stays ended, here by trigger as in the list.
    """

    __tablename__ = "archive_credential"
    __table_args__ = (
        UniqueConstraint("sl", "si"),
        ForeignKeyConstraint(
            ["sl", "si"], ["status_place.sl", "status_place.si"], name="fk_archive_credential_place"
        ),
        CheckConstraint("extent IN ('certificates','trainings')", name="extent"),
        CheckConstraint("why_ended IN ('recalled','certificate_revoked')", name="why_ended"),
        CheckConstraint("(ended_at IS NULL) = (why_ended IS NULL)", name="ended"),
        Index("ix_archive_credential_person", "person_id", "id"),
        Index("ix_archive_credential_live", "until_at", sqlite_where=UNENDED, postgresql_where=UNENDED),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    person_id: Mapped[int] = mapped_column(Int64, ForeignKey("person.id"), nullable=False)
    extent: Mapped[str] = mapped_column(Text, nullable=False)
    sl: Mapped[int] = mapped_column(Int64, nullable=False)
    si: Mapped[int] = mapped_column(Int64, nullable=False)
    signed_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    until_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    ended_at: Mapped[datetime | None] = mapped_column(UtcTime)
    why_ended: Mapped[str | None] = mapped_column(Text)
    revocations_told: Mapped[int] = mapped_column(Int64, nullable=False, server_default=text("0"))


sealed_of_person(
    ArchiveObjection.said_sealed, SAID_CONTEXT, lambda person_id: ArchiveObjection.person_id == person_id
)
sealed_of_person(
    ArchiveShare.code_sealed, CODE_CONTEXT, lambda person_id: ArchiveShare.person_id == person_id
)
sealed_of_person(
    ArchiveLook.viewer_sealed, VIEWER_CONTEXT, lambda person_id: ArchiveLook.person_id == person_id
)
translate(
    "uq_archive_objection_open", "archive_objection.person_id, archive_objection.ref", CHANGED_MEANWHILE
)
translate("uq_archive_share_code_index", "archive_share.code_index", CHANGED_MEANWHILE)
translate("uq_archive_credential_sl_si", "archive_credential.sl, archive_credential.si", CHANGED_MEANWHILE)
