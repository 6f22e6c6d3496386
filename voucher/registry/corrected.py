"""Corrections as they are read: by the office that decides them, and by the person they are about."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from voucher.plumbing.secrets import Keyring
from voucher.registry import people, renaming, renumbering, subjects
from voucher.registry.correcting import within
from voucher.registry.corrections import (
    FORMER_CONTEXT,
    FORMER_NUMBER_CONTEXT,
    NEW_CONTEXT,
    NEW_NUMBER_CONTEXT,
    FormerName,
    NumberCorrection,
)
from voucher.registry.people import Person
from voucher.registry.renaming import RENAMING_MISSING
from voucher.registry.renumbering import CORRECTION_MISSING
from voucher.rules.privacy import mask_identity, mask_name

WAITING, APPROVED, DECLINED = "waiting", "approved", "declined"
NAME, NUMBER = "name", "number"


@dataclass(frozen=True, slots=True)
class Correction:
    """One correction, proposed or decided; `former` and `new` are masked unless a reader needs them whole.

    `former_use` is of a number only: what the one given up was to the person.
    """

    id: int
    what: str
    state: str
    former: str
    new: str
    masked_number: str
    former_use: str | None
    evidence: str
    proposed_at: datetime
    proposed_by_person_id: int
    decided_at: datetime | None
    why: str | None


def list_names(
    session: Session,
    keyring: Keyring,
    regions: Collection[str],
    *,
    waiting: bool | None = None,
    before_id: int | None = None,
    limit: int,
) -> list[Correction]:
    """Return the changes of name in these regions, the newest first, masked; `waiting` chooses."""
    found = _within(FormerName, regions, before_id, limit)
    if waiting is not None:
        undecided = FormerName.approved_at.is_(None) & FormerName.declined_at.is_(None)
        found = found.where(undecided if waiting else ~undecided)
    rows = list(session.scalars(found))
    read = _open(session, keyring, rows)
    return [_name(row, read, whole=False) for row in rows if read(row.person_id)]


def list_numbers(
    session: Session,
    keyring: Keyring,
    regions: Collection[str],
    *,
    waiting: bool | None = None,
    before_id: int | None = None,
    limit: int,
) -> list[Correction]:
    """Return the corrected numbers in these regions, the newest first, masked; `waiting` chooses."""
    found = _within(NumberCorrection, regions, before_id, limit)
    if waiting is not None:
        undecided = NumberCorrection.decided_at.is_(None)
        found = found.where(undecided if waiting else ~undecided)
    rows = list(session.scalars(found))
    read = _open(session, keyring, rows)
    return [_number(row, read) for row in rows if read(row.person_id)]


def count_waiting(
    session: Session, regions: Collection[str], *, person_id: int
) -> tuple[int, datetime | None]:
    """Return how many corrections of either kind wait for this person, and since when."""
    names, name_since = renaming.count_proposed(session, regions, person_id=person_id)
    numbers, number_since = renumbering.count_proposed(session, regions, person_id=person_id)
    since = [each for each in (name_since, number_since) if each is not None]
    return names + numbers, min(since, default=None)


def get_name(
    session: Session, keyring: Keyring, regions: Collection[str], former_name_id: int, *, whole: bool
) -> Correction:
    """Return a change of name in these regions; `whole` unmasks it while it waits.

    Raises Refused renaming_missing (also for a foreign person), subject_erased.
    """
    row = session.scalars(
        _within(FormerName, regions, None, 1).where(FormerName.id == former_name_id)
    ).first()
    if row is None:
        raise RENAMING_MISSING.refused()
    return _name(row, _open(session, keyring, [row]), whole=whole)


def get_number(
    session: Session, keyring: Keyring, regions: Collection[str], correction_id: int
) -> Correction:
    """Return a corrected number in these regions, masked.

    Raises Refused correction_missing (also for a foreign person), subject_erased.
    """
    found = _within(NumberCorrection, regions, None, 1).where(NumberCorrection.id == correction_id)
    row = session.scalars(found).first()
    if row is None:
        raise CORRECTION_MISSING.refused()
    return _number(row, _open(session, keyring, [row]))


def list_done(session: Session, keyring: Keyring, person_id: int) -> list[Correction]:
    """Return what has been corrected of one person, the newest first, masked."""
    names = select(FormerName).where(FormerName.person_id == person_id, FormerName.approved_at.is_not(None))
    numbers = select(NumberCorrection).where(
        NumberCorrection.person_id == person_id, NumberCorrection.approved.in_((True,))
    )
    former_names, former_numbers = list(session.scalars(names)), list(session.scalars(numbers))
    read = _open(session, keyring, [*former_names, *former_numbers])
    done = [_name(row, read, whole=False) for row in former_names]
    done += [_number(row, read) for row in former_numbers]
    return sorted(done, key=lambda each: each.decided_at or each.proposed_at, reverse=True)


def show_name(session: Session, keyring: Keyring, row: FormerName) -> Correction:
    """Return a change of name as its answer, masked."""
    return _name(row, _open(session, keyring, [row]), whole=False)


def show_number(session: Session, keyring: Keyring, row: NumberCorrection) -> Correction:
    """Return a corrected number as its answer, masked."""
    return _number(row, _open(session, keyring, [row]))


@dataclass(frozen=True, slots=True)
class _Opened:
    """A person who can be read: the present number, masked, and what opens the sealed columns."""

    masked_number: str
    unseal: Callable[[str, bytes], str]


_Reader = Callable[[int], _Opened | None]


def _within(
    kind: type[FormerName] | type[NumberCorrection],
    regions: Collection[str],
    before_id: int | None,
    limit: int,
) -> Select[Any]:
    found = select(kind).join(Person, Person.id == kind.person_id).where(within(regions))
    if before_id is not None:
        found = found.where(kind.id < before_id)
    return found.order_by(kind.id.desc()).limit(limit)


def _open(session: Session, keyring: Keyring, rows: Sequence[FormerName | NumberCorrection]) -> _Reader:
    """Return how the people of these rows are read; whoever was erased is nobody any more."""
    ordered = sorted({row.person_id for row in rows})
    indexes = people.find_subject_indexes(session, ordered)
    keys = subjects.find_keys(session, keyring, list(indexes.values()))
    named = people.read_people(session, keyring, ordered)

    def read(person_id: int) -> _Opened | None:
        key, person = keys.get(indexes[person_id]), named.get(person_id)
        if key is None or person is None:
            return None
        return _Opened(
            mask_identity(person.number or ""), lambda context, sealed: keyring.unseal(key, context, sealed)
        )

    return read


def _get(read: _Reader, person_id: int) -> _Opened:
    found = read(person_id)
    if found is None:
        raise subjects.SUBJECT_ERASED.refused()
    return found


def _name(row: FormerName, read: _Reader, *, whole: bool) -> Correction:
    opened = _get(read, row.person_id)
    former = opened.unseal(FORMER_CONTEXT, row.former_sealed)
    new = opened.unseal(NEW_CONTEXT, row.new_sealed)
    decided_at = row.approved_at or row.declined_at
    shown = whole and decided_at is None
    return Correction(
        id=row.id,
        what=NAME,
        state=APPROVED if row.approved_at else DECLINED if row.declined_at else WAITING,
        former=former if shown else mask_name(former),
        new=new if shown else mask_name(new),
        masked_number=opened.masked_number,
        former_use=None,
        evidence=row.evidence,
        proposed_at=row.proposed_at,
        proposed_by_person_id=row.proposed_by_person_id,
        decided_at=decided_at,
        why=row.declined_why,
    )


def _number(row: NumberCorrection, read: _Reader) -> Correction:
    opened = _get(read, row.person_id)
    return Correction(
        id=row.id,
        what=NUMBER,
        state=WAITING if row.decided_at is None else APPROVED if row.approved else DECLINED,
        former=mask_identity(opened.unseal(FORMER_NUMBER_CONTEXT, row.former_sealed)),
        new=mask_identity(opened.unseal(NEW_NUMBER_CONTEXT, row.new_sealed)),
        masked_number=opened.masked_number,
        former_use=row.kind,
        evidence=row.evidence,
        proposed_at=row.proposed_at,
        proposed_by_person_id=row.proposed_by_person_id,
        decided_at=row.decided_at,
        why=row.why,
    )
