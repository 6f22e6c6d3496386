"""查看记录: who looked at whom; and the one unmasked look that a written reason allows."""

from __future__ import annotations

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue

from voucher.doors.auth.door import the_door
from voucher.doors.auth.visitors import current_actor
from voucher.doors.web import fields
from voucher.doors.web.acting import show_once
from voucher.doors.web.supervisor.blueprint import supervisor
from voucher.doors.web.supervisor.tracing import show_person
from voucher.plumbing.unit_of_work import Work
from voucher.stages.oversee import openings
from voucher.stages.oversee.looking import (
    LOOK_NAMES,
    LOOKED_AT_NAMES,
    WHO,
    Unmasked,
    list_looks,
    look_unmasked,
)

PAGE = 50
LOST = "这一次查看已经显示过，不再重复显示；确需再看，请重新写明理由"


@supervisor.get("/supervisor/looks")
def looks() -> ResponseReturnValue:
    """Show who looked at personal data, the newest first; of one account where one is asked for."""
    before, asked = fields.cursor("before"), request.args.get("user", "")
    user_id = int(asked) if asked.isdigit() and len(asked) < 18 else None
    with the_door().read() as session:
        rows = list_looks(
            session,
            current_actor().regions_as(*WHO),
            user_id=user_id,
            before_id=before or None,
            limit=PAGE + 1,
        )
    return render_template(
        "supervisor/looks.html",
        rows=rows[:PAGE],
        names=LOOK_NAMES,
        looked_at=LOOKED_AT_NAMES,
        one=rows[0].user_name if rows and user_id is not None else None,
        next_url=url_for("web.supervisor.looks", before=rows[PAGE - 1].id, user=user_id)
        if len(rows) > PAGE
        else None,
        first_url=url_for("web.supervisor.looks", user=user_id) if before else None,
    )


@supervisor.get("/supervisor/looks/masked")
def masked_looks() -> ResponseReturnValue:
    """Show who opened which page, once a day each, name and number masked; of one account where asked."""
    before, asked = fields.cursor("before"), request.args.get("user", "")
    user_id = int(asked) if asked.isdigit() and len(asked) < 18 else None
    with the_door().read() as session:
        rows = openings.list_openings(
            session,
            current_actor().regions_as(*WHO),
            user_id=user_id,
            before_id=before or None,
            limit=PAGE + 1,
        )
    return render_template(
        "supervisor/masked_looks.html",
        rows=rows[:PAGE],
        names=openings.OPENED_NAMES,
        matters=openings.MATTER_NAMES,
        one=rows[0].user_name if rows and user_id is not None else None,
        next_url=url_for("web.supervisor.masked_looks", before=rows[PAGE - 1].id, user=user_id)
        if len(rows) > PAGE
        else None,
        first_url=url_for("web.supervisor.masked_looks", user=user_id) if before else None,
    )


@supervisor.post("/supervisor/people/<int:person_id>/looks")
def look_at_person(person_id: int) -> ResponseReturnValue:
    """Show a person's name and number once, for a written reason that stays in the trail."""

    def call(work: Work) -> Unmasked:
        return look_unmasked(work, person_id, fields.text("why", "查看理由", required=False, limit=200) or "")

    return show_once(call, lambda shown: show_person(person_id, shown), lambda: show_person(person_id), LOST)
