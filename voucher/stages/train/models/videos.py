"""Films of online lessons as their institution uploaded them: kept in parts, a piece can be asked for."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from voucher.plumbing.db import Model
from voucher.plumbing.types import Bytes, Int64, Text, UtcTime

PART_BYTES = 512 * 1024


class LessonVideo(Model):
    """A film of a session: what it is, how large, how long; the same bytes are kept once, at the first.

    `same_as_id` names the film whose parts are played.
    """

    __tablename__ = "lesson_video"
    __table_args__ = (
        CheckConstraint("kind IN ('mp4','webm')", name="kind"),
        CheckConstraint("size_bytes > 0 AND seconds > 0", name="counts"),
        Index("ix_lesson_video_content", "sha256"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    session_id: Mapped[int] = mapped_column(Int64, ForeignKey("class_session.id"), nullable=False)
    kind: Mapped[str] = mapped_column(Text, nullable=False)
    size_bytes: Mapped[int] = mapped_column(Int64, nullable=False)
    seconds: Mapped[int] = mapped_column(Int64, nullable=False)
    sha256: Mapped[str] = mapped_column(Text, nullable=False)
    same_as_id: Mapped[int | None] = mapped_column(Int64, ForeignKey("lesson_video.id"))
    added_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    added_by_person_id: Mapped[int] = mapped_column(Int64, nullable=False)

    @property
    def content_id(self) -> int:
        """Return the film whose parts hold the bytes."""
        return self.same_as_id or self.id


class LessonVideoPart(Model):
    """A piece of a film, all but the last of the same size; no learner is in it: not sealed."""

    __tablename__ = "lesson_video_part"
    __table_args__ = ({"sqlite_strict": True},)

    video_id: Mapped[int] = mapped_column(Int64, ForeignKey("lesson_video.id"), primary_key=True)
    position: Mapped[int] = mapped_column(Int64, primary_key=True, autoincrement=False)
    content: Mapped[bytes] = mapped_column(Bytes, nullable=False)
