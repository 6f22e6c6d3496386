"""Complaints (投诉举报) about an institution, and its appeals (申诉) against measures."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from voucher.ledger.states import Stateful, life
from voucher.plumbing.constraints import CHANGED_MEANWHILE, translate
from voucher.plumbing.db import Model
from voucher.plumbing.types import Bytes, Day, Int64, Text, UtcTime
from voucher.rules.lifecycle import Thing


class Complaint(Stateful, Model):
    """What somebody says of an institution, with a receipt to follow it by; or an appeal against a measure.

    Words and contact are sealed under a key of the complaint's own; the institution never reads them, only
    what the office asks. Who concludes is none of the institution (by trigger), nor who decided the measure
    appealed against (`barred_*`), nor whoever complained.
    """

    __thing__ = Thing.COMPLAINT
    __tablename__ = "complaint"
    __table_args__ = (
        *life(Thing.COMPLAINT, "complaint"),
        UniqueConstraint("number"),
        CheckConstraint("kind IN ('complaint','appeal')", name="kind"),
        CheckConstraint("(kind = 'appeal') = (measure_id IS NOT NULL)", name="appeal_of_measure"),
        CheckConstraint("(accepted_at IS NULL) = (handler_person_id IS NULL)", name="handled"),
        CheckConstraint("(accepted_at IS NULL) = (close_by IS NULL)", name="due"),
        CheckConstraint("(asked_at IS NULL) = (question IS NULL)", name="asked"),
        CheckConstraint("(asked_at IS NULL) = (answer_by IS NULL)", name="asked_until"),
        CheckConstraint("(answered_at IS NULL) = (answer IS NULL)", name="answered"),
        CheckConstraint("answered_at IS NULL OR asked_at IS NOT NULL", name="answered_after"),
        CheckConstraint("(concluded_at IS NULL) = (conclusion IS NULL)", name="concluded"),
        CheckConstraint("state NOT IN ('upheld','dismissed','refused') OR concluded_at IS NOT NULL",
                        name="outcome"),
        CheckConstraint(
            "concluded_by_person_id <> complainant_person_id AND concluded_by_person_id"
            " <> barred_one_person_id AND concluded_by_person_id <> barred_two_person_id"
            " AND concluded_by_person_id <> answered_by_person_id",
            name="hands",
        ),
        Index("ix_complaint_queue", "region_code", "state"),
        Index("ix_complaint_institution", "institution_id"),
        Index("ix_complaint_measure", "measure_id"),
        Index("ix_complaint_complainant", "complainant_person_id"),
        {"sqlite_strict": True},
    )  # fmt: skip

    number: Mapped[str] = mapped_column(Text, nullable=False)
    kind: Mapped[str] = mapped_column(Text, nullable=False)
    topic: Mapped[str] = mapped_column(Text, nullable=False)
    region_code: Mapped[str] = mapped_column(Text, ForeignKey("region.code"), nullable=False)
    institution_id: Mapped[int] = mapped_column(Int64, ForeignKey("institution.id"), nullable=False)
    measure_id: Mapped[int | None] = mapped_column(Int64, ForeignKey("measure.id"))
    complainant_person_id: Mapped[int | None] = mapped_column(Int64, ForeignKey("person.id"))
    subject_index: Mapped[str] = mapped_column(Text, ForeignKey("subject_key.blind_index"), nullable=False)
    words_sealed: Mapped[bytes] = mapped_column(Bytes, nullable=False)
    contact_sealed: Mapped[bytes | None] = mapped_column(Bytes)
    filed_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    accept_by: Mapped[date] = mapped_column(Day, nullable=False)
    barred_one_person_id: Mapped[int | None] = mapped_column(Int64)
    barred_two_person_id: Mapped[int | None] = mapped_column(Int64)
    accepted_at: Mapped[datetime | None] = mapped_column(UtcTime)
    handler_person_id: Mapped[int | None] = mapped_column(Int64, ForeignKey("person.id"))
    close_by: Mapped[date | None] = mapped_column(Day)
    question: Mapped[str | None] = mapped_column(Text)
    asked_at: Mapped[datetime | None] = mapped_column(UtcTime)
    answer_by: Mapped[date | None] = mapped_column(Day)
    answer: Mapped[str | None] = mapped_column(Text)
    answered_at: Mapped[datetime | None] = mapped_column(UtcTime)
    answered_by_person_id: Mapped[int | None] = mapped_column(Int64, ForeignKey("person.id"))
    conclusion: Mapped[str | None] = mapped_column(Text)
    reply: Mapped[str | None] = mapped_column(Text)
    concluded_at: Mapped[datetime | None] = mapped_column(UtcTime)
    concluded_by_person_id: Mapped[int | None] = mapped_column(Int64, ForeignKey("person.id"))


translate("uq_complaint_number", "complaint.number", CHANGED_MEANWHILE)
