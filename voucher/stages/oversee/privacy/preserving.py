"""依法保全: a document keeps somebody's data from being erased, until another person lifts it by another."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from voucher.ledger import audit
from voucher.plumbing.unit_of_work import Work
from voucher.registry import correcting
from voucher.registry.people import PERSON_MISSING, Person, find_ids, index_of
from voucher.registry.second_hands import check_second_hand
from voucher.rules.actor import check_role
from voucher.rules.errors import Family, reason
from voucher.rules.identity import normalise_identity
from voucher.rules.privacy import mask_free_text
from voucher.rules.retention import SOURCE
from voucher.rules.words import check_why
from voucher.stages.oversee.privacy.models import Preservation

THING = "preservation"

PRESERVATION_MISSING = reason(
    "preservation_missing",
    "没有找到这份保全，或已经解除",
    "请从“依法保全”页重新选择",
    SOURCE,
    Family.MISSING,
)


@dataclass(frozen=True, slots=True)
class Preserved:
    """One preservation that stands, with where the person lives."""

    row: Preservation
    region_code: str | None


def preserve(work: Work, person_id: int, paper: str) -> Preservation:
    """Keep a person's data by a document (which court or office, its number).

    Raises Refused role_missing, person_missing (also for a foreign person), own_identity, why_missing,
    retention_preserved_already.
    """
    check_role(work.actor, *correcting.DECIDERS)
    said = mask_free_text(check_why(paper))
    correcting.lock_to_decide(work, person_id, PERSON_MISSING)
    made = Preservation(
        person_id=person_id, paper=said, placed_by_person_id=work.actor.person_id, placed_at=work.at
    )
    work.session.add(made)
    work.session.flush()
    audit.record_one(work, THING, made.id, "place", person=person_id)
    return made


def preserve_by_number(work: Work, number: str, paper: str) -> Preservation:
    """Keep the data of the person a number reaches, on a list or not.

    Raises Refused as `preserve`, and what reading an identity number refuses.
    """
    check_role(work.actor, *correcting.DECIDERS)
    index = index_of(work.keyring, normalise_identity(number))
    person_id = find_ids(work.session, [index]).get(index)
    if person_id is None:
        raise PERSON_MISSING.refused()
    return preserve(work, person_id, paper)


def lift(work: Work, preservation_id: int, paper: str) -> Preservation:
    """Lift a preservation by a document, as another person than who placed it.

    Raises Refused role_missing, preservation_missing (also for a foreign person), own_identity, why_missing,
    second_person_needed, second_person_reset_lately.
    """
    check_role(work.actor, *correcting.DECIDERS)
    said = mask_free_text(check_why(paper))
    found = work.session.scalars(
        select(Preservation)
        .where(Preservation.id == preservation_id, Preservation.lifted_at.is_(None))
        .with_for_update()
    ).first()
    if found is None:
        raise PRESERVATION_MISSING.refused()
    correcting.lock_to_decide(work, found.person_id, PRESERVATION_MISSING)
    check_second_hand(work, found.placed_by_person_id)
    found.lifted_paper, found.lifted_at = said, work.at
    found.lifted_by_person_id = work.actor.person_id
    work.session.flush()
    audit.record_one(work, THING, found.id, "lift")
    return found


def list_preserved(
    session: Session, regions: Collection[str], *, before_id: int | None = None, limit: int
) -> list[Preserved]:
    """Return what is preserved of people these regions' office may decide about, the newest first."""
    query = (
        select(Preservation, Person.region_code)
        .join(Person, Person.id == Preservation.person_id)
        .where(Preservation.lifted_at.is_(None), correcting.within(regions))
        .order_by(Preservation.id.desc())
        .limit(limit)
    )
    if before_id:
        query = query.where(Preservation.id < before_id)
    return [Preserved(row, region) for row, region in session.execute(query)]
