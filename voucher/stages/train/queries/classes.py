"""Classes as people look for them: at their own institution, at the office, in the open listing."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from voucher.ledger.vouchers import Voucher
from voucher.registry import catalogue
from voucher.registry.dictionaries import name_words
from voucher.registry.institutions import Institution
from voucher.rules.actor import Actor
from voucher.rules.dictionaries import Dictionary
from voucher.rules.levels import Level, name_level
from voucher.rules.lifecycle import STATE_NAMES, Thing
from voucher.stages.train.models.classes import TrainingClass
from voucher.stages.train.models.places import Completion, Enrolment
from voucher.stages.train.reading import (
    CLASS_MISSING,
    SEATED,
    STAFF,
    UNPUBLISHED,
    reaches_class,
    serves_class,
)


@dataclass(frozen=True, slots=True)
class ClassView:
    """A class with its codes in words, as any page shows it."""

    found: TrainingClass
    state_name: str
    institution_name: str
    delivering_name: str
    region_name: str
    trade_name: str
    level_name: str
    training_kind_name: str
    mode_name: str
    certificate_kind_name: str
    seated: int
    graduated: int

    @property
    def seats_left(self) -> int:
        """Return how many may still enrol."""
        return max(0, self.found.capacity - self.seated)


def get_class(session: Session, class_id: int) -> TrainingClass:
    """Return a class, whoever asks. Raises Refused class_missing."""
    found = session.get(TrainingClass, class_id)
    if found is None:
        raise CLASS_MISSING.refused()
    return found


def find_classes(session: Session, class_ids: Collection[int]) -> dict[int, TrainingClass]:
    """Return classes by id, whoever asks."""
    rows = session.scalars(select(TrainingClass).where(TrainingClass.id.in_(sorted(set(class_ids)))))
    return {each.id: each for each in rows}


def get_class_for(session: Session, actor: Actor | None, class_id: int) -> TrainingClass:
    """Return a class somebody may see: staff and officers their own, everybody else a published one.

    Raises Refused class_missing, also for a foreign one.
    """
    found = get_class(session, class_id)
    if found.state in UNPUBLISHED and not (actor is not None and _is_own(actor, found)):
        raise CLASS_MISSING.refused()
    return found


def get_own_class_for(session: Session, actor: Actor, class_id: int) -> TrainingClass:
    """Return a class of the actor's institution or regions. Raises Refused class_missing."""
    found = get_class(session, class_id)
    if not _is_own(actor, found):
        raise CLASS_MISSING.refused()
    return found


def _is_own(actor: Actor, found: TrainingClass) -> bool:
    # supervisors and auditors read what lies in their regions, like the officers do
    in_region = found.region_code in actor.regions
    return serves_class(actor, found, *STAFF) or reaches_class(actor, found) or in_region


def list_classes(
    session: Session,
    *,
    institution_ids: Collection[int] | None = None,
    regions: Collection[str] | None = None,
    region_code: str | None = None,
    state: str | None = None,
    trade_code: str | None = None,
    before_id: int | None = None,
    limit: int = 20,
) -> list[TrainingClass]:
    """Return the newest classes of these institutions (主办 or 承训) and of these regions.

    Both given: what belongs to either; none given: nothing.
    """
    own = []
    if institution_ids is not None:
        own.append(TrainingClass.institution_id.in_(sorted(institution_ids)))
        own.append(TrainingClass.delivering_institution_id.in_(sorted(institution_ids)))
    if regions is not None:
        own.append(TrainingClass.region_code.in_(sorted(regions)))
    if not own:
        return []
    query = select(TrainingClass).where(or_(*own))
    for column, value in (
        (TrainingClass.region_code, region_code),
        (TrainingClass.state, state),
        (TrainingClass.trade_code, trade_code),
    ):
        if value is not None:
            query = query.where(column == value)
    if before_id is not None:
        query = query.where(TrainingClass.id < before_id)
    return list(session.scalars(query.order_by(TrainingClass.id.desc()).limit(limit)))


def count_seats(session: Session, class_ids: Collection[int]) -> dict[int, int]:
    """Return how many seats of each class are taken."""
    rows = session.execute(
        select(Enrolment.class_id, func.count())
        .join(Voucher, Voucher.id == Enrolment.voucher_id)
        .where(
            Enrolment.class_id.in_(sorted(class_ids)),
            Enrolment.ended_at.is_(None),
            Voucher.state.in_(SEATED),
        )
        .group_by(Enrolment.class_id)
    )
    return dict(rows.all())


def count_graduates(session: Session, class_ids: Collection[int]) -> dict[int, int]:
    """Return how many people of each class passed its final examination."""
    rows = session.execute(
        select(Completion.class_id, func.count())
        .where(Completion.class_id.in_(sorted(class_ids)), Completion.passed.in_((True,)))
        .group_by(Completion.class_id)
    )
    return dict(rows.all())


def view_classes(session: Session, classes: Sequence[TrainingClass]) -> list[ClassView]:
    """Return classes in words, in the given order."""
    house_ids = {each.institution_id for each in classes} | {
        each.delivering_institution_id for each in classes
    }
    houses = dict(
        session.execute(
            select(Institution.id, Institution.name).where(Institution.id.in_(sorted(house_ids)))
        ).all()
    )
    regions = dict(
        session.execute(
            select(catalogue.Region.code, catalogue.Region.name).where(
                catalogue.Region.code.in_(sorted({each.region_code for each in classes}))
            )
        ).all()
    )
    trades = catalogue.name_trades(session, [each.trade_code for each in classes])
    words = {
        each: name_words(session, each)
        for each in (Dictionary.TRAINING_KIND, Dictionary.TRAINING_MODE, Dictionary.CERTIFICATE_KIND)
    }
    ids = [each.id for each in classes]
    seated, graduated = count_seats(session, ids), count_graduates(session, ids)
    return [
        _view(each, houses, regions, trades, words, (seated.get(each.id, 0), graduated.get(each.id, 0)))
        for each in classes
    ]


def _view(
    found: TrainingClass,
    houses: Mapping[int, str],
    regions: Mapping[str, str],
    trades: Mapping[str, str],
    words: Mapping[Dictionary, Mapping[str, str]],
    counts: tuple[int, int],
) -> ClassView:
    return ClassView(
        found=found,
        state_name=STATE_NAMES[Thing.CLASS][found.state],
        institution_name=houses.get(found.institution_id, ""),
        delivering_name=houses.get(found.delivering_institution_id, ""),
        region_name=regions.get(found.region_code, found.region_code),
        trade_name=trades.get(found.trade_code, found.trade_code),
        level_name=name_level(Level(found.level)) if found.level else "不分等级",
        training_kind_name=words[Dictionary.TRAINING_KIND].get(found.training_kind, found.training_kind),
        mode_name=words[Dictionary.TRAINING_MODE].get(found.mode, found.mode),
        certificate_kind_name=words[Dictionary.CERTIFICATE_KIND].get(
            found.certificate_kind, found.certificate_kind
        ),
        seated=counts[0],
        graduated=counts[1],
    )
