"""A voucher's place in a class: enrolment, redemption exactly once, attendance, completion, every scan."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from voucher.plumbing.constraints import CHANGED_MEANWHILE, translate
from voucher.plumbing.db import Model
from voucher.plumbing.types import Flag, Int64, Text, UtcTime
from voucher.rules.errors import Family, reason

OPEN = text("ended_at IS NULL")
STANDING = text("reversed_at IS NULL")

REDEEMED_ALREADY = reason(
    "redeemed_already",
    "这张券已经核销过，一张券只能核销一次",
    "请查看该券的核销记录；核销有误的，首次课结束前由两人办理撤销",
    "豫办〔2021〕29号 第16项; S2-16b",
    Family.CONFLICT,
)


class Enrolment(Model):
    """A voucher locked to one class (锁定): whose, and when it ended otherwise; one open row per voucher.

    `ended_by` is leave, transfer, or the event that ended the voucher; an enrolment that ran its course
    stays open.
    """

    __tablename__ = "enrolment"
    __table_args__ = (
        UniqueConstraint("id", "voucher_id", "class_id"),
        CheckConstraint("(ended_at IS NULL) = (ended_by IS NULL)", name="ended_by"),
        Index("uq_enrolment_open", "voucher_id", unique=True, sqlite_where=OPEN, postgresql_where=OPEN),
        Index("ix_enrolment_class", "class_id"),
        Index("ix_enrolment_person", "person_id"),
        ForeignKeyConstraint(
            ["voucher_id", "person_id"],
            ["voucher.id", "voucher.holder_person_id"],
            name="fk_enrolment_holder",
        ),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    voucher_id: Mapped[int] = mapped_column(Int64, nullable=False)
    person_id: Mapped[int] = mapped_column(Int64, ForeignKey("person.id"), nullable=False)
    class_id: Mapped[int] = mapped_column(Int64, ForeignKey("training_class.id"), nullable=False)
    enrolled_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    enrolled_by_person_id: Mapped[int] = mapped_column(Int64, nullable=False)
    ended_at: Mapped[datetime | None] = mapped_column(UtcTime)
    ended_by: Mapped[str | None] = mapped_column(Text)


class Redemption(Model):
    """The one scan that uses a voucher (核销); a reversed one stays, marked, and makes room for another.

    It was made with a T code, or with one a phone signed. `nonce` is made by the client, so that every retry
    is the same redemption.
    """

    __tablename__ = "redemption"
    __table_args__ = (
        Index("uq_redemption_standing", "voucher_id", unique=True, sqlite_where=STANDING,
              postgresql_where=STANDING),
        UniqueConstraint("device", "nonce"),
        CheckConstraint("reversed_by_person_id <> reversal_asked_by_person_id", name="two_people"),
        CheckConstraint("(screen_code_id IS NULL) <> (presentation_id IS NULL)", name="one_code"),
        CheckConstraint("reversed_at IS NULL OR reversed_by_person_id IS NOT NULL", name="reversed_by"),
        ForeignKeyConstraint(
            ["enrolment_id", "voucher_id", "class_id"],
            ["enrolment.id", "enrolment.voucher_id", "enrolment.class_id"],
            name="fk_redemption_enrolment",
        ),
        ForeignKeyConstraint(
            ["voucher_id", "person_id"],
            ["voucher.id", "voucher.holder_person_id"],
            name="fk_redemption_holder",
        ),
        Index("ix_redemption_class", "class_id"),
        {"sqlite_strict": True},
    )  # fmt: skip

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    voucher_id: Mapped[int] = mapped_column(Int64, nullable=False)
    # the holder of its voucher, and so a person; by a key of its own every scan would lock that row as well
    person_id: Mapped[int] = mapped_column(Int64, nullable=False)
    enrolment_id: Mapped[int] = mapped_column(Int64, nullable=False)
    class_id: Mapped[int] = mapped_column(Int64, nullable=False)
    institution_id: Mapped[int] = mapped_column(Int64, ForeignKey("institution.id"), nullable=False)
    screen_code_id: Mapped[int | None] = mapped_column(Int64, ForeignKey("screen_code.id"), unique=True)
    presentation_id: Mapped[int | None] = mapped_column(
        Int64, ForeignKey("presentation_seen.id"), unique=True
    )
    device: Mapped[str] = mapped_column(Text, nullable=False)
    nonce: Mapped[str] = mapped_column(Text, nullable=False)
    redeemed_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    redeemed_by_person_id: Mapped[int] = mapped_column(Int64, nullable=False)
    reversal_asked_by_person_id: Mapped[int | None] = mapped_column(Int64)
    reversal_asked_at: Mapped[datetime | None] = mapped_column(UtcTime)
    reversal_reason: Mapped[str | None] = mapped_column(Text)
    reversed_by_person_id: Mapped[int | None] = mapped_column(Int64)
    reversed_at: Mapped[datetime | None] = mapped_column(UtcTime)


class Scan(Model):
    """Every code held to a scanner, also the refused ones: by whom, for which class, and what was said."""

    __tablename__ = "scan"
    __table_args__ = (
        CheckConstraint("act IN ('check','enrol','redeem')", name="act"),
        CheckConstraint("code IS NOT NULL OR voucher_id IS NOT NULL", name="accepted_names_voucher"),
        Index("ix_scan_class", "class_id", "id"),
        Index("ix_scan_voucher", "voucher_id"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    act: Mapped[str] = mapped_column(Text, nullable=False)
    class_id: Mapped[int | None] = mapped_column(Int64, ForeignKey("training_class.id"))
    institution_id: Mapped[int | None] = mapped_column(Int64, ForeignKey("institution.id"))
    voucher_id: Mapped[int | None] = mapped_column(Int64, ForeignKey("voucher.id"))
    code: Mapped[str | None] = mapped_column(Text)
    title: Mapped[str | None] = mapped_column(Text)
    device: Mapped[str] = mapped_column(Text, nullable=False)
    scanned_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    scanned_by_person_id: Mapped[int] = mapped_column(Int64, nullable=False)


class Attendance(Model):
    """The lesson hours one person sat in one session; a correction is the next revision, which counts."""

    __tablename__ = "attendance"
    __table_args__ = (
        UniqueConstraint("session_id", "voucher_id", "revision"),
        CheckConstraint("hours >= 0", name="hours"),
        CheckConstraint("way IN ('scan','teacher','correction')", name="way"),
        CheckConstraint("(way = 'correction') = (revision > 1)", name="revision"),
        CheckConstraint("way <> 'correction' OR why IS NOT NULL", name="correction_with_reason"),
        ForeignKeyConstraint(
            ["voucher_id", "person_id"],
            ["voucher.id", "voucher.holder_person_id"],
            name="fk_attendance_holder",
        ),
        Index("ix_attendance_voucher", "voucher_id"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    session_id: Mapped[int] = mapped_column(Int64, ForeignKey("class_session.id"), nullable=False)
    voucher_id: Mapped[int] = mapped_column(Int64, nullable=False)
    person_id: Mapped[int] = mapped_column(Int64, ForeignKey("person.id"), nullable=False)
    revision: Mapped[int] = mapped_column(Int64, nullable=False)
    hours: Mapped[int] = mapped_column(Int64, nullable=False)
    way: Mapped[str] = mapped_column(Text, nullable=False)
    why: Mapped[str | None] = mapped_column(Text)
    recorded_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    recorded_by_person_id: Mapped[int] = mapped_column(Int64, nullable=False)


class Completion(Model):
    """The institution's sign-off for one person (结业): hours and final exam, frozen; failed rows stay too.

    `exam_hundredths` is in hundredths of a point; empty where the programme asks no final exam.
    """

    __tablename__ = "completion"
    __table_args__ = (
        UniqueConstraint("voucher_id"),
        CheckConstraint("hours_attended >= 0 AND hours_planned > 0", name="hours"),
        CheckConstraint("exam_hundredths IS NULL OR exam_hundredths BETWEEN 0 AND 10000", name="exam"),
        ForeignKeyConstraint(
            ["voucher_id", "person_id"],
            ["voucher.id", "voucher.holder_person_id"],
            name="fk_completion_holder",
        ),
        Index("ix_completion_class", "class_id"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    voucher_id: Mapped[int] = mapped_column(Int64, nullable=False)
    person_id: Mapped[int] = mapped_column(Int64, ForeignKey("person.id"), nullable=False)
    class_id: Mapped[int] = mapped_column(Int64, ForeignKey("training_class.id"), nullable=False)
    hours_attended: Mapped[int] = mapped_column(Int64, nullable=False)
    hours_planned: Mapped[int] = mapped_column(Int64, nullable=False)
    exam_hundredths: Mapped[int | None] = mapped_column(Int64)
    passed: Mapped[bool] = mapped_column(Flag, nullable=False)
    why: Mapped[str | None] = mapped_column(Text)
    signed_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    signed_by_person_id: Mapped[int] = mapped_column(Int64, nullable=False)


translate("uq_redemption_standing", "redemption.voucher_id", REDEEMED_ALREADY)
translate("uq_redemption_device_nonce", "redemption.device, redemption.nonce", CHANGED_MEANWHILE)
translate("uq_redemption_screen_code_id", "redemption.screen_code_id", CHANGED_MEANWHILE)
translate("uq_redemption_presentation_id", "redemption.presentation_id", CHANGED_MEANWHILE)
translate("uq_enrolment_open", "enrolment.voucher_id", CHANGED_MEANWHILE)
translate("uq_completion_voucher_id", "completion.voucher_id", CHANGED_MEANWHILE)
translate(
    "uq_attendance_session_id_voucher_id_revision",
    "attendance.session_id, attendance.voucher_id, attendance.revision",
    CHANGED_MEANWHILE,
)
