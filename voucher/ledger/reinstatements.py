"""Putting back what was taken away after an appeal: one person asks, another one agrees."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, Select, select, text
from sqlalchemy.orm import Mapped, mapped_column

from voucher.ledger import audit
from voucher.plumbing.constraints import translate
from voucher.plumbing.db import Model
from voucher.plumbing.types import Int64, Text, UtcTime
from voucher.plumbing.unit_of_work import Work
from voucher.rules.approval import check_two_people
from voucher.rules.errors import Family, reason
from voucher.rules.lifecycle import Thing
from voucher.rules.words import check_why

SOURCE = "LIFECYCLE Hands（恢复须两人办理）; 【设】申诉成立后恢复"
OPEN = text("decided_at IS NULL")

REINSTATEMENT_NOT_ASKED = reason(
    "reinstatement_not_asked",
    "还没有人对此提出恢复",
    "请先由一人写明申诉结论并提出恢复，再由另一人确认",
    SOURCE,
    Family.CONFLICT,
)
REINSTATEMENT_ASKED = reason(
    "reinstatement_asked_already",
    "对此已有人提出恢复，正在等另一人确认",
    "请由提出人以外的人确认，不必重复提出",
    SOURCE,
    Family.CONFLICT,
)


class Reinstatement(Model):
    """An appeal that was upheld for one object: who asked to put it back and why, and who agreed or declined.

    `declined_why` is empty where the other person agreed.
    """

    __tablename__ = "reinstatement"
    __table_args__ = (
        CheckConstraint("decided_by_person_id <> asked_by_person_id", name="two_people"),
        CheckConstraint("(decided_at IS NULL) = (decided_by_person_id IS NULL)", name="decided_by"),
        Index("uq_reinstatement_open", "thing", "object_id", unique=True, sqlite_where=OPEN,
              postgresql_where=OPEN),
        {"sqlite_strict": True},
    )  # fmt: skip

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    thing: Mapped[str] = mapped_column(Text, nullable=False)
    object_id: Mapped[int] = mapped_column(Int64, nullable=False)
    why: Mapped[str] = mapped_column(Text, nullable=False)
    asked_by_person_id: Mapped[int] = mapped_column(Int64, nullable=False)
    asked_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    decided_by_person_id: Mapped[int | None] = mapped_column(Int64)
    decided_at: Mapped[datetime | None] = mapped_column(UtcTime)
    declined_why: Mapped[str | None] = mapped_column(Text)


translate("uq_reinstatement_open", "reinstatement.thing, reinstatement.object_id", REINSTATEMENT_ASKED)


def find_asked(work: Work, thing: Thing, object_id: int) -> Reinstatement | None:
    """Return what has been asked for an object and not decided yet, locked."""
    return work.session.scalars(
        select(Reinstatement)
        .where(
            Reinstatement.thing == str(thing),
            Reinstatement.object_id == object_id,
            Reinstatement.decided_at.is_(None),
        )
        .with_for_update()
    ).first()


def ask(work: Work, thing: Thing, object_id: int, why: str) -> Reinstatement:
    """Ask to put an object back. Raises Refused reinstatement_asked_already."""
    if find_asked(work, thing, object_id) is not None:
        raise REINSTATEMENT_ASKED.refused()
    asked = Reinstatement(
        thing=str(thing),
        object_id=object_id,
        why=why,
        asked_by_person_id=work.actor.person_id,
        asked_at=work.at,
    )
    work.session.add(asked)
    work.session.flush()
    audit.record_one(work, str(thing), object_id, "ask_reinstatement", why=why)
    return asked


def agree(work: Work, thing: Thing, object_id: int) -> Reinstatement:
    """Agree to what another person has asked, and return it; the caller moves the object.

    Raises Refused reinstatement_not_asked, second_person_needed.
    """
    asked = _decide(work, thing, object_id)
    work.session.flush()
    return asked


def decline(work: Work, thing: Thing, object_id: int, why: str) -> Reinstatement:
    """Decline, with a reason, what another person has asked; nothing moves, and it may be asked anew.

    Raises Refused why_missing, reinstatement_not_asked, second_person_needed.
    """
    words = check_why(why)
    asked = _decide(work, thing, object_id)
    asked.declined_why = words
    work.session.flush()
    audit.record_one(work, str(thing), object_id, "decline_reinstatement", why=words)
    return asked


def select_agreed(thing: Thing) -> Select[int]:
    """Return the query for the ids of all objects of a kind that two people have put back at any time."""
    return select(Reinstatement.object_id).where(
        Reinstatement.thing == str(thing),
        Reinstatement.decided_at.is_not(None),
        Reinstatement.declined_why.is_(None),
    )


def _decide(work: Work, thing: Thing, object_id: int) -> Reinstatement:
    asked = find_asked(work, thing, object_id)
    if asked is None:
        raise REINSTATEMENT_NOT_ASKED.refused()
    check_two_people(asked.asked_by_person_id, work.actor.person_id)
    asked.decided_by_person_id, asked.decided_at = work.actor.person_id, work.at
    return asked
