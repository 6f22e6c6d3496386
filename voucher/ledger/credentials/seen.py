"""Codes of phones that counters have met: used ones for ever, looked-at ones for as long as a card takes."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from voucher.ledger.credentials.screen import CODE_USED
from voucher.plumbing.constraints import translate
from voucher.plumbing.db import Model
from voucher.plumbing.types import Int64, Text, UtcTime
from voucher.plumbing.unit_of_work import Work
from voucher.rules.code_format import Presentation


class SeenPresentation(Model):
    """An S or F code that was used: never again, whatever its text looks like; append-only by trigger.

    The number is the phone's own: another phone of the same holder counts its codes anew.
    """

    __tablename__ = "presentation_seen"
    __table_args__ = (
        UniqueConstraint("device_id", "counter"),
        CheckConstraint("kind IN ('S','F')", name="kind"),
        CheckConstraint("operation IN ('enrol','redeem','admit')", name="operation"),
        CheckConstraint("counter BETWEEN 0 AND 4294967295", name="counter"),
        Index("ix_presentation_seen_voucher", "voucher_id"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    vid: Mapped[str] = mapped_column(Text, nullable=False)
    counter: Mapped[int] = mapped_column(Int64, nullable=False)
    kind: Mapped[str] = mapped_column(Text, nullable=False)
    voucher_id: Mapped[int] = mapped_column(Int64, ForeignKey("voucher.id"), nullable=False)
    credential_id: Mapped[int] = mapped_column(Int64, ForeignKey("credential.id"), nullable=False)
    device_id: Mapped[int] = mapped_column(Int64, ForeignKey("device.id"), nullable=False)
    institution_id: Mapped[int] = mapped_column(Int64, ForeignKey("institution.id"), nullable=False)
    challenge_id: Mapped[int | None] = mapped_column(Int64, ForeignKey("challenge.id"))
    operation: Mapped[str] = mapped_column(Text, nullable=False)
    shown_at: Mapped[int] = mapped_column(Int64, nullable=False)
    used_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)


class PresentationLook(Model):
    """An institution looked at an S or F code in time, which used nothing up.

    Never changed, and never deleted before it is a day old, by trigger: it counts for minutes.
    """

    __tablename__ = "presentation_look"
    __table_args__ = (
        Index("ix_presentation_look_code", "vid", "counter", "institution_id"),
        Index("ix_presentation_look_looked_at", "looked_at"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    vid: Mapped[str] = mapped_column(Text, nullable=False)
    counter: Mapped[int] = mapped_column(Int64, nullable=False)
    shown_at: Mapped[int] = mapped_column(Int64, nullable=False)
    institution_id: Mapped[int] = mapped_column(Int64, ForeignKey("institution.id"), nullable=False)
    looked_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)


translate(
    "uq_presentation_seen_device_id_counter",
    "presentation_seen.device_id, presentation_seen.counter",
    CODE_USED,
)


def find_seen(session: Session, device_id: int, counter: int) -> SeenPresentation | None:
    """Return the use a phone's code of a number has been put to, whatever its text looked like."""
    return session.scalars(
        select(SeenPresentation).where(
            SeenPresentation.device_id == device_id, SeenPresentation.counter == counter
        )
    ).first()


def was_looked_at(session: Session, shown: Presentation, institution_id: int, since: datetime) -> bool:
    """Return whether an institution looked at this very code, while it was fresh, after a moment."""
    found = session.scalars(
        select(PresentationLook.id).where(
            PresentationLook.vid == shown.vid.hex(),
            PresentationLook.counter == shown.counter,
            PresentationLook.shown_at == shown.shown_at,
            PresentationLook.institution_id == institution_id,
            PresentationLook.looked_at > since,
        )
    ).first()
    return found is not None


def keep_look(work: Work, shown: Presentation, institution_id: int) -> None:
    """Remember that an institution looked at a fresh code; nothing is used up."""
    work.session.add(
        PresentationLook(
            vid=shown.vid.hex(),
            counter=shown.counter,
            shown_at=shown.shown_at,
            institution_id=institution_id,
            looked_at=work.at,
        )
    )
    work.session.flush()


def forget_looks(work: Work, before: datetime, most: int) -> int:
    """Delete the oldest looks no code is judged by any more, at most so many, and return how many."""
    oldest = (
        select(PresentationLook.id)
        .where(PresentationLook.looked_at < before)
        .order_by(PresentationLook.looked_at)
        .limit(most)
    )
    gone = work.session.scalars(
        delete(PresentationLook)
        .where(PresentationLook.id.in_(oldest))
        .returning(PresentationLook.id)
        .execution_options(synchronize_session=False)
    )
    return len(gone.all())
