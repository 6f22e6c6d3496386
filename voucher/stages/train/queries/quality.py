"""How training went, in sums per institution or class: who began, stayed, finished, passed, rated."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.orm import Session

from voucher.ledger.vouchers import Voucher
from voucher.registry.standards import ANYWHERE
from voucher.registry.tables import require_parameter_number
from voucher.rules.ratings import average_tenths
from voucher.stages.train.models.classes import TrainingClass
from voucher.stages.train.models.places import Completion, Redemption
from voucher.stages.train.models.ratings import ClassRating
from voucher.stages.train.queries.ratings import LEAST_PEOPLE
from voucher.stages.train.queries.unsigned import count_present, list_unsigned

PASSED = ("assessed", "certified", "settled", "completed", "recovering", "recovered")


@dataclass(frozen=True, slots=True)
class Trained:
    """The sums of one institution or class over classes that ended in a period."""

    started: int
    dropped: int
    finished: int
    judged: int
    passed: int
    rating_tenths: int | None


def select_ended(
    regions: Collection[str] | None,
    first: date,
    last: date,
    today: date,
    *,
    institution_id: int | None = None,
    whose: Collection[int] | None = None,
) -> list[ColumnElement[bool]]:
    """Return what a class has to be to count: over by today, ended in a period, of these regions."""
    ended = [
        TrainingClass.ends_on >= first,
        TrainingClass.ends_on <= last,
        TrainingClass.ends_on < today,
    ]
    if regions is not None:
        ended.append(TrainingClass.region_code.in_(sorted(regions)))
    if whose is not None:
        ended.append(TrainingClass.institution_id.in_(sorted(whose)))
    if institution_id is not None:
        ended.append(TrainingClass.institution_id == institution_id)
    return ended


def sum_trained(
    session: Session,
    regions: Collection[str] | None,
    first: date,
    last: date,
    *,
    today: date,
    institution_id: int | None = None,
    whose: Collection[int] | None = None,
) -> dict[int, Trained]:
    """Return sums of classes ended in a period, per responsible institution or per class of the one named.

    They are those of regions, or of the institutions in `whose` wherever they taught. A class still taught
    today has not ended: nobody can have finished it, and it would count against its institution. One that
    nobody signed off in time counts with what its attendance says.
    """
    key = TrainingClass.institution_id if institution_id is None else TrainingClass.id
    ended = select_ended(regions, first, last, today, institution_id=institution_id, whose=whose)
    counted = select(
        key,
        func.count(),
        func.sum(case((Voucher.state == "dropped", 1), else_=0)),
        func.sum(case((Completion.passed == 1, 1), else_=0)),
        func.sum(case((Voucher.state.in_((*PASSED, "lapsed")), 1), else_=0)),
        func.sum(case((Voucher.state.in_(PASSED), 1), else_=0)),
    )
    rows = session.execute(
        counted.select_from(Redemption)
        .join(TrainingClass, TrainingClass.id == Redemption.class_id)
        .join(Voucher, Voucher.id == Redemption.voucher_id)
        .outerjoin(Completion, Completion.voucher_id == Redemption.voucher_id)
        .where(Redemption.reversed_at.is_(None), *ended)
        .group_by(key)
    ).all()
    rated = session.execute(
        select(key, ClassRating.stars, func.count())
        .join(TrainingClass, TrainingClass.id == ClassRating.class_id)
        .where(*ended)
        .group_by(key, ClassRating.stars)
    ).all()
    stars: dict[int, dict[int, int]] = {}
    for of, given, count in rated:
        stars.setdefault(of, {})[given] = int(count)
    least = require_parameter_number(session, LEAST_PEOPLE, today, [ANYWHERE])
    present: Counter[int] = Counter()
    for late in list_unsigned(session, ended, today):
        if late.is_late:
            of = late.taught.institution_id if institution_id is None else late.taught.id
            present[of] += count_present(session, late.taught)
    return {
        of: Trained(
            int(started), int(dropped), int(finished) + present[of], int(judged), int(passed),
            average_tenths(stars.get(of, {}), least),
        )
        for of, started, dropped, finished, judged, passed in rows
    }  # fmt: skip
