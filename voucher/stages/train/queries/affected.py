"""Which classes a change of the standards affects, and how many places in them are locked already."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from voucher.registry.tables import read_modifiers, read_standards
from voucher.rules.subsidy import Price, price_subsidy
from voucher.rules.vocabulary import SubsidyKind
from voucher.stages.train.models.classes import TrainingClass
from voucher.stages.train.models.places import Enrolment
from voucher.stages.train.pricing import class_case

AHEAD = ("filed", "approved", "running")


@dataclass(frozen=True, slots=True)
class AffectedClass:
    """A class worth another amount to whoever enrols from a day on; amounts in fen, None for nothing.

    Places `locked` before that day keep what they locked, at most.
    """

    class_id: int
    class_number: str
    class_name: str
    starts_on: date
    kind: SubsidyKind
    before_fen: int | None
    after_fen: int | None
    locked: int


def list_affected_classes(session: Session, regions: Collection[str], on: date) -> list[AffectedClass]:
    """Return the classes of these regions, not yet ended on that day, that the standards of a day change."""
    offered = session.scalars(
        select(TrainingClass)
        .where(
            TrainingClass.region_code.in_(sorted(regions)),
            TrainingClass.state.in_(AHEAD),
            TrainingClass.ends_on >= on,
        )
        .order_by(TrainingClass.starts_on, TrainingClass.id)
    ).all()
    standards, modifiers = read_standards(session), read_modifiers(session)
    found: list[AffectedClass] = []
    for each in offered:
        for kind in SubsidyKind:
            case = class_case(session, each, kind, on)
            before = _payable(
                price_subsidy(replace(case, issued_on=on - timedelta(days=1)), standards, modifiers)
            )
            after = _payable(price_subsidy(case, standards, modifiers))
            if before != after:
                found.append(
                    AffectedClass(
                        class_id=each.id,
                        class_number=each.number,
                        class_name=each.name,
                        starts_on=each.starts_on,
                        kind=kind,
                        before_fen=before,
                        after_fen=after,
                        locked=_count_places(session, each.id),
                    )
                )
    return found


def _count_places(session: Session, class_id: int) -> int:
    return (
        session.scalar(
            select(func.count())
            .select_from(Enrolment)
            .where(Enrolment.class_id == class_id, Enrolment.ended_at.is_(None))
        )
        or 0
    )


def _payable(price: Price) -> int | None:
    return price.amount_fen if price.refusal is None else None
