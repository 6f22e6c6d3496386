"""机构入驻: what an institution has to show, and where its filing begins."""

from __future__ import annotations

from flask import render_template
from flask.typing import ResponseReturnValue

from voucher.doors.auth.door import the_door
from voucher.doors.auth.matrix.filing import APPLICANTS
from voucher.doors.auth.visitors import current_actor, current_visitor
from voucher.doors.web.public.blueprint import public
from voucher.registry import tables
from voucher.registry.filing.reading import LIMIT
from voucher.rules.filing import LICENCE_NAMES


@public.get("/institutions/joining")
def joining() -> ResponseReturnValue:
    """Show the three steps, the papers, and by when the office answers."""
    door = the_door()
    with door.read() as session:
        return render_template(
            "public/joining.html",
            licences=list(LICENCE_NAMES.values()),
            may_file=current_visitor() is None or current_actor().has(*APPLICANTS),
            workdays=tables.read_parameter_number(session, LIMIT, door.today, ()),
        )
