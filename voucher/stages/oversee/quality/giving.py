"""Giving stars (评定星级) for a year that is over, kept with all they came of; an institution may object."""

from __future__ import annotations

from dataclasses import asdict

from sqlalchemy import select

from voucher.ledger import audit
from voucher.plumbing.unit_of_work import Work
from voucher.rules.actor import Role, check_role
from voucher.rules.errors import Family, reason
from voucher.rules.stars import SOURCE, check_year_over, count_stars
from voucher.rules.words import check_why
from voucher.stages.oversee.quality.figures import read_figures, read_formula
from voucher.stages.oversee.quality.models import StarRating

GIVERS = (Role.SUPERVISOR,)
STAFF = (Role.INSTITUTION_ADMIN, Role.EVALUATOR_ADMIN)
THING = "star_rating"

STARS_MISSING = reason(
    "stars_missing", "没有找到这次星级评定", "请从“星级”页重新选择", SOURCE, Family.MISSING
)
OBJECTED_ALREADY = reason("stars_objected_already", "已经提出过异议", "请等待答复", SOURCE, Family.CONFLICT)


def give_stars(work: Work, year: int) -> int:
    """Give stars to every institution of the actor's regions with enough people, and return to how many.

    Those that have stars for the year keep them. Raises Refused role_missing, stars_year_open,
    parameter_missing.
    """
    check_role(work.actor, *GIVERS)
    check_year_over(year, work.today)
    formula = read_formula(work.session, work.today)
    figures = read_figures(work.session, work.actor.regions_as(*GIVERS), year, work.today)
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
    """Object to one's own stars, once.

    Raises Refused role_missing, stars_missing (also for another institution's), why_missing,
    stars_objected_already.
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
    found.objection, found.objected_at = said, work.at
    work.session.flush()
    audit.record_one(work, THING, found.id, "object")
    return found
