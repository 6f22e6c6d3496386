"""A year of every institution in figures, beside the median of its peers; and of one institution by class."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from voucher.plumbing.clock import day_of
from voucher.registry.tables import require_parameter_number
from voucher.rules.risk.measures import median
from voucher.rules.stars import Figures, Formula
from voucher.stages.oversee.complaints.models import Complaint
from voucher.stages.oversee.risk.models import RiskFlag
from voucher.stages.train.queries.quality import sum_trained

PARAMETERS = {
    "completion": "star_weight_completion",
    "pass_rate": "star_weight_pass",
    "rating": "star_weight_rating",
    "retention": "star_weight_retention",
    "complaint_minus": "star_minus_complaint",
    "flag_minus": "star_minus_flag",
    "five": "star_least_five",
    "four": "star_least_four",
    "three": "star_least_three",
    "two": "star_least_two",
    "people_least": "star_people_least",
}


@dataclass(frozen=True, slots=True)
class Medians:
    """The middle of the peers large enough to be shown; None where there are none."""

    completion_bp: int | None
    retention_bp: int | None
    pass_bp: int | None
    rating_tenths: int | None


def read_formula(session: Session, on: date) -> Formula:
    """Return the formula in force on a day. Raises Refused parameter_missing."""
    return Formula(
        **{field: require_parameter_number(session, name, on, ()) for field, name in PARAMETERS.items()}
    )


def read_figures(
    session: Session,
    regions: Collection[str] | None,
    year: int,
    today: date,
    *,
    institution_id: int | None = None,
    whose: Collection[int] | None = None,
) -> dict[int, Figures]:
    """Return a year's figures per institution, or per class of the one named.

    They are of classes in regions, or of the institutions in `whose` wherever they taught.
    """
    first, last = date(year, 1, 1), date(year, 12, 31)
    trained = sum_trained(
        session, regions, first, last, today=today, institution_id=institution_id, whose=whose
    )
    by_class = institution_id is not None
    complaints = {} if by_class else _count_upheld(session, Complaint, year)
    flags = {} if by_class else _count_upheld(session, RiskFlag, year)
    return {
        of: Figures(
            each.started, each.dropped, each.finished, each.judged, each.passed, each.rating_tenths,
            complaints.get(of, 0), flags.get(of, 0),
        )
        for of, each in trained.items()
    }  # fmt: skip


def find_medians(figures: Collection[Figures], people_least: int) -> Medians:
    """Return the medians of those with enough people."""
    shown = [each for each in figures if each.started >= people_least]
    return Medians(
        median([each.completion_bp for each in shown]),
        median([each.retention_bp for each in shown]),
        median([each.pass_bp for each in shown if each.pass_bp is not None]),
        median([each.rating_tenths for each in shown if each.rating_tenths is not None]),
    )


def _count_upheld(session: Session, model: type[Complaint] | type[RiskFlag], year: int) -> dict[int, int]:
    kind = (Complaint.kind == "complaint",) if model is Complaint else ()
    rows = session.execute(
        select(model.institution_id, model.concluded_at).where(
            model.state == "upheld", model.institution_id.is_not(None), *kind
        )
    )
    counts: dict[int, int] = {}
    for house, concluded_at in rows:
        if house is not None and concluded_at is not None and day_of(concluded_at).year == year:
            counts[house] = counts.get(house, 0) + 1
    return counts
