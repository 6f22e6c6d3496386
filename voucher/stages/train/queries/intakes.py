"""Who is on the intake of a class (开班名册), and where else those people are taught meanwhile."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from voucher.ledger.vouchers import Voucher
from voucher.plumbing.secrets import Keyring
from voucher.registry.people import read_people
from voucher.rules.intakes import STRIKE_WHY_NAMES, STRUCK_TRUE, StrikeWhy
from voucher.rules.privacy import mask_identity_end, mask_name
from voucher.stages.train.intake_checks import PLACED
from voucher.stages.train.models.intake_denials import IntakeDenial
from voucher.stages.train.models.intakes import ClassIntake
from voucher.stages.train.models.places import Enrolment
from voucher.stages.train.queries.roster import ERASED_NAME

# what was written before there were words to choose from may say more than an institution is to know
SHOWN_WHY = {*STRIKE_WHY_NAMES.values(), STRUCK_TRUE}


@dataclass(frozen=True, slots=True)
class IntakeRow:
    """One person on an intake, masked: since when, whether a seat was taken, whether he says "not me"."""

    id: int
    masked_name: str
    masked_number: str
    listed_at: datetime
    is_seated: bool
    is_denied: bool = False


@dataclass(frozen=True, slots=True)
class Struck:
    """Somebody the office struck off an intake, masked: when, and why."""

    masked_name: str
    removed_at: datetime
    removed_why: str


def count_named(session: Session, class_id: int) -> int:
    """Return how many people are on the intake of a class."""
    counted = select(func.count()).where(ClassIntake.class_id == class_id, ClassIntake.removed_at.is_(None))
    return session.scalar(counted) or 0


def list_intake(
    session: Session, keyring: Keyring, class_id: int, *, after_id: int = 0, limit: int
) -> list[IntakeRow]:
    """Return the people on the intake of a class after an entry, masked, in the order they were put there."""
    rows = session.scalars(
        select(ClassIntake)
        .where(ClassIntake.class_id == class_id, ClassIntake.removed_at.is_(None), ClassIntake.id > after_id)
        .order_by(ClassIntake.id)
        .limit(limit)
    ).all()
    ids = [each.person_id for each in rows]
    people = read_people(session, keyring, ids)
    seated = set(
        session.scalars(
            select(Enrolment.person_id)
            .join(Voucher, Voucher.id == Enrolment.voucher_id)
            .where(
                Enrolment.class_id == class_id,
                Enrolment.person_id.in_(ids),
                Enrolment.ended_at.is_(None),
                Voucher.state.in_(PLACED),
            )
        )
    )
    denied = set(
        session.scalars(
            select(IntakeDenial.entry_id).where(
                IntakeDenial.class_id == class_id,
                IntakeDenial.answered_at.is_(None),
                IntakeDenial.taken_back_at.is_(None),
            )
        )
    )
    return [
        IntakeRow(
            each.id,
            mask_name(person.name) if (person := people.get(each.person_id)) else ERASED_NAME,
            mask_identity_end(person.number) if person and person.number else "",
            each.listed_at,
            each.person_id in seated,
            each.id in denied,
        )
        for each in rows
    ]


def list_struck_off(session: Session, keyring: Keyring, class_id: int, *, limit: int) -> list[Struck]:
    """Return whom the office struck off the intake of a class, the newest first."""
    rows = session.scalars(
        select(ClassIntake)
        .where(ClassIntake.class_id == class_id, ClassIntake.removed_why.is_not(None))
        .order_by(ClassIntake.id.desc())
        .limit(limit)
    ).all()
    people = read_people(session, keyring, [each.person_id for each in rows])
    return [
        Struck(
            mask_name(person.name) if (person := people.get(each.person_id)) else ERASED_NAME,
            each.removed_at,
            each.removed_why if each.removed_why in SHOWN_WHY else STRIKE_WHY_NAMES[StrikeWhy.OTHER],
        )
        for each in rows
        if each.removed_at is not None and each.removed_why is not None
    ]
