"""Tables of filings: what an institution says of itself, its licences with their papers, scope, staff, rooms.

A filing is a full statement; a change is the next one, and the one accepted last is in force.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from voucher.ledger.states import Stateful, life
from voucher.plumbing.clock import day_of
from voucher.plumbing.constraints import CHANGED_MEANWHILE, translate
from voucher.plumbing.db import Model
from voucher.plumbing.types import Bytes, Day, Int64, Text, UtcTime
from voucher.rules.errors import Family, reason
from voucher.rules.filing import SOURCE
from voucher.rules.lifecycle import Thing

IN_FORCE, WAITING = text("state = 'accepted'"), text("state IN ('filed','returned')")

FILING_OPEN = reason(
    "filing_open_already",
    "这家机构已有一件备案申请在办理",
    "请等它办结，或由申请人撤回后再提交新的",
    SOURCE,
    Family.CONFLICT,
)


class Filing(Stateful, Model):
    """One statement of an institution (备案); sealed columns are under the key of its code.

    Who decided it last is another person than who opened it; its parts change only while it is written.
    """

    __tablename__ = "filing"
    __thing__ = Thing.FILING
    __table_args__ = (
        *life(Thing.FILING, "filing"),
        CheckConstraint("state IN ('draft','withdrawn') OR institution_id IS NOT NULL", name="of_somebody"),
        CheckConstraint("decided_by_person_id <> applicant_person_id", name="two_people"),
        Index("uq_filing_in_force", "institution_id", unique=True, sqlite_where=IN_FORCE,
              postgresql_where=IN_FORCE),
        Index("uq_filing_waiting", "institution_id", unique=True, sqlite_where=WAITING,
              postgresql_where=WAITING),
        Index("ix_filing_applicant", "applicant_person_id"),
        Index("ix_filing_region", "region_code", "state"),
        {"sqlite_strict": True},
    )  # fmt: skip

    code: Mapped[str] = mapped_column(Text, nullable=False)
    name: Mapped[str] = mapped_column(Text, nullable=False)
    kind: Mapped[str] = mapped_column(Text, nullable=False)
    region_code: Mapped[str] = mapped_column(Text, ForeignKey("region.code"), nullable=False)
    address: Mapped[str] = mapped_column(Text, nullable=False)
    legal_name_sealed: Mapped[bytes] = mapped_column(Bytes, nullable=False)
    contact_name_sealed: Mapped[bytes] = mapped_column(Bytes, nullable=False)
    contact_mobile_sealed: Mapped[bytes] = mapped_column(Bytes, nullable=False)
    institution_id: Mapped[int | None] = mapped_column(Int64, ForeignKey("institution.id"))
    applicant_person_id: Mapped[int] = mapped_column(Int64, ForeignKey("person.id"), nullable=False)
    applicant_user_id: Mapped[int] = mapped_column(Int64, ForeignKey("user_account.id"), nullable=False)
    opened_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    decided_by_person_id: Mapped[int | None] = mapped_column(Int64)

    @property
    def number(self) -> str:
        """Return the filing number people quote (备案号), e.g. BA-419001-2024-0003."""
        return f"BA-{self.region_code}-{day_of(self.opened_at).year}-{self.id:04d}"


class FilingPaper(Model):
    """A photograph or PDF of a licence or a room, sealed under the institution's key, tied to its digest.

    `code_place` and `uploader_place` say the how manieth of its institution and of its uploader it is (by
    trigger): of two uploads at once one is weighed again. Papers of earlier releases have none.
    """

    __tablename__ = "filing_paper"
    __table_args__ = (
        CheckConstraint("kind IN ('jpeg','png','pdf')", name="kind_known"),
        CheckConstraint("length(sha256) = 64", name="sha256_length"),
        Index("ix_filing_paper_sha256", "sha256"),
        Index("ix_filing_paper_code", "code", "uploaded_at"),
        Index("ix_filing_paper_uploader", "uploaded_by_person_id", "uploaded_at"),
        Index("uq_filing_paper_code_place", "code", "code_place", unique=True),
        Index("uq_filing_paper_uploader_place", "uploaded_by_person_id", "uploader_place", unique=True),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    code: Mapped[str] = mapped_column(Text, nullable=False)
    kind: Mapped[str] = mapped_column(Text, nullable=False)
    sha256: Mapped[str] = mapped_column(Text, nullable=False)
    size_bytes: Mapped[int] = mapped_column(Int64, nullable=False)
    content_sealed: Mapped[bytes] = mapped_column(Bytes, nullable=False)
    uploaded_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    uploaded_by_person_id: Mapped[int] = mapped_column(Int64, nullable=False)
    code_place: Mapped[int | None] = mapped_column(Int64)
    uploader_place: Mapped[int | None] = mapped_column(Int64)


class FilingLicence(Model):
    """One licence (证照): kind, number, who issued it, from when, until when (empty for long), its paper."""

    __tablename__ = "filing_licence"
    __table_args__ = (
        UniqueConstraint("filing_id", "kind", "number"),
        CheckConstraint("until IS NULL OR until >= since", name="dates"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    filing_id: Mapped[int] = mapped_column(Int64, ForeignKey("filing.id"), nullable=False)
    kind: Mapped[str] = mapped_column(Text, nullable=False)
    number: Mapped[str] = mapped_column(Text, nullable=False)
    authority: Mapped[str] = mapped_column(Text, nullable=False)
    since: Mapped[date] = mapped_column(Day, nullable=False)
    until: Mapped[date | None] = mapped_column(Day)
    paper_id: Mapped[int] = mapped_column(Int64, ForeignKey("filing_paper.id"), nullable=False)


class FilingScope(Model):
    """One occupation or item and level applied for, and the subsidised project it is trained under.

    Level 0 stands for an item or course without a level.
    """

    __tablename__ = "filing_scope"
    __table_args__ = (
        UniqueConstraint("filing_id", "trade_code", "level", "project_id"),
        CheckConstraint("level BETWEEN 0 AND 8", name="level"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    filing_id: Mapped[int] = mapped_column(Int64, ForeignKey("filing.id"), nullable=False)
    trade_code: Mapped[str] = mapped_column(Text, nullable=False)
    level: Mapped[int] = mapped_column(Int64, nullable=False)
    project_id: Mapped[int] = mapped_column(Int64, ForeignKey("project.id"), nullable=False)


class FilingTeacher(Model):
    """A teacher by person, the certificate that qualifies, the trades it is for (codes, a space between)."""

    __tablename__ = "filing_teacher"
    __table_args__ = (
        UniqueConstraint("filing_id", "person_id"),
        Index("ix_filing_teacher_person", "person_id"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    filing_id: Mapped[int] = mapped_column(Int64, ForeignKey("filing.id"), nullable=False)
    person_id: Mapped[int] = mapped_column(Int64, ForeignKey("person.id"), nullable=False)
    qualification: Mapped[str] = mapped_column(Text, nullable=False)
    certificate_number: Mapped[str] = mapped_column(Text, nullable=False)
    until: Mapped[date | None] = mapped_column(Day)
    trade_codes: Mapped[str] = mapped_column(Text, nullable=False)


class FilingRoom(Model):
    """A room in which classes are held: where it lies, how many sit in it, what stands in it.

    A position on the map is in micro-degrees; where it is given, marks may be asked how far away they are.
    """

    __tablename__ = "filing_room"
    __table_args__ = (
        UniqueConstraint("filing_id", "name"),
        CheckConstraint("seats > 0", name="seats"),
        Index("uq_filing_room_of_filing", "id", "filing_id", unique=True),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    filing_id: Mapped[int] = mapped_column(Int64, ForeignKey("filing.id"), nullable=False)
    name: Mapped[str] = mapped_column(Text, nullable=False)
    address: Mapped[str] = mapped_column(Text, nullable=False)
    region_code: Mapped[str] = mapped_column(Text, ForeignKey("region.code"), nullable=False)
    seats: Mapped[int] = mapped_column(Int64, nullable=False)
    equipment: Mapped[str] = mapped_column(Text, nullable=False)
    latitude_e6: Mapped[int | None] = mapped_column(Int64)
    longitude_e6: Mapped[int | None] = mapped_column(Int64)


class FilingRoomPhoto(Model):
    """A photograph of a room; a change of the filing shows the same paper again."""

    __tablename__ = "filing_room_photo"
    __table_args__ = (
        UniqueConstraint("room_id", "paper_id"),
        ForeignKeyConstraint(
            ["room_id", "filing_id"], ["filing_room.id", "filing_room.filing_id"],
            name="fk_filing_room_photo_room",
        ),
        Index("ix_filing_room_photo_filing", "filing_id"),
        {"sqlite_strict": True},
    )  # fmt: skip

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    filing_id: Mapped[int] = mapped_column(Int64, ForeignKey("filing.id"), nullable=False)
    room_id: Mapped[int] = mapped_column(Int64, nullable=False)
    paper_id: Mapped[int] = mapped_column(Int64, ForeignKey("filing_paper.id"), nullable=False)


translate("uq_filing_in_force", "", CHANGED_MEANWHILE)
translate("uq_filing_paper_code_place", "filing_paper.code, filing_paper.code_place", CHANGED_MEANWHILE)
translate(
    "uq_filing_paper_uploader_place",
    "filing_paper.uploaded_by_person_id, filing_paper.uploader_place",
    CHANGED_MEANWHILE,
)
translate("uq_filing_waiting", "filing.institution_id", FILING_OPEN)
translate(
    "uq_filing_licence_filing_id_kind_number",
    "filing_licence.filing_id, filing_licence.kind, filing_licence.number",
    CHANGED_MEANWHILE,
)
translate(
    "uq_filing_scope_filing_id_trade_code_level_project_id",
    "filing_scope.filing_id, filing_scope.trade_code, filing_scope.level, filing_scope.project_id",
    CHANGED_MEANWHILE,
)
translate(
    "uq_filing_teacher_filing_id_person_id",
    "filing_teacher.filing_id, filing_teacher.person_id",
    CHANGED_MEANWHILE,
)
translate("uq_filing_room_filing_id_name", "filing_room.filing_id, filing_room.name", CHANGED_MEANWHILE)
translate("uq_filing_room_of_filing", "filing_room.id, filing_room.filing_id", CHANGED_MEANWHILE)
translate(
    "uq_filing_room_photo_room_id_paper_id",
    "filing_room_photo.room_id, filing_room_photo.paper_id",
    CHANGED_MEANWHILE,
)
