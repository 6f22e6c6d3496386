"""Intakes as the people on them see them, and what they say of them as the office reads it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from voucher.plumbing.secrets import Keyring
from voucher.registry.institutions import Institution
from voucher.registry.people import read_people
from voucher.registry.phones import read_keys
from voucher.rules.privacy import mask_name
from voucher.stages.train.disowning import NAMED_IN
from voucher.stages.train.intake_checks import list_seats
from voucher.stages.train.models.classes import TrainingClass
from voucher.stages.train.models.intake_denials import INTAKE_DENIAL_ANSWER, IntakeDenial
from voucher.stages.train.models.intakes import ClassIntake
from voucher.stages.train.queries.roster import ERASED_NAME


@dataclass(frozen=True, slots=True)
class OwnEntry:
    """A class whose intake names one: its institution, one's seat in it, and what one said of it last."""

    entry: ClassIntake
    found: TrainingClass
    institution_name: str
    is_seated: bool
    denial: IntakeDenial | None
    answer: str | None

    @property
    def may_deny(self) -> bool:
        """Return whether one tap stops the line."""
        standing = self.entry.removed_at is None and self.found.state in NAMED_IN and not self.is_seated
        return standing and not (self.denial is not None and self.denial.is_open)


@dataclass(frozen=True, slots=True)
class DenialRow:
    """A case as the office reads it, the person masked."""

    denial: IntakeDenial
    found: TrainingClass
    institution_name: str
    masked_name: str
    answer: str | None


def list_own_entries(
    session: Session, keyring: Keyring, person_id: int, *, before_id: int | None = None, limit: int = 20
) -> list[OwnEntry]:
    """Return the intakes that name a person, the newest first; one struck off only where he had said so."""
    denied = select(IntakeDenial.entry_id).where(IntakeDenial.person_id == person_id)
    query = (
        select(ClassIntake, TrainingClass, Institution.name)
        .join(TrainingClass, TrainingClass.id == ClassIntake.class_id)
        .join(Institution, Institution.id == TrainingClass.institution_id)
        .where(
            ClassIntake.person_id == person_id,
            or_(
                ClassIntake.removed_at.is_(None) & TrainingClass.state.in_(NAMED_IN),
                ClassIntake.id.in_(denied),
            ),
        )
    )
    if before_id is not None:
        query = query.where(ClassIntake.id < before_id)
    rows = session.execute(query.order_by(ClassIntake.id.desc()).limit(limit)).all()
    last = {
        each.entry_id: each
        for each in session.scalars(
            select(IntakeDenial)
            .where(IntakeDenial.entry_id.in_([entry.id for entry, _, _ in rows]))
            .order_by(IntakeDenial.id)
        )
    }
    seats = list_seats(session, person_id)
    answers = _read_answers(session, keyring, last.values())
    return [
        OwnEntry(
            entry,
            found,
            name,
            found.id in seats,
            case := last.get(entry.id),
            answers.get(case.id) if case else None,
        )
        for entry, found, name in rows
    ]


def list_own_denials(session: Session, person_id: int) -> list[IntakeDenial]:
    """Return what a person ever said of intakes, the oldest first."""
    mine = select(IntakeDenial).where(IntakeDenial.person_id == person_id)
    return list(session.scalars(mine.order_by(IntakeDenial.id)))


def count_denials(session: Session, regions: Collection[str]) -> tuple[int, datetime | None]:
    """Return how many people of these regions wait for an answer, and since when."""
    row = session.execute(
        select(func.count(), func.min(IntakeDenial.opened_at))
        .join(TrainingClass, TrainingClass.id == IntakeDenial.class_id)
        .where(
            TrainingClass.region_code.in_(sorted(regions)),
            IntakeDenial.answered_at.is_(None),
            IntakeDenial.taken_back_at.is_(None),
        )
    ).one()
    return row[0], row[1]


def page_denials(
    session: Session,
    keyring: Keyring,
    regions: Collection[str],
    *,
    standing: bool | None = None,
    before_id: int | None = None,
    limit: int = 20,
) -> list[DenialRow]:
    """Return what people of these regions say of intakes, the newest first; the open ones where asked."""
    query = (
        select(IntakeDenial, TrainingClass, Institution.name)
        .join(TrainingClass, TrainingClass.id == IntakeDenial.class_id)
        .join(Institution, Institution.id == TrainingClass.institution_id)
        .where(TrainingClass.region_code.in_(sorted(regions)))
    )
    is_open = IntakeDenial.answered_at.is_(None) & IntakeDenial.taken_back_at.is_(None)
    if standing is not None:
        query = query.where(is_open if standing else ~is_open)
    if before_id is not None:
        query = query.where(IntakeDenial.id < before_id)
    rows = session.execute(query.order_by(IntakeDenial.id.desc()).limit(limit)).all()
    people = read_people(session, keyring, [case.person_id for case, _, _ in rows])
    answers = _read_answers(session, keyring, [case for case, _, _ in rows])
    return [
        DenialRow(
            case,
            found,
            name,
            mask_name(person.name) if (person := people.get(case.person_id)) else ERASED_NAME,
            answers.get(case.id),
        )
        for case, found, name in rows
    ]


def _read_answers(session: Session, keyring: Keyring, cases: Collection[IntakeDenial]) -> dict[int, str]:
    """Return by case what was answered, unsealed; nothing where nobody may read it any more."""
    keys = read_keys(session, keyring, sorted({each.person_id for each in cases}))
    return {
        each.id: keyring.unseal(key, INTAKE_DENIAL_ANSWER, each.answer_sealed)
        for each in cases
        if each.answer_sealed is not None and (key := keys.get(each.person_id)) is not None
    }
