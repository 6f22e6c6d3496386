"""Who may correct whom: officers where the person's home or a voucher of theirs is, never the person."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import ColumnElement, exists, or_, select
from sqlalchemy.orm import Session

from voucher.ledger.vouchers import Voucher
from voucher.plumbing.unit_of_work import Work
from voucher.registry.catalogue import Region
from voucher.registry.corrections import SOURCE
from voucher.registry.people import PERSON_MISSING, Person, find_ids, index_of
from voucher.registry.users import PROVINCE
from voucher.rules.actor import Actor, Role, check_role
from voucher.rules.errors import Family, Reason, reason
from voucher.rules.identity import normalise_identity
from voucher.rules.privacy import mask_free_text

PROPOSERS = (Role.OPERATOR, Role.OFFICER_COUNTY, Role.OFFICER_CITY)
DECIDERS = (Role.OFFICER_COUNTY, Role.OFFICER_CITY, Role.OFFICER_PROVINCE)

OWN_IDENTITY = reason(
    "own_identity",
    "不能办理本人的身份更正",
    "请由另外两名工作人员提出和审核",
    SOURCE,
    Family.FORBIDDEN,
)


def regions_of(actor: Actor, *roles: Role) -> frozenset[str]:
    """Return the regions an actor's grants of these roles reach."""
    return frozenset().union(*(actor.reach.get(role, frozenset()) for role in roles))


def within(regions: Collection[str]) -> ColumnElement[bool]:
    """Return the condition that a person is somebody these regions' office may correct.

    Home or a voucher lies there; whose home nobody knows, or lies in another province, is everybody's.
    """
    reached = sorted(regions)
    ours = select(Region.code).where(Region.code.like(f"{PROVINCE[:2]}%"))
    return or_(
        Person.region_code.is_(None),
        Person.region_code.in_(reached),
        Person.region_code.not_in(ours),
        exists().where(Voucher.holder_person_id == Person.id, Voucher.region_code.in_(reached)),
    )


def get_correctable(work: Work, number: str) -> Person:
    """Return the person a number reaches, locked, whom the actor may propose a correction for.

    Raises Refused role_missing, person_missing (also for a foreign person), own_identity and what reading an
    identity number refuses.
    """
    check_role(work.actor, *PROPOSERS)
    index = index_of(work.keyring, normalise_identity(number))
    person_id = find_ids(work.session, [index]).get(index)
    person = _lock(work, person_id, PROPOSERS) if person_id is not None else None
    if person is None:
        raise PERSON_MISSING.refused()
    check_not_own(work, person.id)
    return person


def lock_to_decide(work: Work, person_id: int, missing: Reason) -> Person:
    """Return the person of a proposal, locked, whom the actor may decide about.

    Raises Refused own_identity, and `missing` for somebody foreign.
    """
    person = _lock(work, person_id, DECIDERS)
    if person is None:
        raise missing.refused()
    check_not_own(work, person.id)
    return person


def check_not_own(work: Work, person_id: int) -> None:
    """Refuse whoever would correct themselves. Raises own_identity."""
    if person_id == work.actor.person_id:
        raise OWN_IDENTITY.refused()


def read_evidence(text: str, missing: Reason) -> str:
    """Return what a correction rests on, identity numbers masked. Raises `missing` where it is blank."""
    if not text.strip():
        raise missing.refused()
    return mask_free_text(text.strip())


def find_people_within(session: Session, person_ids: Collection[int], regions: Collection[str]) -> set[int]:
    """Return those of these people whom these regions' office may correct."""
    found = select(Person.id).where(Person.id.in_(sorted(person_ids)), within(regions))
    return set(session.scalars(found))


def _lock(work: Work, person_id: int, roles: tuple[Role, ...]) -> Person | None:
    return work.session.scalars(
        select(Person)
        .where(Person.id == person_id, within(regions_of(work.actor, *roles)))
        .with_for_update(of=Person)
        .execution_options(populate_existing=True)
    ).first()
