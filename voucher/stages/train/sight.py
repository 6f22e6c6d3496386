"""Whose vouchers somebody may look at: an office its regions', an institution its classes', one's own."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, false, or_, select
from sqlalchemy.orm import Session

from voucher.ledger.vouchers import VOUCHER_MISSING, Voucher
from voucher.rules.actor import Actor, Role
from voucher.stages.issue.queries import VoucherSearch, find_voucher
from voucher.stages.train.models.classes import TrainingClass
from voucher.stages.train.models.places import Enrolment
from voucher.stages.train.reading import STAFF, UNPUBLISHED

# whoever went to another class, or to none, is no longer any business of the one they left
GONE = ("leave", "transfer")


@dataclass(frozen=True, slots=True)
class ClassSearch:
    """What is looked for; None asks for nothing."""

    state: str | None = None
    institution_id: int | None = None


def see_voucher(session: Session, actor: Actor, voucher_id: int) -> Voucher:
    """Return a voucher the actor may look at. Raises Refused voucher_missing, the same for a foreign one."""
    found = session.scalars(
        select(Voucher).where(Voucher.id == voucher_id, _seen_by(actor, actor.regions))
    ).first()
    if found is None:
        raise VOUCHER_MISSING.refused()
    return found


def list_seen_vouchers(
    session: Session,
    actor: Actor,
    wanted: VoucherSearch,
    *,
    regions: Collection[str] | None = None,
    before_id: int | None = None,
    limit: int,
) -> Sequence[Voucher]:
    """Return the vouchers the actor may look at, the newest first; `regions` narrows an office's."""
    seen = _seen_by(actor, actor.regions if regions is None else regions)
    found = select(Voucher).where(seen).order_by(Voucher.id.desc()).limit(limit)
    if regions is not None:
        found = found.where(Voucher.region_code.in_(sorted(regions)))
    if wanted.state is not None:
        found = found.where(Voucher.state == wanted.state)
    if wanted.programme_id is not None:
        found = found.where(Voucher.programme_id == wanted.programme_id)
    if wanted.number is not None:
        named = find_voucher(session, wanted.number)
        found = found.where(Voucher.id == named.id if named is not None else false())
    if before_id is not None:
        found = found.where(Voucher.id < before_id)
    return session.scalars(found).all()


def list_seen_classes(
    session: Session,
    actor: Actor,
    wanted: ClassSearch,
    *,
    regions: Collection[str] | None = None,
    before_id: int | None = None,
    limit: int,
) -> Sequence[TrainingClass]:
    """Return the classes the actor has to do with, the newest first; a worker sees every published one.

    `regions` narrows an office's.
    """
    ways: list[ColumnElement[bool]] = []
    reach = actor.regions if regions is None else regions
    if reach:
        ways.append(TrainingClass.region_code.in_(sorted(reach)))
    houses = _houses_of(actor)
    if houses:
        ways.append(_taught_by(houses))
    if actor.has(Role.WORKER):
        ways.append(TrainingClass.state.not_in(UNPUBLISHED))
    found = select(TrainingClass).where(or_(false(), *ways)).order_by(TrainingClass.id.desc()).limit(limit)
    if regions is not None:
        found = found.where(TrainingClass.region_code.in_(sorted(regions)))
    if wanted.state is not None:
        found = found.where(TrainingClass.state == wanted.state)
    if wanted.institution_id is not None:
        found = found.where(TrainingClass.institution_id == wanted.institution_id)
    if before_id is not None:
        found = found.where(TrainingClass.id < before_id)
    return session.scalars(found).all()


def _houses_of(actor: Actor) -> list[int]:
    served = {each.institution_id for each in actor.grants if each.role in STAFF}
    return sorted(each for each in served if each is not None)


def _taught_by(houses: Collection[int]) -> ColumnElement[bool]:
    return or_(TrainingClass.institution_id.in_(houses), TrainingClass.delivering_institution_id.in_(houses))


def _seen_by(actor: Actor, regions: Collection[str]) -> ColumnElement[bool]:
    ways: list[ColumnElement[bool]] = []
    if regions:
        ways.append(Voucher.region_code.in_(sorted(regions)))
    houses = _houses_of(actor)
    if houses:
        still_theirs = or_(Enrolment.ended_by.is_(None), Enrolment.ended_by.not_in(GONE))
        ways.append(
            Voucher.id.in_(
                select(Enrolment.voucher_id)
                .join(TrainingClass, TrainingClass.id == Enrolment.class_id)
                .where(_taught_by(houses), still_theirs)
            )
        )
    if actor.has(Role.WORKER):
        ways.append(Voucher.holder_person_id == actor.person_id)
    return or_(false(), *ways)
