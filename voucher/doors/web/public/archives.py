"""Looking at a record its owner shows: by code, said who looks; by POST, so that no log holds the code."""

from __future__ import annotations

from flask import render_template
from flask.typing import ResponseReturnValue

from voucher.doors.auth.shield import check_rate, limiter
from voucher.doors.auth.visitors import perform
from voucher.doors.web import fields
from voucher.doors.web.acting import refuse
from voucher.doors.web.public.blueprint import public
from voucher.rules.errors import Refused
from voucher.stages.oversee.archive.sharing import look


@public.get("/check/archives")
def look_at_archive() -> ResponseReturnValue:
    """Ask for the code and for who is looking."""
    return _page()


def _page(**found: object) -> str:
    return render_template("public/archive.html", **found)


@public.post("/check/archives")
@limiter.limit(check_rate)
def show_archive() -> ResponseReturnValue:
    """Show what a code shows; the look is kept, and a code that is over is answered like an unknown one."""
    try:
        code = fields.text("code", "出示码", limit=40)
        viewer = fields.text("viewer", "查看单位", limit=60)
        return _page(shown=perform(lambda work: look(work, code, viewer)))
    except Refused as refused:
        return refuse(refused.refusal, _page)
