"""An institution's own exit from the list (自愿退出): asked by one person of it, confirmed by another."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from voucher.plumbing.constraints import translate
from voucher.plumbing.db import Model
from voucher.plumbing.types import Int64, Text, UtcTime
from voucher.rules.errors import Family, reason

WAITING = text("confirmed_at IS NULL AND withdrawn_at IS NULL")
SOURCE = "豫办〔2021〕29号 第4项（退出机制）; LIFECYCLE 机构 leave; 【设】退出由两人办理"

EXIT_ASKED = reason(
    "exit_asked_already",
    "本机构已有一份退出申请在等另一人确认",
    "请在“退出目录”页由提出人以外的管理员或教务确认；不退出的，先撤回",
    SOURCE,
    Family.CONFLICT,
)


class InstitutionExit(Model):
    """One wish to leave the list: it is confirmed by another person, or withdrawn, and then never changes.

    `vouchers_held` is how many vouchers the confirmation stopped.
    """

    __tablename__ = "institution_exit"
    __table_args__ = (
        CheckConstraint("confirmed_by_person_id <> asked_by_person_id", name="two_people"),
        CheckConstraint("(confirmed_at IS NULL) = (confirmed_by_person_id IS NULL)", name="confirmed"),
        CheckConstraint("(confirmed_at IS NULL) = (vouchers_held IS NULL)", name="counted"),
        CheckConstraint("(withdrawn_at IS NULL) = (withdrawn_by_person_id IS NULL)", name="withdrawn"),
        CheckConstraint("(withdrawn_at IS NULL) = (withdrawn_why IS NULL)", name="withdrawn_with_reason"),
        CheckConstraint("confirmed_at IS NULL OR withdrawn_at IS NULL", name="one_end"),
        Index("uq_institution_exit_waiting", "institution_id", unique=True, sqlite_where=WAITING,
              postgresql_where=WAITING),
        {"sqlite_strict": True},
    )  # fmt: skip

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    institution_id: Mapped[int] = mapped_column(Int64, ForeignKey("institution.id"), nullable=False)
    why: Mapped[str] = mapped_column(Text, nullable=False)
    asked_by_person_id: Mapped[int] = mapped_column(Int64, nullable=False)
    asked_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    confirmed_by_person_id: Mapped[int | None] = mapped_column(Int64)
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcTime)
    vouchers_held: Mapped[int | None] = mapped_column(Int64)
    withdrawn_by_person_id: Mapped[int | None] = mapped_column(Int64)
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcTime)
    withdrawn_why: Mapped[str | None] = mapped_column(Text)


translate("uq_institution_exit_waiting", "institution_exit.institution_id", EXIT_ASKED)
