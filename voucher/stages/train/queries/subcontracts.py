"""Subcontracts as institutions, the office and who watches read them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session, aliased

from voucher.registry.institutions import Institution
from voucher.stages.train.models.classes import TrainingClass
from voucher.stages.train.models.subcontracts import Subcontract

HOST, TAKER = aliased(Institution), aliased(Institution)


@dataclass(frozen=True, slots=True)
class Handed:
    """A class handed to another institution: what was agreed, the class, and both names."""

    subcontract: Subcontract
    training_class: TrainingClass
    host_name: str
    taker_name: str

    @property
    def state(self) -> str:
        """Return how it stands: asked, agreed or ended."""
        if self.subcontract.ended_at is not None:
            return "ended"
        return "asked" if self.subcontract.agreed_at is None else "agreed"


def list_subcontracts(
    session: Session,
    *,
    houses: Collection[int] | None = None,
    regions: Collection[str] | None = None,
    before_id: int | None = None,
    limit: int,
) -> list[Handed]:
    """Return what was handed on, the newest first: of institutions on either side, or of regions."""
    query = _select_handed()
    if houses is not None:
        wanted = sorted(houses)
        query = query.where(
            or_(Subcontract.from_institution_id.in_(wanted), Subcontract.to_institution_id.in_(wanted))
        )
    if regions is not None:
        query = query.where(TrainingClass.region_code.in_(sorted(regions)))
    if before_id:
        query = query.where(Subcontract.id < before_id)
    rows = session.execute(query.order_by(Subcontract.id.desc()).limit(limit))
    return [Handed(*row) for row in rows]


def get_subcontract(session: Session, subcontract_id: int) -> Handed:
    """Return one that is known to be there."""
    return Handed(*session.execute(_select_handed().where(Subcontract.id == subcontract_id)).one())


def _select_handed() -> Select[Subcontract, TrainingClass, str, str]:
    return (
        select(Subcontract, TrainingClass, HOST.name, TAKER.name)
        .join(TrainingClass, TrainingClass.id == Subcontract.class_id)
        .join(HOST, HOST.id == Subcontract.from_institution_id)
        .join(TAKER, TAKER.id == Subcontract.to_institution_id)
    )


def count_asked(session: Session, houses: Collection[int]) -> int:
    """Return how many classes these institutions are asked to teach and have not answered."""
    rows = session.scalars(
        select(Subcontract.id)
        .join(TrainingClass, TrainingClass.id == Subcontract.class_id)
        .where(
            Subcontract.to_institution_id.in_(sorted(houses)),
            Subcontract.ended_at.is_(None),
            Subcontract.agreed_at.is_(None),
            TrainingClass.state.in_(("draft", "filed", "returned")),
        )
    )
    return len(list(rows))
