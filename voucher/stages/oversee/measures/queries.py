"""Measures as officers, the institution and everybody read them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from voucher.registry.institutions import Institution
from voucher.rules.measures import BURDENS, Standing, Step
from voucher.stages.oversee.complaints.models import Complaint
from voucher.stages.oversee.measures.models import Exposure, Measure
from voucher.stages.oversee.measures.reading import MEASURE_MISSING

STANDS = ("confirmed", "final")


@dataclass(frozen=True, slots=True)
class Exposed:
    """One line of the exposure page: nothing of any person."""

    exposure: Exposure
    measure: Measure
    institution: Institution


def get_measure(session: Session, measure_id: int, regions: Collection[str]) -> Measure:
    """Return a measure of these regions. Raises Refused measure_missing, also for a foreign one."""
    found = session.get(Measure, measure_id)
    if found is None or found.region_code not in regions:
        raise MEASURE_MISSING.refused()
    return found


def list_measures(
    session: Session,
    *,
    regions: Collection[str] | None = None,
    houses: Collection[int] | None = None,
    states: Collection[str] | None = None,
    step: str | None = None,
    before_id: int | None = None,
    limit: int,
) -> list[Measure]:
    """Return measures, the newest first, of regions or of institutions."""
    query = select(Measure)
    if regions is not None:
        query = query.where(Measure.region_code.in_(sorted(regions)))
    if houses is not None:
        query = query.where(Measure.institution_id.in_(sorted(houses)))
    if states is not None:
        query = query.where(Measure.state.in_(sorted(states)))
    if step is not None:
        query = query.where(Measure.step == step)
    if before_id:
        query = query.where(Measure.id < before_id)
    return list(session.scalars(query.order_by(Measure.id.desc()).limit(limit)))


def find_proposed(session: Session, institution_id: int) -> Measure | None:
    """Return what has been proposed against an institution and waits for another person."""
    return session.scalars(
        select(Measure).where(Measure.institution_id == institution_id, Measure.state == "proposed")
    ).first()


def count_proposed(
    session: Session, regions: Collection[str], *, person_id: int
) -> tuple[int, datetime | None]:
    """Return how many measures of regions wait for this person, who did not propose them, since when."""
    count, oldest = session.execute(
        select(func.count(), func.min(Measure.proposed_at)).where(
            Measure.region_code.in_(sorted(regions)),
            Measure.state == "proposed",
            Measure.proposed_by_person_id != person_id,
        )
    ).one()
    return int(count), oldest


def select_standing(institution_id: int, state: str) -> Select[Measure]:
    """Return the query for what a restoration ends: from the blacklist, the blacklisting alone."""
    query = select(Measure).where(
        Measure.institution_id == institution_id,
        Measure.state.in_(STANDS),
        Measure.step.in_(sorted(BURDENS)),
    )
    return query.where(Measure.step == str(Step.BLACKLIST)) if state == "blacklisted" else query


def list_standing(session: Session, institution_id: int, state: str) -> list[Standing]:
    """Return what stands against an institution as the rule of its restoration reads it, the oldest first.

    Of each step the newest counts.
    """
    newest: dict[str, Measure] = {}
    for each in session.scalars(select_standing(institution_id, state).order_by(Measure.id)):
        newest[each.step] = each
    upheld = find_upheld(session, [each.id for each in newest.values()])
    return [
        Standing(Step(each.step), each.until_on, each.proven_at is not None, each.id in upheld)
        for each in sorted(newest.values(), key=lambda one: one.id)
    ]


def find_upheld(session: Session, measure_ids: Collection[int]) -> frozenset[int]:
    """Return which of these measures were appealed against rightly, each by an appeal of its own."""
    upheld = select(Complaint.measure_id).where(
        Complaint.measure_id.in_(sorted(measure_ids)), Complaint.state == "upheld"
    )
    return frozenset(each for each in session.scalars(upheld) if each is not None)


def select_appealed() -> Select[int | None]:
    """Return the query for the measures with an appeal nobody has dismissed, refused or withdrawn."""
    return select(Complaint.measure_id).where(
        Complaint.measure_id.is_not(None), Complaint.state.not_in(("dismissed", "refused", "withdrawn"))
    )


def find_exposure(session: Session, measure_id: int) -> Exposure | None:
    """Return what was ever shown to everybody of a measure."""
    return session.scalars(select(Exposure).where(Exposure.measure_id == measure_id)).first()


def list_exposed(session: Session, on: date, *, before_id: int | None = None, limit: int) -> list[Exposed]:
    """Return what is shown to everybody on a day, the newest first; what has ended or fell is not."""
    query = (
        select(Exposure, Measure, Institution)
        .join(Measure, Measure.id == Exposure.measure_id)
        .join(Institution, Institution.id == Measure.institution_id)
        .where(
            Exposure.removed_at.is_(None),
            Exposure.from_on <= on,
            Exposure.until_on >= on,
            Measure.state != "overturned",
        )
    )
    if before_id:
        query = query.where(Exposure.id < before_id)
    rows = session.execute(query.order_by(Exposure.id.desc()).limit(limit))
    return [Exposed(*row) for row in rows]
