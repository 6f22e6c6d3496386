"""What an institution has going on in training: vouchers in its classes, classes, what it applied for."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import Session

from voucher.ledger.vouchers import Voucher
from voucher.stages.train.models.classes import TrainingClass
from voucher.stages.train.models.places import Enrolment

IN_A_CLASS = ("enrolled", "training")
FINISHED = ("trained", "assessed", "certified")


@dataclass(frozen=True, slots=True)
class Vouchers:
    """So many vouchers of so many people, with the money kept for them in fen."""

    count: int
    people: int
    reserved_fen: int


def select_in_classes_of(institution_id: int, states: tuple[str, ...] = IN_A_CLASS) -> Select[int]:
    """Return the query for the vouchers with a place in a class an institution holds or teaches."""
    return (
        select(Enrolment.voucher_id)
        .join(TrainingClass, TrainingClass.id == Enrolment.class_id)
        .join(Voucher, Voucher.id == Enrolment.voucher_id)
        .where(_of(institution_id), Enrolment.ended_at.is_(None), Voucher.state.in_(states))
    )


def count_in_classes(session: Session, institution_id: int) -> int:
    """Return how many vouchers are in classes of an institution: those its exit would stop."""
    return count_vouchers(session, institution_id, IN_A_CLASS).count


def count_vouchers(session: Session, institution_id: int, states: tuple[str, ...]) -> Vouchers:
    """Return how many vouchers in these states are in classes of an institution, of how many people."""
    row = session.execute(
        select(
            func.count(),
            func.count(func.distinct(Voucher.holder_person_id)),
            func.coalesce(func.sum(Voucher.reserved_fen), 0),
        ).where(Voucher.id.in_(select_in_classes_of(institution_id, states)))
    ).one()
    return Vouchers(*(int(each) for each in row))


def count_classes(session: Session, institution_id: int, states: tuple[str, ...]) -> int:
    """Return how many classes of an institution, held or taught by it, stand in these states."""
    counted = select(func.count()).where(_of(institution_id), TrainingClass.state.in_(states))
    return session.scalar(counted) or 0


def _of(institution_id: int) -> ColumnElement[bool]:
    return or_(
        TrainingClass.institution_id == institution_id,
        TrainingClass.delivering_institution_id == institution_id,
    )
