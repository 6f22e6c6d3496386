"""Lists auditors bring along (审计名单), the questions put to them (审计比对), and what each found."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from voucher.plumbing.constraints import CHANGED_MEANWHILE, translate
from voucher.plumbing.db import Model
from voucher.plumbing.types import Day, Flag, Int64, Json, Text, UtcTime
from voucher.stages.oversee.risk.facts.listing import number_list

STANDING = text("forgotten_at IS NULL AND withdrawn_at IS NULL")
NOT_DECLINED = text("agreed IS NULL OR agreed = 1")


class AuditList(Model):
    """One imported list: what it is, whose, of which day, the file's digest, why, until when it is kept."""

    __tablename__ = "audit_list"
    __table_args__ = (
        CheckConstraint(
            "kind IN ('insured','pension','payroll','deceased','student','contacts','elsewhere',"
            "'custody','certificate','paid','backflow','answers')",
            name="kind",
        ),
        CheckConstraint("length(sha256) = 64", name="sha256"),
        CheckConstraint("row_count > 0", name="rows"),
        # one list per file among those that still have their lines and were not withdrawn
        Index("uq_audit_list_region_code_kind_sha256", "region_code", "kind", "sha256", unique=True,
              sqlite_where=STANDING, postgresql_where=STANDING),
        Index("ix_audit_list_region", "region_code", "id"),
        {"sqlite_strict": True},
    )  # fmt: skip

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    region_code: Mapped[str] = mapped_column(Text, ForeignKey("region.code"), nullable=False)
    kind: Mapped[str] = mapped_column(Text, nullable=False)
    source: Mapped[str] = mapped_column(Text, nullable=False)
    as_of: Mapped[date] = mapped_column(Day, nullable=False)
    why: Mapped[str] = mapped_column(Text, nullable=False)
    sha256: Mapped[str] = mapped_column(Text, nullable=False)
    row_count: Mapped[int] = mapped_column(Int64, nullable=False)
    keep_until: Mapped[date] = mapped_column(Day, nullable=False)
    imported_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    imported_by_person_id: Mapped[int] = mapped_column(Int64, nullable=False)
    forgotten_at: Mapped[datetime | None] = mapped_column(UtcTime)
    # only where two have agreed (by trigger), and for good
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcTime)

    @property
    def number(self) -> str:
        """Return the number people quote, e.g. MD-410000-0012."""
        return number_list(self.region_code, self.id)


class AuditListWithdrawal(Model):
    """Somebody says that a list was brought along by mistake, another person agrees or sends it back.

    At most one of a list waits or is agreed; what was said stays (by trigger).
    """

    __tablename__ = "audit_list_withdrawal"
    __table_args__ = (
        CheckConstraint(
            "(agreed IS NULL) = (decided_at IS NULL) AND (agreed IS NULL) = (decided_by_person_id IS NULL)",
            name="decided",
        ),
        CheckConstraint(
            "agreed IS NULL OR agreed = 0 OR decided_by_person_id <> proposed_by_person_id", name="two_people"
        ),
        CheckConstraint("length(why) > 0", name="why"),
        Index("uq_audit_list_withdrawal_standing", "list_id", unique=True,
              sqlite_where=NOT_DECLINED, postgresql_where=NOT_DECLINED),
        {"sqlite_strict": True},
    )  # fmt: skip

    list_id: Mapped[int] = mapped_column(
        Int64, ForeignKey("audit_list.id"), primary_key=True, autoincrement=False
    )
    turn: Mapped[int] = mapped_column(Int64, primary_key=True, autoincrement=False)
    why: Mapped[str] = mapped_column(Text, nullable=False)
    proposed_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    proposed_by_person_id: Mapped[int] = mapped_column(Int64, nullable=False)
    agreed: Mapped[bool | None] = mapped_column(Flag)
    decided_at: Mapped[datetime | None] = mapped_column(UtcTime)
    decided_by_person_id: Mapped[int | None] = mapped_column(Int64)
    decided_words: Mapped[str] = mapped_column(Text, nullable=False, default="")


class AuditListUndoing(Model):
    """How far what rested on a withdrawn list has been undone, piece by piece, after two have agreed.

    Begun with the withdrawal; over only when no flag stands any more that rests on withdrawn lists alone (by
    trigger). `reached_join_id` and `reached_position` are of the hit looked at last.
    """

    __tablename__ = "audit_list_undoing"
    __table_args__ = (
        CheckConstraint("hits_marked <= hits_looked AND hits_marked >= 0", name="marked"),
        CheckConstraint("hits_total >= 0 AND flags_total >= 0 AND flags_ended >= 0", name="counts"),
        Index("ix_audit_list_undoing_open", "list_id",
              sqlite_where=text("finished_at IS NULL"), postgresql_where=text("finished_at IS NULL")),
        {"sqlite_strict": True},
    )  # fmt: skip

    list_id: Mapped[int] = mapped_column(
        Int64, ForeignKey("audit_list.id"), primary_key=True, autoincrement=False
    )
    begun_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    hits_total: Mapped[int] = mapped_column(Int64, nullable=False)
    flags_total: Mapped[int] = mapped_column(Int64, nullable=False)
    hits_looked: Mapped[int] = mapped_column(Int64, nullable=False, default=0)
    hits_marked: Mapped[int] = mapped_column(Int64, nullable=False, default=0)
    flags_ended: Mapped[int] = mapped_column(Int64, nullable=False, default=0)
    reached_join_id: Mapped[int] = mapped_column(Int64, nullable=False, default=0)
    reached_position: Mapped[int] = mapped_column(Int64, nullable=False, default=0)
    finished_at: Mapped[datetime | None] = mapped_column(UtcTime)


class AuditListRow(Model):
    """One line of a list: a person by blind index only, days, and what else the kind of list says.

    Account, phones and address by blind index; `trade_code` canonical, `subsidy` training or evaluation,
    `house_code` the 统一社会信用代码 of whoever was paid, `answers` one character per question.
    """

    __tablename__ = "audit_list_row"
    __table_args__ = (
        CheckConstraint("length(blind_index) = 64", name="blind_index"),
        CheckConstraint("until IS NULL OR since IS NULL OR until >= since", name="dates"),
        Index("ix_audit_list_row_person", "list_id", "blind_index"),
        {"sqlite_strict": True},
    )

    list_id: Mapped[int] = mapped_column(
        Int64, ForeignKey("audit_list.id"), primary_key=True, autoincrement=False
    )
    line: Mapped[int] = mapped_column(Int64, primary_key=True, autoincrement=False)
    blind_index: Mapped[str] = mapped_column(Text, nullable=False)
    name_index: Mapped[str | None] = mapped_column(Text)
    since: Mapped[date | None] = mapped_column(Day)
    until: Mapped[date | None] = mapped_column(Day)
    account_index: Mapped[str | None] = mapped_column(Text)
    mobile_index: Mapped[str | None] = mapped_column(Text)
    trade_code: Mapped[str | None] = mapped_column(Text)
    subsidy: Mapped[str | None] = mapped_column(Text)
    house_code: Mapped[str | None] = mapped_column(Text)
    address_index: Mapped[str | None] = mapped_column(Text)
    contact_index: Mapped[str | None] = mapped_column(Text)
    answers: Mapped[str | None] = mapped_column(Text)
    level: Mapped[int | None] = mapped_column(Int64)
    amount_fen: Mapped[int | None] = mapped_column(Int64)


class AuditJoin(Model):
    """One question as it was answered: over which span and list, how many found, the hash of all of it.

    The list was not withdrawn when it was answered (by trigger).
    """

    __tablename__ = "audit_join"
    __table_args__ = (
        CheckConstraint(
            "kind IN ('insured','pension','payroll','deceased','student','shared','overlap','burst')",
            name="kind",
        ),
        CheckConstraint("until >= since", name="span"),
        CheckConstraint("length(sha256) = 64", name="sha256"),
        Index("ix_audit_join_region", "region_code", "id"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    region_code: Mapped[str] = mapped_column(Text, ForeignKey("region.code"), nullable=False)
    kind: Mapped[str] = mapped_column(Text, nullable=False)
    list_id: Mapped[int | None] = mapped_column(Int64, ForeignKey("audit_list.id"))
    since: Mapped[date] = mapped_column(Day, nullable=False)
    until: Mapped[date] = mapped_column(Day, nullable=False)
    why: Mapped[str] = mapped_column(Text, nullable=False)
    terms: Mapped[Any] = mapped_column(Json, nullable=False)
    hits: Mapped[int] = mapped_column(Int64, nullable=False)
    people: Mapped[int] = mapped_column(Int64, nullable=False)
    amount_fen: Mapped[int] = mapped_column(Int64, nullable=False)
    is_cut: Mapped[bool] = mapped_column(Flag, nullable=False)
    sha256: Mapped[str] = mapped_column(Text, nullable=False)
    ran_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    ran_by_person_id: Mapped[int] = mapped_column(Int64, nullable=False)
    # when its hits were deleted, because they had been kept for as long as they may be
    forgotten_at: Mapped[datetime | None] = mapped_column(UtcTime)

    @property
    def number(self) -> str:
        """Return the number people quote, e.g. BD-410000-0012."""
        return f"BD-{self.region_code}-{self.id:04d}"


class AuditJoinHit(Model):
    """One thing a question found: whose, which voucher and claim, how much, the rows, and a sentence."""

    __tablename__ = "audit_join_hit"
    __table_args__ = (
        CheckConstraint("amount_fen >= 0", name="amount"),
        CheckConstraint("length(sentence) > 0", name="sentence"),
        {"sqlite_strict": True},
    )

    join_id: Mapped[int] = mapped_column(
        Int64, ForeignKey("audit_join.id"), primary_key=True, autoincrement=False
    )
    position: Mapped[int] = mapped_column(Int64, primary_key=True, autoincrement=False)
    person_id: Mapped[int | None] = mapped_column(Int64, ForeignKey("person.id"))
    voucher_id: Mapped[int | None] = mapped_column(Int64, ForeignKey("voucher.id"))
    claim_id: Mapped[int | None] = mapped_column(Int64, ForeignKey("claim.id"))
    institution_id: Mapped[int | None] = mapped_column(Int64, ForeignKey("institution.id"))
    amount_fen: Mapped[int] = mapped_column(Int64, nullable=False)
    sentence: Mapped[str] = mapped_column(Text, nullable=False)
    rows: Mapped[Any] = mapped_column(Json, nullable=False)


class AuditJoinConclusion(Model):
    """What somebody says of a hit, and who confirmed it or sent it back; the highest turn agreed is in force.

    `agreed` is empty while another person's word is awaited; who takes a word of one's own back decided it
    oneself. What two have agreed, one alone does not overturn (by trigger). That the list was withdrawn is
    said by those two (by trigger), of every hit that rests on it alone.
    """

    __tablename__ = "audit_join_conclusion"
    __table_args__ = (
        ForeignKeyConstraint(
            ["join_id", "position"],
            ["audit_join_hit.join_id", "audit_join_hit.position"],
            name="fk_audit_join_conclusion_hit",
        ),
        CheckConstraint("outcome IN ('upheld','dismissed','handled','withdrawn')", name="outcome"),
        CheckConstraint("follow_up IN ('nothing','clawback','institution','transfer')", name="follow_up"),
        CheckConstraint(
            "outcome NOT IN ('dismissed','withdrawn') OR follow_up = 'nothing'", name="nothing_follows"
        ),
        CheckConstraint(
            "(agreed IS NULL) = (decided_at IS NULL) AND (agreed IS NULL) = (decided_by_person_id IS NULL)",
            name="decided",
        ),
        CheckConstraint(
            "follow_up = 'nothing' OR agreed IS NULL OR agreed = 0 "
            "OR decided_by_person_id <> concluded_by_person_id",
            name="two_people",
        ),
        {"sqlite_strict": True},
    )

    join_id: Mapped[int] = mapped_column(Int64, primary_key=True, autoincrement=False)
    position: Mapped[int] = mapped_column(Int64, primary_key=True, autoincrement=False)
    turn: Mapped[int] = mapped_column(Int64, primary_key=True, autoincrement=False)
    outcome: Mapped[str] = mapped_column(Text, nullable=False)
    follow_up: Mapped[str] = mapped_column(Text, nullable=False)
    words: Mapped[str] = mapped_column(Text, nullable=False)
    concluded_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    concluded_by_person_id: Mapped[int] = mapped_column(Int64, nullable=False)
    agreed: Mapped[bool | None] = mapped_column(Flag)
    decided_at: Mapped[datetime | None] = mapped_column(UtcTime)
    decided_by_person_id: Mapped[int | None] = mapped_column(Int64)
    decided_words: Mapped[str] = mapped_column(Text, nullable=False, default="")


class AuditJoinTurn(Model):
    """Whose turn it is in a region: the row is locked while a question is put, so that two never are."""

    __tablename__ = "audit_join_turn"
    __table_args__ = ({"sqlite_strict": True},)

    region_code: Mapped[str] = mapped_column(Text, ForeignKey("region.code"), primary_key=True)


# two conclude the same hit at once
translate(
    "pk_audit_join_conclusion",
    "audit_join_conclusion.join_id, audit_join_conclusion.position, audit_join_conclusion.turn",
    CHANGED_MEANWHILE,
)
translate(
    "uq_audit_list_region_code_kind_sha256",
    "audit_list.region_code, audit_list.kind, audit_list.sha256",
    CHANGED_MEANWHILE,
)
translate("uq_audit_list_withdrawal_standing", "audit_list_withdrawal.list_id", CHANGED_MEANWHILE)
translate(
    "pk_audit_list_withdrawal",
    "audit_list_withdrawal.list_id, audit_list_withdrawal.turn",
    CHANGED_MEANWHILE,
)
