"""What vouchers are issued under: programmes, issues with their lines, acceptances and codes on a screen."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from voucher.ledger.states import Stateful, life
from voucher.plumbing.clock import day_of
from voucher.plumbing.constraints import CHANGED_MEANWHILE, translate
from voucher.plumbing.db import Model
from voucher.plumbing.types import Day, Int64, Json, Text, UtcTime
from voucher.rules.lifecycle import Thing


class Programme(Stateful, Model):
    """A kind of voucher (券种): both axes, what it is for, where the money comes from, until when; in fen.

    `trade_code` and `level` fix what a voucher is for; both empty leave the choice to enrolment (通用).
    Level 0 stands for a 专项职业能力 item or a course without a level. `certificate_kind` is what turns the
    voucher into money; `validity_days` and `certify_months` empty follow the dated parameters.
    """

    __tablename__ = "programme"
    __thing__ = Thing.PROGRAMME
    __table_args__ = (
        *life(Thing.PROGRAMME, "programme"),
        CheckConstraint("worth IN ('face_value','offset','sign_in')", name="worth"),
        CheckConstraint("channel IN ('open','directed')", name="channel"),
        CheckConstraint("training_cap_fen >= 0 AND evaluation_cap_fen >= 0", name="nothing_below_zero"),
        CheckConstraint(
            "worth <> 'sign_in' OR (training_cap_fen = 0 AND evaluation_cap_fen = 0)",
            name="sign_in_pays_nothing",
        ),
        CheckConstraint("(trade_code IS NULL) = (level IS NULL)", name="trade_with_level"),
        CheckConstraint("channel <> 'directed' OR trade_code IS NOT NULL", name="directed_to_a_trade"),
        CheckConstraint("level IS NULL OR level BETWEEN 0 AND 8", name="level"),
        CheckConstraint("quantity > 0", name="quantity"),
        CheckConstraint("until_on >= from_on", name="dates"),
        CheckConstraint("published_by_person_id <> drafted_by_person_id", name="two_people"),
        Index("ix_programme_region", "region_code", "state"),
        {"sqlite_strict": True},
    )

    name: Mapped[str] = mapped_column(Text, nullable=False)
    region_code: Mapped[str] = mapped_column(Text, ForeignKey("region.code"), nullable=False)
    project_id: Mapped[int] = mapped_column(Int64, ForeignKey("project.id"), nullable=False)
    budget_id: Mapped[int] = mapped_column(Int64, ForeignKey("budget.id"), nullable=False)
    worth: Mapped[str] = mapped_column(Text, nullable=False)
    channel: Mapped[str] = mapped_column(Text, nullable=False)
    training_kind: Mapped[str] = mapped_column(Text, nullable=False)
    certificate_kind: Mapped[str] = mapped_column(Text, nullable=False)
    trade_code: Mapped[str | None] = mapped_column(Text)
    level: Mapped[int | None] = mapped_column(Int64)
    training_cap_fen: Mapped[int] = mapped_column(Int64, nullable=False)
    evaluation_cap_fen: Mapped[int] = mapped_column(Int64, nullable=False)
    quantity: Mapped[int] = mapped_column(Int64, nullable=False)
    from_on: Mapped[date] = mapped_column(Day, nullable=False)
    until_on: Mapped[date] = mapped_column(Day, nullable=False)
    validity_days: Mapped[int | None] = mapped_column(Int64)
    certify_months: Mapped[int | None] = mapped_column(Int64)
    document: Mapped[str] = mapped_column(Text, nullable=False)
    drafted_by_person_id: Mapped[int] = mapped_column(Int64, nullable=False)
    drafted_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    published_by_person_id: Mapped[int | None] = mapped_column(Int64)
    published_at: Mapped[datetime | None] = mapped_column(UtcTime)

    @property
    def number(self) -> str:
        """Return the number people quote, e.g. QZ-419001-2024-0003."""
        return f"QZ-{self.region_code}-{day_of(self.drafted_at).year}-{self.id:04d}"

    @property
    def cap_fen(self) -> int:
        """Return what one voucher of it may cost at most, both subsidies together."""
        return self.training_cap_fen + self.evaluation_cap_fen


class ProgrammeInstitution(Model):
    """An institution the vouchers of a programme may be used at; without any row every listed one may."""

    __tablename__ = "programme_institution"
    __table_args__ = ({"sqlite_strict": True},)

    programme_id: Mapped[int] = mapped_column(Int64, ForeignKey("programme.id"), primary_key=True)
    institution_id: Mapped[int] = mapped_column(Int64, ForeignKey("institution.id"), primary_key=True)


class ProgrammeGroup(Model):
    """A group of people a programme is for (人群), by its dictionary code; without any row everyone."""

    __tablename__ = "programme_group"
    __table_args__ = ({"sqlite_strict": True},)

    programme_id: Mapped[int] = mapped_column(Int64, ForeignKey("programme.id"), primary_key=True)
    group_code: Mapped[str] = mapped_column(Text, primary_key=True)


class Issue(Stateful, Model):
    """One act of issuing (发券单): a roster an institution filed or an office issued, or one person's own."""

    __tablename__ = "issue"
    __thing__ = Thing.ISSUE
    __table_args__ = (
        *life(Thing.ISSUE, "issue"),
        CheckConstraint("way IN ('roster','own','replacement')", name="way"),
        CheckConstraint(
            "decided_by_person_id <> filed_by_person_id OR institution_id IS NULL", name="two_people"
        ),
        Index("ix_issue_programme", "programme_id", "id"),
        {"sqlite_strict": True},
    )

    programme_id: Mapped[int] = mapped_column(Int64, ForeignKey("programme.id"), nullable=False)
    way: Mapped[str] = mapped_column(Text, nullable=False)
    institution_id: Mapped[int | None] = mapped_column(Int64, ForeignKey("institution.id"))
    filed_by_person_id: Mapped[int] = mapped_column(Int64, nullable=False)
    filed_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    decided_by_person_id: Mapped[int | None] = mapped_column(Int64)
    decided_at: Mapped[datetime | None] = mapped_column(UtcTime)

    @property
    def number(self) -> str:
        """Return the number people quote, e.g. FQ-2024-000123."""
        return f"FQ-{day_of(self.filed_at).year}-{self.id:06d}"


class IssueLine(Model):
    """One person of an issue and what came of it: a voucher, a place in the queue, or a refusal."""

    __tablename__ = "issue_line"
    __table_args__ = (
        UniqueConstraint("issue_id", "position"),
        UniqueConstraint("issue_id", "person_id"),
        UniqueConstraint("voucher_id"),
        CheckConstraint("outcome IN ('pending','issued','waiting','refused')", name="outcome"),
        CheckConstraint("(outcome = 'issued') = (voucher_id IS NOT NULL)", name="issued_with_voucher"),
        CheckConstraint("outcome <> 'refused' OR refusal IS NOT NULL", name="refused_with_reason"),
        Index("ix_issue_line_person", "person_id"),
        ForeignKeyConstraint(
            ["voucher_id", "person_id"],
            ["voucher.id", "voucher.holder_person_id"],
            name="fk_issue_line_holder",
        ),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    issue_id: Mapped[int] = mapped_column(Int64, ForeignKey("issue.id"), nullable=False)
    position: Mapped[int] = mapped_column(Int64, nullable=False)
    person_id: Mapped[int] = mapped_column(Int64, ForeignKey("person.id"), nullable=False)
    outcome: Mapped[str] = mapped_column(Text, nullable=False)
    refusal: Mapped[Any | None] = mapped_column(Json)
    replaces_voucher_id: Mapped[int | None] = mapped_column(Int64, ForeignKey("voucher.id"))
    voucher_id: Mapped[int | None] = mapped_column(Int64)


class Acceptance(Model):
    """The holder has taken the voucher (领取): through which channel, and who helped where somebody did.

    Help is either a paper named at the counter (`consent`) or a registered consent (`consent_id`).
    """

    __tablename__ = "acceptance"
    __table_args__ = (
        CheckConstraint("channel IN ('page','helper')", name="channel"),
        CheckConstraint(
            "(channel = 'page' AND consent IS NULL AND consent_id IS NULL)"
            " OR (channel = 'helper' AND (consent IS NULL) <> (consent_id IS NULL))",
            name="consent",
        ),
        ForeignKeyConstraint(
            ["voucher_id", "person_id"],
            ["voucher.id", "voucher.holder_person_id"],
            name="fk_acceptance_holder",
        ),
        # whoever accepts on a consent is the one it names, for the one who gave it
        ForeignKeyConstraint(
            ["consent_id", "person_id", "accepted_by_person_id"],
            ["consent.id", "consent.principal_person_id", "consent.helper_person_id"],
            name="fk_acceptance_consent",
        ),
        {"sqlite_strict": True},
    )

    voucher_id: Mapped[int] = mapped_column(Int64, primary_key=True, autoincrement=False)
    person_id: Mapped[int] = mapped_column(Int64, ForeignKey("person.id"), nullable=False)
    channel: Mapped[str] = mapped_column(Text, nullable=False)
    consent: Mapped[str | None] = mapped_column(Text)
    consent_id: Mapped[int | None] = mapped_column(Int64)
    accepted_by_person_id: Mapped[int] = mapped_column(Int64, nullable=False)
    accepted_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)


class DryRun(Model):
    """A programme tried out on everybody registered, and what would come of it; a large one is a job."""

    __tablename__ = "dry_run"
    __table_args__ = (
        CheckConstraint("(finished_at IS NULL) = (result IS NULL)", name="finished_with_result"),
        Index("ix_dry_run_programme", "programme_id", "id"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    programme_id: Mapped[int] = mapped_column(Int64, ForeignKey("programme.id"), nullable=False)
    asked_by_person_id: Mapped[int] = mapped_column(Int64, nullable=False)
    asked_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    job_id: Mapped[int | None] = mapped_column(Int64, ForeignKey("job.id"))
    result: Mapped[Any | None] = mapped_column(Json)
    finished_at: Mapped[datetime | None] = mapped_column(UtcTime)


translate("uq_issue_line_voucher_id", "issue_line.voucher_id", CHANGED_MEANWHILE)
translate("pk_acceptance", "acceptance.voucher_id", CHANGED_MEANWHILE)
