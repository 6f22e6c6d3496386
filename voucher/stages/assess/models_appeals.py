"""Appeals of candidates (复核申请): what against, until when, who decided, what came of it."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from voucher.ledger.states import Stateful, life
from voucher.plumbing.clock import day_of
from voucher.plumbing.constraints import translate
from voucher.plumbing.db import Model
from voucher.plumbing.sealed_columns import sealed_of_person
from voucher.plumbing.types import Bytes, Day, Int64, Text, UtcTime
from voucher.rules.appeals import SOURCE
from voucher.rules.errors import Family, reason
from voucher.rules.lifecycle import Thing

SAID_CONTEXT, WHY_LATE_CONTEXT = "appeal.said", "appeal.why_late"
INSISTED_CONTEXT = "appeal.insisted"
OVER = ("affirmed", "settled", "closed", "withdrawn")
LIVE = text("state NOT IN ('affirmed','settled','closed','withdrawn')")
KEPT = text("state <> 'withdrawn'")

APPEALED_ALREADY = reason(
    "appealed_already",
    "您已对此申请复核，正在办理",
    "请等待答复；有新的情况，可以先撤回，再在期限内重新申请",
    SOURCE,
    Family.CONFLICT,
)


class Appeal(Stateful, Model):
    """One appeal of one candidate against one result, one refusal at a door, or one refused registration.

    `due_on` is the last day of whoever acts next, none once it is over. What was said is sealed under the
    key of who appeals; `answer` is the evaluator's, `final_answer` the office's.
    """

    __tablename__ = "appeal"
    __thing__ = Thing.APPEAL
    __table_args__ = (
        *life(Thing.APPEAL, "appeal"),
        ForeignKeyConstraint(
            ["candidate_id", "person_id"], ["candidate.id", "candidate.person_id"], name="fk_appeal_candidate"
        ),
        ForeignKeyConstraint(
            ["result_id", "candidate_id"], ["exam_result.id", "exam_result.candidate_id"],
            name="fk_appeal_result",
        ),
        ForeignKeyConstraint(
            ["voucher_id", "person_id"], ["voucher.id", "voucher.holder_person_id"], name="fk_appeal_voucher"
        ),
        CheckConstraint(
            "(kind = 'result' AND candidate_id IS NOT NULL AND result_id IS NOT NULL AND arrival_id IS NULL)"
            " OR (kind = 'door' AND candidate_id IS NOT NULL AND arrival_id IS NOT NULL"
            " AND result_id IS NULL)"
            " OR (kind = 'registration' AND voucher_id IS NOT NULL AND candidate_id IS NULL"
            " AND result_id IS NULL AND arrival_id IS NULL)",
            name="against",
        ),
        CheckConstraint(
            "due_on IS NOT NULL OR state IN ('affirmed','settled','closed','withdrawn')", name="due"
        ),
        CheckConstraint("answer IN ('upheld','rejected','late')", name="answer"),
        CheckConstraint("final_answer IN ('overruled','affirmed')", name="final_answer"),
        CheckConstraint(
            "(answer IS NULL) = (opinion IS NULL) AND (answer IS NULL) = (decided_at IS NULL)"
            " AND (answer IS NULL) = (decided_by_person_id IS NULL)",
            name="decided",
        ),
        CheckConstraint(
            "(final_answer IS NULL) = (final_opinion IS NULL) AND (final_answer IS NULL) = (ended_at IS NULL)"
            " AND (final_answer IS NULL) = (ended_by_person_id IS NULL)",
            name="ended",
        ),
        CheckConstraint(
            "state NOT IN ('upheld','rejected','refused_late') OR answer IS NOT NULL", name="told"
        ),
        CheckConstraint(
            "state NOT IN ('overruled','affirmed') OR final_answer IS NOT NULL", name="told_finally"
        ),
        CheckConstraint(
            "state <> 'settled' OR settled_result_id IS NOT NULL OR settled_candidate_id IS NOT NULL",
            name="settled",
        ),
        CheckConstraint(
            "decided_by_person_id <> person_id AND ended_by_person_id <> person_id"
            " AND ended_by_person_id <> decided_by_person_id",
            name="hands",
        ),
        CheckConstraint("answer <> 'late' OR why_late_sealed IS NOT NULL", name="late"),
        Index("uq_appeal_result", "result_id", unique=True, sqlite_where=KEPT, postgresql_where=KEPT),
        Index("uq_appeal_arrival", "arrival_id", unique=True, sqlite_where=KEPT, postgresql_where=KEPT),
        Index("uq_appeal_registration", "voucher_id", "institution_id", "happened_on", unique=True,
              sqlite_where=KEPT, postgresql_where=KEPT),
        Index("uq_appeal_live", "candidate_id", "kind", unique=True,
              sqlite_where=LIVE, postgresql_where=LIVE),
        Index("ix_appeal_institution", "institution_id", "state", "due_on"),
        Index("ix_appeal_region", "region_code", "state", "due_on"),
        Index("ix_appeal_person", "person_id"),
        {"sqlite_strict": True},
    )  # fmt: skip

    kind: Mapped[str] = mapped_column(Text, nullable=False)
    person_id: Mapped[int] = mapped_column(Int64, ForeignKey("person.id"), nullable=False)
    institution_id: Mapped[int] = mapped_column(Int64, ForeignKey("institution.id"), nullable=False)
    region_code: Mapped[str] = mapped_column(Text, ForeignKey("region.code"), nullable=False)
    candidate_id: Mapped[int | None] = mapped_column(Int64)
    result_id: Mapped[int | None] = mapped_column(Int64)
    arrival_id: Mapped[int | None] = mapped_column(Int64, ForeignKey("exam_arrival.id"))
    voucher_id: Mapped[int | None] = mapped_column(Int64)
    happened_on: Mapped[date] = mapped_column(Day, nullable=False)
    said_sealed: Mapped[bytes] = mapped_column(Bytes, nullable=False)
    why_late_sealed: Mapped[bytes | None] = mapped_column(Bytes)
    filed_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    due_on: Mapped[date | None] = mapped_column(Day)
    answer: Mapped[str | None] = mapped_column(Text)
    opinion: Mapped[str | None] = mapped_column(Text)
    decided_at: Mapped[datetime | None] = mapped_column(UtcTime)
    decided_by_person_id: Mapped[int | None] = mapped_column(Int64)
    insisted_sealed: Mapped[bytes | None] = mapped_column(Bytes)
    final_answer: Mapped[str | None] = mapped_column(Text)
    final_opinion: Mapped[str | None] = mapped_column(Text)
    ended_at: Mapped[datetime | None] = mapped_column(UtcTime)
    ended_by_person_id: Mapped[int | None] = mapped_column(Int64)
    settled_result_id: Mapped[int | None] = mapped_column(Int64, ForeignKey("exam_result.id"))
    settled_candidate_id: Mapped[int | None] = mapped_column(Int64, ForeignKey("candidate.id"))

    @property
    def number(self) -> str:
        """Return the number people quote, e.g. FH-419001-2024-0007."""
        return f"FH-{self.region_code}-{day_of(self.filed_at).year}-{self.id:04d}"


class AppealHand(Model):
    """Somebody who had a hand in what an appeal is against, and so never decides it; append only."""

    __tablename__ = "appeal_hand"
    __table_args__ = ({"sqlite_strict": True},)

    appeal_id: Mapped[int] = mapped_column(
        Int64, ForeignKey("appeal.id"), primary_key=True, autoincrement=False
    )
    person_id: Mapped[int] = mapped_column(Int64, primary_key=True, autoincrement=False)


for _column, _context in (
    (Appeal.said_sealed, SAID_CONTEXT),
    (Appeal.why_late_sealed, WHY_LATE_CONTEXT),
    (Appeal.insisted_sealed, INSISTED_CONTEXT),
):
    sealed_of_person(_column, _context, lambda person_id: Appeal.person_id == person_id)
for _name, _columns in (
    ("uq_appeal_result", "appeal.result_id"),
    ("uq_appeal_arrival", "appeal.arrival_id"),
    ("uq_appeal_registration", "appeal.voucher_id, appeal.institution_id, appeal.happened_on"),
    ("uq_appeal_live", "appeal.candidate_id, appeal.kind"),
):
    translate(_name, _columns, APPEALED_ALREADY)
