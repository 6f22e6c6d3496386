"""What an institution has going on in training: vouchers in its classes, classes, what it applied for."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import Session

from voucher.ledger.vouchers import Voucher
from voucher.stages.train.models.classes import TrainingClass
from voucher.stages.train.models.exits import InstitutionExit
from voucher.stages.train.models.places import Enrolment
from voucher.stages.train.queries.facts import hours_of

IN_A_CLASS = ("enrolled", "training")
FINISHED = ("trained", "assessed", "certified")
TAKING_PLACE, APPLIED = ("approved", "running"), ("draft", "filed", "returned")


@dataclass(frozen=True, slots=True)
class Vouchers:
    """So many vouchers of so many people, with the money kept for them in fen."""

    count: int
    people: int
    reserved_fen: int


@dataclass(frozen=True, slots=True)
class ClassLeft:
    """A class an exit leaves behind, and how many vouchers stop in it."""

    id: int
    name: str
    state: str
    starts_on: date
    ends_on: date
    vouchers: int


@dataclass(frozen=True, slots=True)
class Leaving:
    """What an exit does as things stand now; two with the same digest do the same."""

    enrolled: int
    training: int
    hours_kept: int
    finished: int
    applied: int
    classes: tuple[ClassLeft, ...]

    @property
    def vouchers(self) -> int:
        """Return how many vouchers stop."""
        return self.enrolled + self.training

    @property
    def digest(self) -> str:
        """Return the fingerprint of what who confirms has to have seen: what stops, in which classes."""
        said = json.dumps([self.enrolled, self.training, [[each.id, each.vouchers] for each in self.classes]])
        return hashlib.sha256(said.encode()).hexdigest()


def read_leaving(session: Session, institution_id: int) -> Leaving:
    """Return what an institution's exit would stop, and what it leaves as it is."""
    sitting = select_in_classes_of(institution_id)
    rows = session.execute(select(Voucher.id, Voucher.state).where(Voucher.id.in_(sitting))).all()
    training = [voucher_id for voucher_id, state in rows if state == "training"]
    counted = (
        select(Enrolment.class_id, func.count().label("vouchers"))
        .where(Enrolment.voucher_id.in_(sitting), Enrolment.ended_at.is_(None))
        .group_by(Enrolment.class_id)
        .subquery()
    )
    classes = session.execute(
        select(TrainingClass, func.coalesce(counted.c.vouchers, 0))
        .outerjoin(counted, counted.c.class_id == TrainingClass.id)
        .where(_of(institution_id), TrainingClass.state.in_(TAKING_PLACE))
        .order_by(TrainingClass.starts_on, TrainingClass.id)
    ).all()
    return Leaving(
        enrolled=len(rows) - len(training),
        training=len(training),
        hours_kept=sum(hours_of(session, training).values()),
        finished=count_vouchers(session, institution_id, FINISHED).count,
        applied=count_classes(session, institution_id, APPLIED),
        classes=tuple(
            ClassLeft(each.id, each.name, each.state, each.starts_on, each.ends_on, vouchers)
            for each, vouchers in classes
        ),
    )


def find_waiting(session: Session, institution_id: int) -> InstitutionExit | None:
    """Return the exit of an institution that waits for another person."""
    return session.scalars(
        select_waiting().where(InstitutionExit.institution_id == institution_id)
    ).one_or_none()


def list_waiting(session: Session, institution_ids: Collection[int]) -> list[InstitutionExit]:
    """Return the exits of these institutions that wait for another person."""
    wanted = select_waiting().where(InstitutionExit.institution_id.in_(sorted(institution_ids)))
    return list(session.scalars(wanted.order_by(InstitutionExit.id)))


def find_last(session: Session, institution_id: int) -> InstitutionExit | None:
    """Return what was asked last of an institution's exit, whatever came of it."""
    wanted = select(InstitutionExit).where(InstitutionExit.institution_id == institution_id)
    return session.scalars(wanted.order_by(InstitutionExit.id.desc()).limit(1)).first()


def select_waiting() -> Select[InstitutionExit]:
    """Return the query for the exits that wait for another person."""
    return select(InstitutionExit).where(
        InstitutionExit.confirmed_at.is_(None), InstitutionExit.withdrawn_at.is_(None)
    )


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
