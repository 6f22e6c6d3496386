"""Showing a final measure to everybody (向社会曝光), for a time, and taking it down."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from sqlalchemy import select

from voucher.ledger import audit
from voucher.plumbing.unit_of_work import Work
from voucher.registry.sanctions import OFFICERS
from voucher.registry.tables import require_parameter_number
from voucher.rules.actor import check_role
from voucher.rules.errors import Family, reason
from voucher.rules.measures import EXPOSURE_SOURCE, Step, check_exposure
from voucher.rules.words import check_why
from voucher.stages.oversee.measures.models import Exposure, Measure
from voucher.stages.oversee.measures.reading import MEASURE_MISSING, load_measure

DAYS_MOST = "exposure_days_most"

NOT_EXPOSABLE = reason(
    "exposure_not_for_step",
    "{step}不向社会曝光",
    "只有责令整改及更重的处置可以曝光",
    EXPOSURE_SOURCE,
    Family.CONFLICT,
)
EXPOSED_ALREADY = reason(
    "exposed_already",
    "这项处置已经曝光过",
    "请在曝光页查看；撤下的不再公布",
    EXPOSURE_SOURCE,
    Family.CONFLICT,
)
NOT_EXPOSED = reason(
    "exposure_missing", "这项处置没有在曝光", "请刷新页面查看", EXPOSURE_SOURCE, Family.CONFLICT
)
SHOWN = frozenset({Step.RECTIFY, Step.SUSPEND, Step.DELIST, Step.BLACKLIST})


def check_may_expose(work: Work, measure: Measure, words: str, from_on: date, until_on: date) -> None:
    """Check that a measure may be shown from a day to a day, both included, in words without personal data.

    Raises Refused exposure_not_for_step, exposed_already, exposure_before_final, exposure_personal_data,
    exposure_days_wrong.
    """
    if Step(measure.step) not in SHOWN:
        raise NOT_EXPOSABLE.refused(step=measure.step_name)
    if _find(work, measure.id) is not None:
        raise EXPOSED_ALREADY.refused()
    most = require_parameter_number(work.session, DAYS_MOST, work.today, ())
    # the legal basis stands beside the words
    check_exposure(measure.state, (words, measure.legal_basis), work.today, from_on, until_on, most)


def publish(work: Work, measure_id: int, words: str, from_on: date, until_on: date) -> Exposure:
    """Write what everybody is shown; the database wants a draft another person wrote and this one let go."""
    shown = Exposure(
        measure_id=measure_id,
        words=words,
        from_on=from_on,
        until_on=until_on,
        posted_by_person_id=work.actor.person_id,
        posted_at=work.at,
    )
    work.session.add(shown)
    work.session.flush()
    told = {"from": from_on.isoformat(), "until": until_on.isoformat(), "words": words}
    audit.record_one(work, "measure", measure_id, "expose", **told)
    return shown


def take_down(work: Work, measure_id: int, why: str) -> Measure:
    """Take an exposure down before its day. Raises Refused as exposing does, and exposure_missing."""
    said = check_why(why)
    measure = load_to_expose(work, measure_id)
    if not remove_exposures(work, [measure_id], said):
        raise NOT_EXPOSED.refused()
    return measure


def remove_exposures(work: Work, measure_ids: Collection[int], why: str) -> int:
    """Take down what is shown of measures and return how many that were."""
    shown = work.session.scalars(
        select(Exposure)
        .where(Exposure.measure_id.in_(sorted(measure_ids)), Exposure.removed_at.is_(None))
        .order_by(Exposure.id)
        .with_for_update()
    ).all()
    for each in shown:
        each.removed_at, each.removed_why = work.at, why
        audit.record_one(work, "measure", each.measure_id, "take_down", why=why)
    work.session.flush()
    return len(shown)


def load_to_expose(work: Work, measure_id: int) -> Measure:
    """Return a measure within reach of an officer: whoever only supervises there shows nothing.

    Raises Refused role_missing, measure_missing, measure_own_institution.
    """
    check_role(work.actor, *OFFICERS)
    measure = load_measure(work, measure_id)
    if measure.region_code not in work.actor.regions_as(*OFFICERS):
        raise MEASURE_MISSING.refused()
    return measure


def _find(work: Work, measure_id: int) -> Exposure | None:
    return work.session.scalars(select(Exposure).where(Exposure.measure_id == measure_id)).first()
