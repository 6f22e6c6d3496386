"""Following an objection by its number."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from voucher.doors.auth.door import the_door
from voucher.doors.web.acting import refuse
from voucher.doors.web.public.blueprint import public
from voucher.rules.errors import Refused
from voucher.stages.settle import queries


@public.get("/objections")
def find_objection() -> ResponseReturnValue:
    """Ask for a number, or go to the objection that has it."""
    number = request.args.get("number", "").strip()[:40]
    if not number:
        return render_template("public/find_objection.html", number="")
    try:
        with the_door().read() as session:
            queries.get_objection_by_number(session, number)
    except Refused as refused:
        return refuse(refused.refusal, lambda: render_template("public/find_objection.html", number=number))
    return redirect(url_for("web.public.objection", number=number))


@public.get("/objections/<number>")
def objection(number: str) -> ResponseReturnValue:
    """Show how far an objection has come, without the words and the contact of whoever lodged it."""
    with the_door().read() as session:
        found = queries.get_objection_by_number(session, number[:40])
        notice = queries.get_notice(session, found.notice_id)
        return render_template("public/objection.html", objection=found, notice=notice)
