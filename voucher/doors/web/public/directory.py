"""The directory of institutions: found by place, kind and name; those struck off stand in it with why."""

from __future__ import annotations

from typing import Any

from flask import render_template, url_for
from flask.typing import ResponseReturnValue

from voucher.doors.auth.door import the_door
from voucher.doors.web import fields
from voucher.doors.web.public.blueprint import public
from voucher.registry import directory
from voucher.registry.catalogue import list_subtree
from voucher.registry.credit import read_points
from voucher.rules.vocabulary import INSTITUTION_KIND_NAMES
from voucher.stages.oversee.quality.queries import find_newest
from voucher.stages.train import queries as training
from voucher.stages.train.queries.ratings import rated_institution

PAGE, CLASSES_SHOWN = 20, 10
KINDS = {str(kind): name for kind, name in INSTITUTION_KIND_NAMES.items()}
INDENT = "　"


def indent(seats: list[directory.Seat]) -> list[tuple[str, str]]:
    """Return regions as a choice, each a step to the right of the one it lies in."""
    return [(each.code, INDENT * each.depth + each.name) for each in seats]


@public.get("/institutions")
def institutions() -> ResponseReturnValue:
    """Show the institutions that fit what is looked for."""
    door, after = the_door(), fields.cursor()
    with door.read() as session:
        seats = directory.list_seats(session)
        years = {str(each): f"{each} 年目录清单" for each in directory.list_listed_years(session)}
        asked: dict[str, Any] = {
            "year": fields.asked("year", years),
            "region": fields.asked("region", {each.code for each in seats}),
            "kind": fields.asked("kind", KINDS),
            "q": fields.asked("q"),
        }
        found = directory.list_directory(
            session,
            door.today,
            regions=list_subtree(session, asked["region"]) if asked["region"] else None,
            kind=asked["kind"],
            words=asked["q"],
            year=int(asked["year"]) if asked["year"] else None,
            after_id=after,
            limit=PAGE + 1,
        )
        rows = found[:PAGE]
        return render_template(
            "public/institutions.html",
            rows=rows,
            kinds=KINDS,
            years=list(years.items()),
            regions=indent(seats),
            asked=asked,
            filtered=any(asked.values()),
            next_url=url_for("web.public.institutions", **asked, after=rows[-1].institution.id)
            if len(found) > PAGE
            else None,
            first_url=url_for("web.public.institutions", **asked) if after else None,
        )


@public.get("/institutions/<int:institution_id>")
def institution(institution_id: int) -> ResponseReturnValue:
    """Show one institution: whether it stands, its yearly lists, what it may evaluate, its open classes."""
    door = the_door()
    with door.read() as session:
        row = directory.show_institution(session, door.today, institution_id)
        classes = training.list_open_classes(
            session,
            door.at,
            door.today,
            training.OpenFilter(institution_id=institution_id),
            limit=CLASSES_SHOWN + 1,
        )
        return render_template(
            "public/institution.html",
            row=row,
            found=row.institution,
            stars=find_newest(session, institution_id),
            credit=read_points(session, institution_id),
            rated=rated_institution(session, institution_id, door.today),
            kind_name=KINDS.get(row.institution.kind, row.institution.kind),
            listings=directory.list_listings(session, institution_id),
            filings=directory.list_filings(session, institution_id, door.today),
            classes=classes[:CLASSES_SHOWN],
            more=len(classes) > CLASSES_SHOWN,
        )
