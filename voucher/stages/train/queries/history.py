"""Every training of one person, the first first: also classes left, sign-offs corrected since."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from voucher.stages.train.models.changes import CompletionCorrection
from voucher.stages.train.models.classes import TrainingClass
from voucher.stages.train.models.places import Completion, Enrolment, Redemption
from voucher.stages.train.queries.classes import ClassView, view_classes
from voucher.stages.train.queries.facts import hours_of


@dataclass(frozen=True, slots=True)
class Training:
    """One place in one class in lesson hours; `corrections` hold the results that stood before, in order."""

    enrolment: Enrolment
    taught: ClassView
    redeemed_at: datetime | None
    hours: int
    completion: Completion | None
    corrections: tuple[CompletionCorrection, ...]


def list_trainings(session: Session, person_id: int) -> list[Training]:
    """Return every place a person ever took in a class, the first taken first."""
    rows = session.execute(
        select(Enrolment, TrainingClass)
        .join(TrainingClass, TrainingClass.id == Enrolment.class_id)
        .where(Enrolment.person_id == person_id)
        .order_by(Enrolment.id)
    ).all()
    views = view_classes(session, list({taught.id: taught for _, taught in rows}.values()))
    taught = {each.found.id: each for each in views}
    redeemed = {
        each.enrolment_id: each
        for each in session.scalars(
            select(Redemption).where(Redemption.person_id == person_id, Redemption.reversed_at.is_(None))
        )
    }
    completions = {
        (each.voucher_id, each.class_id): each
        for each in session.scalars(select(Completion).where(Completion.person_id == person_id))
    }
    hours = hours_of(session, [each.voucher_id for each, _ in rows])
    corrected = _list_corrections(session, [each.id for each in completions.values()])
    made = []
    for enrolment, _ in rows:
        redemption = redeemed.get(enrolment.id)
        completion = completions.get((enrolment.voucher_id, enrolment.class_id))
        made.append(
            Training(
                enrolment=enrolment,
                taught=taught[enrolment.class_id],
                redeemed_at=redemption.redeemed_at if redemption is not None else None,
                hours=hours.get(enrolment.voucher_id, 0),
                completion=completion,
                corrections=corrected.get(completion.id, ()) if completion is not None else (),
            )
        )
    return made


def _list_corrections(
    session: Session, completion_ids: Sequence[int]
) -> dict[int, tuple[CompletionCorrection, ...]]:
    found: dict[int, tuple[CompletionCorrection, ...]] = {}
    for each in session.scalars(
        select(CompletionCorrection)
        .where(
            CompletionCorrection.completion_id.in_(completion_ids), CompletionCorrection.agreed.in_((True,))
        )
        .order_by(CompletionCorrection.id)
    ):
        found[each.completion_id] = (*found.get(each.completion_id, ()), each)
    return found
