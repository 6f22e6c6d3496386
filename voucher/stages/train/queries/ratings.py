"""Ratings as they are shown: one's own whole, everybody's as an average of enough people."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from voucher.plumbing.clock import day_of
from voucher.plumbing.secrets import Keyring
from voucher.registry import catalogue, tables
from voucher.registry.phones import read_keys
from voucher.registry.standards import ANYWHERE
from voucher.rules.ratings import average_tenths, rating_until
from voucher.stages.train.models.classes import TrainingClass
from voucher.stages.train.models.ratings import DAYS, RATING_SAID, ClassRating
from voucher.stages.train.queries.facts import completion_of

LEAST_PEOPLE = "rating_people_minimum"


@dataclass(frozen=True, slots=True)
class OwnRating:
    """What somebody said of the own class so far, and until when it may be said."""

    until: date
    is_open: bool
    stars: int | None
    said: str


@dataclass(frozen=True, slots=True)
class Rated:
    """An average in tenths of a star and of how many; both None where too few have rated."""

    average_tenths: int | None
    people: int | None

    @property
    def average(self) -> str:
        """Return the average as people read it, e.g. 4.6."""
        tenths = self.average_tenths or 0
        return f"{tenths // 10}.{tenths % 10}"


def find_own_rating(session: Session, keyring: Keyring, voucher_id: int, today: date) -> OwnRating | None:
    """Return what its holder said of the class of a voucher; None before the sign-off.

    Raises Refused parameter_missing.
    """
    done = completion_of(session, voucher_id)
    if done is None:
        return None
    regions = catalogue.list_ancestry(session, session.get_one(TrainingClass, done.class_id).region_code)
    signed_on = day_of(done.signed_at)
    until = rating_until(signed_on, tables.require_parameter_number(session, DAYS, signed_on, regions))
    given = session.scalars(select(ClassRating).where(ClassRating.voucher_id == voucher_id)).first()
    said = ""
    if given is not None and given.said_sealed is not None:
        key = read_keys(session, keyring, [given.person_id]).get(given.person_id)
        said = keyring.unseal(key, RATING_SAID, given.said_sealed) if key is not None else ""
    return OwnRating(until, today <= until, given.stars if given else None, said)


def rated_class(session: Session, class_id: int, today: date) -> Rated:
    """Return how a class is rated. Raises Refused parameter_missing."""
    return _rated(session, ClassRating.class_id == class_id, today)


def rated_institution(session: Session, institution_id: int, today: date) -> Rated:
    """Return how all classes an institution answers for are rated. Raises Refused parameter_missing."""
    own = select(TrainingClass.id).where(TrainingClass.institution_id == institution_id)
    return _rated(session, ClassRating.class_id.in_(own), today)


def list_said(session: Session, keyring: Keyring, class_ids: Collection[int]) -> list[tuple[int, str]]:
    """Return stars and words of those who said something of classes, for the office; never who.

    In the order of the stars, so that nothing of who came when is told.
    """
    rows = session.scalars(
        select(ClassRating).where(
            ClassRating.class_id.in_(sorted(class_ids)), ClassRating.said_sealed.is_not(None)
        )
    ).all()
    keys = read_keys(session, keyring, [each.person_id for each in rows])
    return sorted(
        (each.stars, keyring.unseal(keys[each.person_id], RATING_SAID, each.said_sealed))
        for each in rows
        if each.said_sealed is not None and each.person_id in keys
    )


def _rated(session: Session, which: ColumnElement[bool], today: date) -> Rated:
    least = tables.require_parameter_number(session, LEAST_PEOPLE, today, [ANYWHERE])
    counts: dict[int, int] = dict(
        session.execute(
            select(ClassRating.stars, func.count()).where(which).group_by(ClassRating.stars)
        ).all()
    )
    average = average_tenths(counts, least)
    return Rated(average, sum(counts.values()) if average is not None else None)
