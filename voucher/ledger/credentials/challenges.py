"""An institution's question to a phone whose clock is wrong: an answer in time needs no clock of its own."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from voucher.ledger.credentials.verifying import CHALLENGE_GONE
from voucher.plumbing.constraints import CHANGED_MEANWHILE, translate
from voucher.plumbing.db import Model
from voucher.plumbing.types import Int64, UtcTime
from voucher.plumbing.unit_of_work import Work
from voucher.rules.code_format import Challenge, encode_challenge

NUMBERS = 2**32


class AskedChallenge(Model):
    """A question one institution asked: good for a while, and for one use."""

    __tablename__ = "challenge"
    __table_args__ = (
        UniqueConstraint("institution_id", "number"),
        CheckConstraint("number BETWEEN 1 AND 4294967295", name="number"),
        CheckConstraint("expires_at > asked_at", name="moments"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    institution_id: Mapped[int] = mapped_column(Int64, ForeignKey("institution.id"), nullable=False)
    number: Mapped[int] = mapped_column(Int64, nullable=False)
    asked_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    asked_by_person_id: Mapped[int] = mapped_column(Int64, nullable=False)
    expires_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    used_at: Mapped[datetime | None] = mapped_column(UtcTime)

    @property
    def digits(self) -> str:
        """Return the question as a phone reads it."""
        return encode_challenge(Challenge(self.institution_id, self.number, int(self.asked_at.timestamp())))


translate(
    "uq_challenge_institution_id_number", "challenge.institution_id, challenge.number", CHANGED_MEANWHILE
)


def ask_phone(work: Work, institution_id: int, good_for: timedelta) -> AskedChallenge:
    """Write down a fresh question of an institution and return it."""
    asked = AskedChallenge(
        institution_id=institution_id,
        number=1 + secrets.randbelow(NUMBERS - 1),
        asked_at=work.at,
        asked_by_person_id=work.actor.person_id,
        expires_at=work.at + good_for,
    )
    work.session.add(asked)
    work.session.flush()
    return asked


def find_open(session: Session, institution_id: int, number: int, at: datetime) -> AskedChallenge:
    """Return a question of this institution that may still be answered. Raises Refused challenge_gone."""
    found = session.scalars(
        select(AskedChallenge)
        .where(AskedChallenge.institution_id == institution_id, AskedChallenge.number == number)
        .execution_options(populate_existing=True)
    ).first()
    if found is None or found.used_at is not None or at >= found.expires_at:
        raise CHALLENGE_GONE.refused()
    return found


def use_challenge(work: Work, institution_id: int, number: int) -> int:
    """Use a question up, once, and return its id. Raises Refused challenge_gone."""
    used = work.session.scalars(
        update(AskedChallenge)
        .where(
            AskedChallenge.institution_id == institution_id,
            AskedChallenge.number == number,
            AskedChallenge.used_at.is_(None),
            AskedChallenge.expires_at > work.at,
        )
        .values(used_at=work.at)
        .returning(AskedChallenge.id)
        .execution_options(synchronize_session=False)
    ).first()
    if used is None:
        raise CHALLENGE_GONE.refused()
    return used
