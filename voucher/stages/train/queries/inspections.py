"""Inspections as the office and the institution look at them; unannounced ones only once they have been."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from voucher.rules.actor import Actor
from voucher.rules.draws import commitment_of, draw
from voucher.stages.train.inspecting import INSPECTION_MISSING
from voucher.stages.train.models.classes import TrainingClass
from voucher.stages.train.models.inspections import (
    Inspection,
    InspectionDraw,
    InspectionPhoto,
    InspectionSeed,
)


@dataclass(frozen=True, slots=True)
class SeedView:
    """What anybody may know of a seed: its hash, and all that repeats the draw once everybody was visited."""

    seed: InspectionSeed
    draw: InspectionDraw | None
    is_open: bool

    @property
    def told(self) -> InspectionDraw | None:
        """Return the draw once it warns nobody any more."""
        return self.draw if self.is_open else None

    @property
    def chosen(self) -> list[str]:
        """Return the class numbers drawn, repeated from the seed; none before they may be told."""
        return repeat_inspection_draw(self.told) if self.told is not None else []

    @property
    def holds(self) -> bool:
        """Return whether the seed used is the one whose hash was shown."""
        drawn = self.draw.seed if self.draw is not None else self.seed.seed
        return drawn == self.seed.seed and commitment_of(drawn) == self.seed.commitment


def list_seeds(session: Session, *, before_id: int | None = None, limit: int = 50) -> list[SeedView]:
    """Return the newest seeds of the whole province, for everybody."""
    query = select(InspectionSeed, InspectionDraw).outerjoin(
        InspectionDraw, InspectionDraw.id == InspectionSeed.draw_id
    )
    if before_id is not None:
        query = query.where(InspectionSeed.id < before_id)
    rows = session.execute(query.order_by(InspectionSeed.id.desc()).limit(limit)).all()
    waiting = set(
        session.scalars(
            select(Inspection.draw_id).where(
                Inspection.draw_id.in_([drawn.id for _, drawn in rows if drawn is not None]),
                Inspection.concluded_at.is_(None),
            )
        )
    )
    return [SeedView(seed, drawn, drawn is not None and drawn.id not in waiting) for seed, drawn in rows]


def find_seed_of(session: Session, drawn: InspectionDraw) -> InspectionSeed | None:
    """Return the seed a draw used, None where it was drawn before seeds were fixed beforehand."""
    return session.scalars(select(InspectionSeed).where(InspectionSeed.draw_id == drawn.id)).first()


def list_waiting_seeds(session: Session, regions: Collection[str]) -> dict[str, InspectionSeed]:
    """Return by region the seed the next draw will use."""
    rows = session.scalars(
        select(InspectionSeed).where(
            InspectionSeed.draw_id.is_(None), InspectionSeed.region_code.in_(sorted(regions))
        )
    )
    return {each.region_code: each for each in rows}


def list_inspections(
    session: Session,
    *,
    regions: Collection[str] | None = None,
    houses: Collection[int] | None = None,
    class_id: int | None = None,
    open_only: bool = False,
    before_id: int | None = None,
    limit: int = 50,
) -> list[Inspection]:
    """Return the newest inspections of these regions, or those institutions may know of."""
    query = select(Inspection).join(TrainingClass, TrainingClass.id == Inspection.class_id)
    if regions is not None:
        query = query.where(TrainingClass.region_code.in_(sorted(regions)))
    if houses is not None:
        query = query.where(TrainingClass.institution_id.in_(sorted(houses)), _known_to_houses())
    if class_id is not None:
        query = query.where(Inspection.class_id == class_id)
    if open_only:
        query = query.where(Inspection.closed_at.is_(None))
    if before_id is not None:
        query = query.where(Inspection.id < before_id)
    return list(session.scalars(query.order_by(Inspection.id.desc()).limit(limit)))


def get_inspection(session: Session, actor: Actor, inspection_id: int, houses: Collection[int]) -> Inspection:
    """Return one of the actor's regions, or one an institution may know of. Raises inspection_missing."""
    found = session.scalars(
        select(Inspection)
        .join(TrainingClass, TrainingClass.id == Inspection.class_id)
        .where(
            Inspection.id == inspection_id,
            or_(
                TrainingClass.region_code.in_(sorted(actor.regions)),
                and_(TrainingClass.institution_id.in_(sorted(houses)), _known_to_houses()),
            ),
        )
    ).first()
    if found is None:
        raise INSPECTION_MISSING.refused()
    return found


def count_inspections(session: Session, regions: Collection[str]) -> tuple[int, datetime | None]:
    """Return how many inspections of these regions are not closed, and since when the oldest is open."""
    count, oldest = session.execute(
        select(func.count(), func.min(Inspection.opened_at))
        .join(TrainingClass, TrainingClass.id == Inspection.class_id)
        .where(Inspection.closed_at.is_(None), TrainingClass.region_code.in_(sorted(regions)))
    ).one()
    return count, oldest


def list_photos(session: Session, inspection_id: int) -> list[InspectionPhoto]:
    """Return the photographs of an inspection in the order they were taken."""
    return list(
        session.scalars(
            select(InspectionPhoto)
            .where(InspectionPhoto.inspection_id == inspection_id)
            .order_by(InspectionPhoto.id)
        )
    )


def find_inspection_draw(session: Session, found: Inspection) -> InspectionDraw | None:
    """Return the draw an inspection came from; None where a class was chosen with a reason."""
    return session.get(InspectionDraw, found.draw_id) if found.draw_id is not None else None


def repeat_inspection_draw(drawn: InspectionDraw) -> list[str]:
    """Return the class numbers a draw comes to when it is repeated from its seed."""
    return draw(drawn.seed, drawn.subject, drawn.numbers, drawn.size)


def _known_to_houses() -> ColumnElement[bool]:
    return or_(Inspection.announced.in_((True,)), Inspection.concluded_at.is_not(None))


def list_found_against(
    session: Session, institution_id: int, limit: int
) -> list[tuple[Inspection, TrainingClass]]:
    """Return the inspections that found something at an institution's classes, the newest first."""
    rows = session.execute(
        select(Inspection, TrainingClass)
        .join(TrainingClass, TrainingClass.id == Inspection.class_id)
        .where(
            or_(
                TrainingClass.institution_id == institution_id,
                TrainingClass.delivering_institution_id == institution_id,
            ),
            Inspection.conclusion.in_(("findings", "serious")),
        )
        .order_by(Inspection.id.desc())
        .limit(limit)
    )
    return [(inspection, training_class) for inspection, training_class in rows]
