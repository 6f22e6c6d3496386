"""曝光: final measures with reason, legal basis and the days they are shown; nobody is named in them."""

from __future__ import annotations

from flask import render_template
from flask.typing import ResponseReturnValue

from voucher.doors.auth.door import the_door
from voucher.doors.web import fields
from voucher.doors.web.public.blueprint import public
from voucher.stages.oversee.measures.queries import list_exposed

PAGE = 20


@public.get("/exposures")
def exposures() -> ResponseReturnValue:
    """Show what is exposed today, the newest first."""
    door, before = the_door(), fields.cursor("before")
    with door.read() as session:
        rows = list_exposed(session, door.today, before_id=before or None, limit=PAGE + 1)
        return render_template(
            "public/exposures.html", rows=rows[:PAGE], more=len(rows) > PAGE, before=before
        )
