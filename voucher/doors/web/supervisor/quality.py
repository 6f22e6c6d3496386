"""质量评估: a year of every institution beside the median of its peers, one by class, and giving stars."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from flask import render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from voucher.doors.auth.door import the_door
from voucher.doors.auth.entries import WATCHERS
from voucher.doors.auth.visitors import current_actor
from voucher.doors.web import fields
from voucher.doors.web.acting import Done, submit
from voucher.doors.web.supervisor.blueprint import supervisor
from voucher.plumbing.unit_of_work import Work
from voucher.registry.institutions import Institution
from voucher.registry.sanctions import get_institution_within
from voucher.registry.standards import get_parameter
from voucher.stages.oversee.quality.figures import PARAMETERS, find_medians, read_figures, read_formula
from voucher.stages.oversee.quality.giving import give_stars as give
from voucher.stages.oversee.quality.queries import find_newest
from voucher.stages.train.models.classes import TrainingClass
from voucher.stages.train.queries.quality import select_ended
from voucher.stages.train.queries.unsigned import Unsigned, list_unsigned

YEARS_BACK, PER_PAGE = 5, 50


@supervisor.get("/supervisor/quality")
def quality() -> ResponseReturnValue:
    """Show every institution of these regions for a year; those with too few people without figures."""
    return _list()


@supervisor.post("/supervisor/quality/stars")
def give_stars() -> ResponseReturnValue:
    """Give stars for a year that is over."""

    def call(work: Work) -> Done:
        year = fields.whole("year", "年度")
        count = give(work, year)
        return Done(f"已评定 {year} 年星级，新评 {count} 家", url_for("web.supervisor.quality", year=year))

    return submit(call, _list)


@supervisor.get("/supervisor/quality/<int:institution_id>")
def quality_of(institution_id: int) -> ResponseReturnValue:
    """Show the classes of one institution for a year, and its stars."""
    door, regions = the_door(), current_actor().regions_as(*WATCHERS)
    year = read_year_asked()
    with door.read() as session:
        found = get_institution_within(session, institution_id, regions)
        formula = read_formula(session, door.today)
        figures = read_figures(session, regions, year, door.today, institution_id=institution_id)
        classes = {each: session.get_one(TrainingClass, each) for each in sorted(figures)[:PER_PAGE]}
        return render_template(
            "supervisor/quality_of.html",
            found=found,
            year=year,
            rows=[(classes[each], figures[each]) for each in classes],
            unsigned={
                each.taught.id: each
                for each in _list_unsigned(session, regions, year, institution_id=institution_id)
            },
            least=formula.people_least,
            medians=find_medians(list(figures.values()), 1),
            stars=find_newest(session, institution_id),
        )


def _list_unsigned(
    session: Session, regions: Collection[str], year: int, *, institution_id: int | None = None
) -> list[Unsigned]:
    """Return the classes of a year that are over and that nobody has signed off, the oldest first."""
    today = the_door().today
    span = (date(year, 1, 1), date(year, 12, 31))
    ended = select_ended(regions, *span, today, institution_id=institution_id)
    return list_unsigned(session, ended, today, limit=PER_PAGE)


def _name_of(source: str) -> str:
    """Return what a row of the formula is called: what its source says behind the colon, or all it says."""
    return (source.partition("：")[2] or source.removeprefix("【设】")).partition("（")[0]


def read_year_asked() -> int:
    """Return the year asked for, this one where none is."""
    today = the_door().today
    asked = fields.asked("year", {str(today.year - back) for back in range(YEARS_BACK)})
    return int(asked) if asked else today.year


def list_years() -> list[tuple[str, str]]:
    """Return the years that can be asked for."""
    today = the_door().today
    return [(str(today.year - back), f"{today.year - back} 年") for back in range(YEARS_BACK)]


def _list() -> str:
    door, regions = the_door(), current_actor().regions_as(*WATCHERS)
    year, after = read_year_asked(), fields.cursor()
    with door.read() as session:
        formula = read_formula(session, door.today)
        figures = read_figures(session, regions, year, door.today)
        ordered = sorted(each for each in figures if each > after)[:PER_PAGE]
        rows = {name: get_parameter(session, name, door.today, ["*"]) for name in PARAMETERS.values()}
        return render_template(
            "supervisor/quality.html",
            rows=[(session.get_one(Institution, each), figures[each]) for each in ordered],
            least=formula.people_least,
            medians=find_medians(list(figures.values()), formula.people_least),
            unsigned=[
                (each, session.get_one(Institution, each.taught.institution_id).name)
                for each in ([] if after else _list_unsigned(session, regions, year))
            ],
            formula=[
                (_name_of(each.source), each.value, each.unit, each.confidence) for each in rows.values()
            ],
            year=year,
            years=list_years(),
            after=after,
            per_page=PER_PAGE,
        )
