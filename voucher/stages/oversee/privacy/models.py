"""What people ask for about their own data, decided by two others; and whose data the law preserves."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from voucher.plumbing.constraints import translate
from voucher.plumbing.db import Model
from voucher.plumbing.types import Int64, Text, UtcTime
from voucher.rules.errors import Family, reason

OPEN, STANDING = text("ended_at IS NULL"), text("lifted_at IS NULL")

ERASURE_OPEN = reason(
    "erasure_open",
    "您已经申请注销，正在办理",
    "请等待办理；改变主意的，可以撤回申请",
    "个人信息保护法 第五十条",
    Family.CONFLICT,
)
PRESERVED_ALREADY = reason(
    "retention_preserved_already",
    "这个人已经依法保全",
    "不用再办；换了文书的，先解除再按新的文书保全",
    "【设】一人同时只有一份有效的保全",
    Family.CONFLICT,
)


class ErasureRequest(Model):
    """A person asks to be erased; one officer agrees, another carries it out, or one of them turns it down.

    `ending` is withdrawn, declined or erased; a request without one is open.
    """

    __tablename__ = "erasure_request"
    __table_args__ = (
        CheckConstraint("ending IN ('withdrawn','declined','erased')", name="ending"),
        CheckConstraint("(ended_at IS NULL) = (ending IS NULL)", name="ended_how"),
        CheckConstraint("(ended_at IS NULL) = (ended_by_person_id IS NULL)", name="ended_by"),
        CheckConstraint("(agreed_at IS NULL) = (agreed_by_person_id IS NULL)", name="agreed_by"),
        CheckConstraint("(ending = 'declined') = (why IS NOT NULL) OR ending IS NULL", name="why"),
        CheckConstraint("ending <> 'erased' OR agreed_by_person_id IS NOT NULL", name="agreed_first"),
        CheckConstraint("ending <> 'erased' OR agreed_by_person_id <> ended_by_person_id", name="two_people"),
        CheckConstraint("agreed_by_person_id <> person_id", name="not_own_agreement"),
        CheckConstraint("ending = 'withdrawn' OR ended_by_person_id <> person_id", name="not_own_decision"),
        Index("uq_erasure_request_open", "person_id", unique=True, sqlite_where=OPEN, postgresql_where=OPEN),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    person_id: Mapped[int] = mapped_column(Int64, ForeignKey("person.id"), nullable=False)
    asked_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    agreed_by_person_id: Mapped[int | None] = mapped_column(Int64)
    agreed_at: Mapped[datetime | None] = mapped_column(UtcTime)
    ending: Mapped[str | None] = mapped_column(Text)
    ended_by_person_id: Mapped[int | None] = mapped_column(Int64)
    ended_at: Mapped[datetime | None] = mapped_column(UtcTime)
    why: Mapped[str | None] = mapped_column(Text)


class Preservation(Model):
    """依法保全: somebody's data is evidence by a document, until another person lifts it by one."""

    __tablename__ = "preservation"
    __table_args__ = (
        CheckConstraint("length(paper) > 0", name="paper"),
        CheckConstraint("(lifted_at IS NULL) = (lifted_by_person_id IS NULL)", name="lifted_by"),
        CheckConstraint("(lifted_at IS NULL) = (lifted_paper IS NULL)", name="lifted_paper"),
        CheckConstraint("lifted_by_person_id <> placed_by_person_id", name="two_people"),
        Index("uq_preservation_standing", "person_id", unique=True, sqlite_where=STANDING,
              postgresql_where=STANDING),
        {"sqlite_strict": True},
    )  # fmt: skip

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    person_id: Mapped[int] = mapped_column(Int64, ForeignKey("person.id"), nullable=False)
    paper: Mapped[str] = mapped_column(Text, nullable=False)
    placed_by_person_id: Mapped[int] = mapped_column(Int64, nullable=False)
    placed_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    lifted_paper: Mapped[str | None] = mapped_column(Text)
    lifted_by_person_id: Mapped[int | None] = mapped_column(Int64)
    lifted_at: Mapped[datetime | None] = mapped_column(UtcTime)


translate("uq_erasure_request_open", "erasure_request.person_id", ERASURE_OPEN)
translate("uq_preservation_standing", "preservation.person_id", PRESERVED_ALREADY)
