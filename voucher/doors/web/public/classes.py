"""Classes anybody may look at: those one can still enrol in, and one with its timetable and its price."""

from __future__ import annotations

from typing import Any

from flask import render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from voucher.doors.auth.door import the_door
from voucher.doors.web import fields
from voucher.doors.web.public.blueprint import public
from voucher.doors.web.public.directory import indent
from voucher.registry import catalogue, directory
from voucher.rules.dictionaries import TRAINING_MODE_NAMES
from voucher.rules.levels import Level, name_level
from voucher.rules.privacy import mask_free_text
from voucher.stages.train import queries as training
from voucher.stages.train.queries.inspections import list_seeds
from voucher.stages.train.queries.phone_checks import find_draw_of

PAGE = 20
MODES = {str(mode): name for mode, name in TRAINING_MODE_NAMES.items()}
LEVELS = {str(int(level)): name_level(level) for level in Level}


@public.get("/classes")
def classes() -> ResponseReturnValue:
    """Show the classes that have not begun and have a seat left."""
    door, after = the_door(), fields.cursor()
    with door.read() as session:
        kinds = training.list_open_kinds(session)
        seats = directory.list_tree(session, {region for region, _ in kinds})
        trades = catalogue.name_trades(session, [trade for _, trade in kinds])
        asked: dict[str, Any] = {
            "region": fields.asked("region", {each.code for each in seats}),
            "trade": fields.asked("trade", trades),
            "level": fields.asked("level", LEVELS),
            "mode": fields.asked("mode", MODES),
            "institution": fields.cursor("institution") or None,
        }
        found = training.list_open_classes(
            session, door.at, door.today, _wanted(asked), after_id=after, limit=PAGE + 1
        )
        return render_template(
            "public/classes.html",
            rows=found[:PAGE],
            regions=indent(seats),
            trades=sorted(trades.items(), key=lambda each: each[1]),
            levels=list(LEVELS.items()),
            modes=list(MODES.items()),
            asked=asked,
            filtered=any(asked.values()),
            institution_name=_name(session, asked["institution"]),
            next_url=url_for("web.public.classes", **asked, after=found[PAGE - 1].view.found.id)
            if len(found) > PAGE
            else None,
            first_url=url_for("web.public.classes", **asked) if after else None,
        )


def _wanted(asked: dict[str, Any]) -> training.OpenFilter:
    return training.OpenFilter(
        region_code=asked["region"],
        trade_code=asked["trade"],
        level=int(asked["level"]) if asked["level"] else None,
        mode=asked["mode"],
        institution_id=asked["institution"],
    )


def _name(session: Session, institution_id: int | None) -> str | None:
    if institution_id is None:
        return None
    return directory.show_institution(session, the_door().today, institution_id).institution.name


@public.get("/inspection-draws")
def inspection_draws() -> ResponseReturnValue:
    """Show the hashes of seeds; seed and list once every class drawn was visited."""
    before = fields.cursor("before")
    with the_door().read() as session:
        rows = list_seeds(session, before_id=before or None, limit=PAGE + 1)
        codes = {each.seed.region_code for each in rows}
        return render_template(
            "public/inspection_draws.html",
            rows=rows[:PAGE],
            regions={each.code: each.name for each in directory.list_tree(session, codes)},
            next_url=url_for("web.public.inspection_draws", before=rows[PAGE - 1].seed.id)
            if len(rows) > PAGE
            else None,
            first_url=url_for("web.public.inspection_draws") if before else None,
        )


@public.get("/classes/<int:class_id>")
def training_class(class_id: int) -> ResponseReturnValue:
    """Show one published class; who sits in it is nobody's business."""
    door = the_door()
    with door.read() as session:
        found = training.get_class_for(session, None, class_id)
        opened = training.list_open_classes(
            session, door.at, door.today, training.OpenFilter(class_id=class_id), limit=1
        )
        return render_template(
            "public/class.html",
            view=training.view_classes(session, [found])[0],
            found=found,
            opened=opened[0] if opened else None,
            phone_draw=find_draw_of(session, class_id),
            lessons=training.list_sessions(session, class_id),
            modes=MODES,
            # typed by the institution, and anybody reads it
            teacher=mask_free_text(found.teacher),
            place=mask_free_text(found.place),
        )
