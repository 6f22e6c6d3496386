"""Institutions: the directory of these regions, how each stands, and which steps of the ladder are open."""

from __future__ import annotations

from flask import render_template
from flask.typing import ResponseReturnValue

from voucher.doors.auth.door import the_door
from voucher.doors.auth.visitors import current_actor
from voucher.doors.web import fields
from voucher.doors.web.office import reach
from voucher.doors.web.office.blueprint import office
from voucher.doors.web.office.oversee.measures import list_open_steps
from voucher.registry import sanctions
from voucher.registry.listing import is_listed
from voucher.registry.systems.systems import STOPPERS, list_systems
from voucher.rules.lifecycle import STATE_NAMES, Thing
from voucher.rules.vocabulary import INSTITUTION_KIND_NAMES, InstitutionKind
from voucher.stages.oversee.measures import queries as measures
from voucher.stages.settle.queries import object_timeline
from voucher.stages.train import queries as training
from voucher.stages.train.queries.exits import count_in_classes, find_waiting

PER_PAGE, CLASSES_SHOWN, MEASURES_SHOWN = 20, 20, 20
STATES = list(STATE_NAMES[Thing.INSTITUTION].items())
KINDS = [(str(kind), name) for kind, name in INSTITUTION_KIND_NAMES.items()]


@office.get("/office/institutions")
def institutions() -> ResponseReturnValue:
    """Show the institutions of these regions, those looked for by name, kind or standing."""
    state, kind = fields.asked("state", dict(STATES)), fields.asked("kind", dict(KINDS))
    named, before = fields.asked("named"), fields.cursor("before")
    with the_door().read() as session:
        region, regions = reach.asked_regions(session)
        rows = sanctions.list_institutions(
            session, regions, state=state, kind=kind, named=named, before_id=before or None, limit=PER_PAGE
        )
        return render_template(
            "office/institutions.html",
            rows=rows,
            kind_names=dict(KINDS),
            region_names=reach.name_regions(session, {each.region_code for each in rows}),
            states=STATES,
            kinds=KINDS,
            regions=reach.list_region_choices(session),
            chosen={"state": state, "kind": kind, "named": named, "region": region},
            before=before,
            per_page=PER_PAGE,
        )


@office.get("/office/institutions/<int:institution_id>")
def institution(institution_id: int) -> ResponseReturnValue:
    """Show one institution: where it stands, its years on the list, its classes, and what may be done."""
    return show_institution(institution_id)


def show_institution(institution_id: int) -> str:
    """Return the page of one institution. Raises Refused institution_absent."""
    door, actor = the_door(), current_actor()
    with door.read() as session:
        found = sanctions.get_institution_within(session, institution_id, actor.regions)
        classes = training.list_classes(session, institution_ids=[found.id], limit=CLASSES_SHOWN)
        return render_template(
            "office/institution.html",
            found=found,
            kind_name=INSTITUTION_KIND_NAMES[InstitutionKind(found.kind)],
            region_name=reach.name_regions(session, {found.region_code})[found.region_code],
            years=sanctions.list_years(session, found.id),
            is_listed=is_listed(session, found.id, door.today),
            year=door.today.year,
            inside=count_in_classes(session, found.id),
            leaving=find_waiting(session, found.id),
            classes=training.view_classes(
                session, [each for each in classes if each.region_code in actor.regions]
            ),
            waiting=measures.find_proposed(session, found.id),
            measures=measures.list_measures(session, houses=[found.id], limit=MEASURES_SHOWN),
            happenings=object_timeline(session, Thing.INSTITUTION, found.id),
            steps=list_open_steps(session, found, door.today),
            systems=list_systems(session, [found.id], door.at),
            may_stop_systems=actor.has(*STOPPERS),
        )
