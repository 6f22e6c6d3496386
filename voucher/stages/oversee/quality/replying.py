"""Answering an objection to stars (答复星级异议): another person, by a day, with the same formula."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from voucher.ledger import audit
from voucher.plumbing.clock import day_of
from voucher.plumbing.unit_of_work import Work
from voucher.registry.access.colleagues import list_reachable
from voucher.registry.institutions import Institution
from voucher.registry.letters import STARS_ANSWERED, Notice, write_to_people
from voucher.registry.tables import read_calendar, require_parameter_number
from voucher.rules.actor import Role, check_role
from voucher.rules.calendar import add_workdays
from voucher.rules.stars import Figures, Formula, Stars, check_changed, check_reply, count_stars
from voucher.rules.words import check_why
from voucher.stages.oversee.measures.reading import has_served
from voucher.stages.oversee.quality.figures import read_figures
from voucher.stages.oversee.quality.giving import STARS_MISSING, THING
from voucher.stages.oversee.quality.models import StarRating, StarReply

REPLIERS = (Role.SUPERVISOR, Role.OFFICER_COUNTY, Role.OFFICER_CITY, Role.OFFICER_PROVINCE)
REPLY_DAYS = "star_reply_workdays"
OUTCOMES = {True: "成立", False: "不成立"}


def count_anew(session: Session, rating: StarRating, today: date) -> tuple[Figures | None, Stars | None]:
    """Return a year's figures as they stand today, and what the formula it was judged by says of them."""
    house = rating.institution_id
    found = read_figures(session, None, rating.year, today, whose=[house]).get(house)
    return found, None if found is None else count_stars(found, Formula(**rating.formula))


def answer_objection(work: Work, rating_id: int, words: str, *, is_upheld: bool) -> StarReply:
    """Answer an objection once; upheld, the stars are counted anew from what the records say today.

    Nobody types stars in: records that were wrong are corrected first. Raises Refused role_missing,
    stars_missing (also for a foreign one), why_missing, stars_not_objected, stars_replied_already,
    stars_second_person_needed, stars_own_institution, stars_unchanged, stars_not_better.
    """
    check_role(work.actor, *REPLIERS)
    said = check_why(words)
    found = work.session.scalars(
        select(StarRating).where(StarRating.id == rating_id).with_for_update()
    ).first()
    house = work.session.get(Institution, found.institution_id) if found is not None else None
    if found is None or house is None or house.region_code not in work.actor.regions_as(*REPLIERS):
        raise STARS_MISSING.refused()
    check_reply(
        found.given_by_person_id,
        work.actor.person_id,
        is_objected=found.objected_at is not None,
        is_replied=found.replied_at is not None,
        has_served=has_served(work.session, work.actor.person_id, house.id),
    )
    made = StarReply(rating_id=found.id, is_upheld=is_upheld, replied_by_person_id=work.actor.person_id)
    if is_upheld:
        figures, anew = count_anew(work.session, found, work.today)
        check_changed(found.stars, found.total_tenths, anew)
        made.figures = asdict(figures) if figures is not None else None
        if anew is not None:
            made.lines = [[line.word, line.points_tenths, line.most_tenths] for line in anew.lines]
            made.total_tenths, made.stars = anew.total_tenths, anew.stars
    found.reply, found.replied_at = said, work.at
    work.session.add(made)
    work.session.flush()
    audit.record_one(work, THING, found.id, "answer", upheld=is_upheld, stars=made.stars)
    told = {"year": found.year, "outcome": OUTCOMES[is_upheld]}
    heads = list_reachable(work.session, house.id, (Role.INSTITUTION_ADMIN,), work.today)
    write_to_people(work, [Notice(f"stars:{found.id}:{each}", each, STARS_ANSWERED, told) for each in heads])
    return made


def find_reply_due(session: Session, rating: StarRating) -> date | None:
    """Return the last day an objection is to be answered on; None where there is none.

    Raises Refused parameter_missing, calendar_year_missing.
    """
    if rating.objected_at is None:
        return None
    return _after(session, day_of(rating.objected_at), REPLY_DAYS)


def list_objected(
    session: Session, regions: Collection[str], *, after_id: int = 0, limit: int
) -> list[tuple[StarRating, Institution]]:
    """Return the objections of regions nobody has answered, the oldest first."""
    rows = session.execute(
        select(StarRating, Institution)
        .join(Institution, Institution.id == StarRating.institution_id)
        .where(
            Institution.region_code.in_(sorted(regions)),
            StarRating.objected_at.is_not(None),
            StarRating.replied_at.is_(None),
            StarRating.id > after_id,
        )
        .order_by(StarRating.id)
        .limit(limit)
    )
    return [(rating, house) for rating, house in rows]


def count_objected(session: Session, regions: Collection[str]) -> tuple[int, datetime | None]:
    """Return how many objections of regions wait for an answer, and since when the oldest does."""
    count, oldest = session.execute(
        select(func.count(), func.min(StarRating.objected_at))
        .join(Institution, Institution.id == StarRating.institution_id)
        .where(
            Institution.region_code.in_(sorted(regions)),
            StarRating.objected_at.is_not(None),
            StarRating.replied_at.is_(None),
        )
    ).one()
    return int(count), oldest


def _after(session: Session, since: date, parameter: str) -> date:
    days = require_parameter_number(session, parameter, since, ())
    return add_workdays(since, days, read_calendar(session), count_first=False)
