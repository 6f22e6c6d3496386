"""星级: the formula with its dated numbers, and who was given how many stars for the last year."""

from __future__ import annotations

from flask import render_template
from flask.typing import ResponseReturnValue

from voucher.doors.auth.door import the_door
from voucher.doors.web import fields
from voucher.doors.web.public.blueprint import public
from voucher.registry.credit import LEAST
from voucher.registry.tables import require_parameter_number
from voucher.rules.credit import MINUS
from voucher.stages.oversee.quality.crediting import DAYS_BACK
from voucher.stages.oversee.quality.figures import read_formula
from voucher.stages.oversee.quality.queries import list_starred

PAGE = 50


@public.get("/stars")
def stars() -> ResponseReturnValue:
    """Show how stars are given, and to whom."""
    door, after = the_door(), fields.cursor()
    with door.read() as session:
        year = door.today.year - 1
        rows = list_starred(session, year, after_id=after, limit=PAGE)
        return render_template(
            "public/stars.html",
            formula=read_formula(session, door.today),
            rows=rows,
            credit=[
                (name, require_parameter_number(session, parameter, door.today, ()))
                for name, parameter in MINUS.values()
            ],
            credit_least=require_parameter_number(session, LEAST, door.today, ()),
            credit_days=require_parameter_number(session, DAYS_BACK, door.today, ()),
            year=year,
            after=after,
            page=PAGE,
        )
