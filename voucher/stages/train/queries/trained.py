"""What the stages after training ask: the classes behind vouchers, who is trained, who passed a class."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from sqlalchemy import ScalarSelect, Select, Subquery, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from voucher.ledger.vouchers import Voucher
from voucher.rules.assessment import EXAMINED_ELSEWHERE
from voucher.stages.train.models.classes import TrainingClass
from voucher.stages.train.models.places import Completion, Enrolment, Redemption

LOOKUP_CHUNK = 500


def classes_of(session: Session, voucher_ids: Sequence[int]) -> dict[int, TrainingClass]:
    """Return the class each voucher is enrolled in or was trained in; those in none are left out."""
    found: dict[int, TrainingClass] = {}
    ordered = sorted(set(voucher_ids))
    for start in range(0, len(ordered), LOOKUP_CHUNK):
        rows = session.execute(
            select(Enrolment.voucher_id, TrainingClass)
            .join(TrainingClass, TrainingClass.id == Enrolment.class_id)
            .where(
                Enrolment.voucher_id.in_(ordered[start : start + LOOKUP_CHUNK]), Enrolment.ended_at.is_(None)
            )
        )
        found.update(dict(rows.all()))
    return found


def select_class_day(
    voucher_id: InstrumentedAttribute[int], day: Literal["starts_on", "ends_on"]
) -> ScalarSelect[date]:
    """Return the first or last day of the class each voucher of a statement is enrolled in."""
    place = (
        select(getattr(TrainingClass, day))
        .join(Enrolment, Enrolment.class_id == TrainingClass.id)
        .where(Enrolment.voucher_id == voucher_id, Enrolment.ended_at.is_(None))
    )
    return place.correlate(voucher_id.class_).scalar_subquery()


@dataclass(frozen=True, slots=True)
class PlaceHeld:
    """A place a voucher held in a class, from when until when, and the institutions it concerned."""

    class_id: int
    houses: frozenset[int]
    since: datetime
    until: datetime | None


def list_all_places(session: Session, voucher_ids: Collection[int]) -> dict[int, list[PlaceHeld]]:
    """Return every place each voucher ever held, the first one first."""
    found: dict[int, list[PlaceHeld]] = {}
    ordered = sorted(voucher_ids)
    for start in range(0, len(ordered), LOOKUP_CHUNK):
        rows = session.execute(
            select(Enrolment, TrainingClass.institution_id, TrainingClass.delivering_institution_id)
            .join(TrainingClass, TrainingClass.id == Enrolment.class_id)
            .where(Enrolment.voucher_id.in_(ordered[start : start + LOOKUP_CHUNK]))
            .order_by(Enrolment.id)
        )
        for held, *houses in rows:
            place = PlaceHeld(held.class_id, frozenset(houses), held.enrolled_at, held.ended_at)
            found.setdefault(held.voucher_id, []).append(place)
    return found


def find_place_at(places: Sequence[PlaceHeld], at: datetime) -> list[PlaceHeld]:
    """Return the places an event of a moment concerns: the one it ended, and then the newest of then."""
    begun = [each for each in places if each.since <= at]
    ended = [each for each in begun if each.until == at]
    # whoever left a class before concerns it no more
    standing = [each for each in begun[-1:] if each.until is None or each.until > at]
    return [*(each for each in ended if each not in standing), *standing]


def houses_of(session: Session, class_ids: Collection[int]) -> dict[int, frozenset[int]]:
    """Return the institutions that answer for each class and teach it."""
    rows = session.execute(
        select(TrainingClass.id, TrainingClass.institution_id, TrainingClass.delivering_institution_id).where(
            TrainingClass.id.in_(sorted(class_ids))
        )
    )
    return {class_id: frozenset(houses) for class_id, *houses in rows}


def select_vouchers_trained_by(institution_ids: Collection[int]) -> Select[int]:
    """Return the query for the ids of the vouchers in classes these institutions answer for."""
    return (
        select(Enrolment.voucher_id)
        .join(TrainingClass, TrainingClass.id == Enrolment.class_id)
        .where(TrainingClass.institution_id.in_(sorted(institution_ids)), Enrolment.ended_at.is_(None))
    )


def select_places() -> Subquery:
    """Return, per voucher that ever was in a class, the last class and the institution answering for it."""
    last = select(func.max(Enrolment.id)).group_by(Enrolment.voucher_id)
    return (
        select(Enrolment.voucher_id, Enrolment.class_id, TrainingClass.institution_id)
        .join(TrainingClass, TrainingClass.id == Enrolment.class_id)
        .where(Enrolment.id.in_(last))
        .subquery()
    )


def select_redeemed() -> Select[int]:
    """Return the query for the ids of the vouchers whose redemption stands: each one training time."""
    return select(Redemption.voucher_id).where(Redemption.reversed_at.is_(None))


def list_trained(
    session: Session, region_codes: Sequence[str] | None = None
) -> list[tuple[Voucher, TrainingClass]]:
    """Return every voucher whose training is complete and not assessed yet, with its class, oldest first.

    With `region_codes` only vouchers issued in those regions.
    """
    query = (
        select(Voucher, TrainingClass)
        .join(Enrolment, Enrolment.voucher_id == Voucher.id)
        .join(TrainingClass, TrainingClass.id == Enrolment.class_id)
        .where(Voucher.state == "trained", Enrolment.ended_at.is_(None))
        .order_by(Voucher.id)
    )
    if region_codes is not None:
        query = query.where(Voucher.region_code.in_(region_codes))
    return [(voucher, each) for voucher, each in session.execute(query)]


def select_examined_elsewhere() -> Select[int]:
    """Return the query for the ids of the vouchers in a class for what another authority examines for."""
    taught = select(TrainingClass.id).where(TrainingClass.certificate_kind.in_(sorted(EXAMINED_ELSEWHERE)))
    return select(Enrolment.voucher_id).where(Enrolment.ended_at.is_(None), Enrolment.class_id.in_(taught))


def list_passed(session: Session, class_id: int) -> list[Completion]:
    """Return the sign-offs of those who passed a class, in the order of their vouchers."""
    return list(
        session.scalars(
            select(Completion)
            .where(Completion.class_id == class_id, Completion.passed.in_((True,)))
            .order_by(Completion.voucher_id)
        )
    )
