"""Giving stars (评定星级) for a year that is over, kept with all they came of; an institution may object."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from voucher.ledger import audit
from voucher.plumbing.clock import day_of
from voucher.plumbing.unit_of_work import Work
from voucher.registry.institutions import Institution
from voucher.registry.tables import read_calendar, require_parameter_number
from voucher.rules.actor import Role, check_role
from voucher.rules.calendar import add_workdays
from voucher.rules.errors import Family, reason
from voucher.rules.stars import SOURCE, check_objection_open, check_year_over, count_stars
from voucher.rules.words import check_why
from voucher.stages.oversee.quality.figures import read_figures, read_formula
from voucher.stages.oversee.quality.models import StarRating

GIVERS = (Role.SUPERVISOR,)
STAFF = (Role.INSTITUTION_ADMIN, Role.EVALUATOR_ADMIN)
THING, OBJECTION_DAYS = "star_rating", "star_objection_workdays"

STARS_MISSING = reason(
    "stars_missing", "没有找到这次星级评定", "请从“星级”页重新选择", SOURCE, Family.MISSING
)
OBJECTED_ALREADY = reason("stars_objected_already", "已经提出过异议", "请等待答复", SOURCE, Family.CONFLICT)


def give_stars(work: Work, year: int) -> int:
    """Give stars to every institution of the actor's regions with enough people, and return to how many.

    All their classes count, wherever they were taught. Those that have stars for the year keep them. Raises
    Refused role_missing, stars_year_open, parameter_missing.
    """
    check_role(work.actor, *GIVERS)
    check_year_over(year, work.today)
    formula = read_formula(work.session, work.today)
    mine = Institution.region_code.in_(sorted(work.actor.regions_as(*GIVERS)))
    houses = work.session.scalars(select(Institution.id).where(mine)).all()
    figures = read_figures(work.session, None, year, work.today, whose=houses)
    known = set(work.session.scalars(select(StarRating.institution_id).where(StarRating.year == year)))
    made: list[StarRating] = []
    for house, each in sorted(figures.items()):
        given = count_stars(each, formula)
        if given is None or house in known:
            continue
        made.append(
            StarRating(
                institution_id=house,
                year=year,
                figures=asdict(each),
                formula=asdict(formula),
                lines=[[line.word, line.points_tenths, line.most_tenths] for line in given.lines],
                total_tenths=given.total_tenths,
                stars=given.stars,
                given_at=work.at,
                given_by_person_id=work.actor.person_id,
            )
        )
    work.session.add_all(made)
    work.session.flush()
    for row in made:
        audit.record_one(work, THING, row.id, "give", stars=row.stars, total_tenths=row.total_tenths)
    return len(made)


def object_to_stars(work: Work, rating_id: int, words: str) -> StarRating:
    """Object to one's own stars, once and in time.

    Raises Refused role_missing, stars_missing (also for another institution's), why_missing,
    stars_objected_already, stars_objection_late, calendar_year_missing.
    """
    check_role(work.actor, *STAFF)
    said = check_why(words)
    found = work.session.scalars(
        select(StarRating).where(StarRating.id == rating_id).with_for_update()
    ).first()
    if found is None or not work.actor.serves(found.institution_id, *STAFF):
        raise STARS_MISSING.refused()
    if found.objected_at is not None:
        raise OBJECTED_ALREADY.refused()
    check_objection_open(objection_until(work.session, found), work.today)
    found.objection, found.objected_at = said, work.at
    work.session.flush()
    audit.record_one(work, THING, found.id, "object")
    return found


def objection_until(session: Session, rating: StarRating) -> date:
    """Return the last day stars may be objected to.

    Raises Refused parameter_missing, calendar_year_missing.
    """
    given_on = day_of(rating.given_at)
    days = require_parameter_number(session, OBJECTION_DAYS, given_on, ())
    return add_workdays(given_on, days, read_calendar(session), count_first=False)
