"""分包登记: every class another institution teaches than the one that is paid, and how much is given away."""

from __future__ import annotations

from flask import render_template
from flask.typing import ResponseReturnValue

from voucher.doors.auth.door import the_door
from voucher.doors.auth.visitors import current_actor
from voucher.doors.web import fields
from voucher.doors.web.office.blueprint import office
from voucher.registry.tables import read_parameter_number
from voucher.stages.train import subcontracting
from voucher.stages.train.queries.subcontracts import list_subcontracts

PER_PAGE = 50


@office.get("/office/subcontracts")
def subcontracts() -> ResponseReturnValue:
    """Show what was handed on in these regions, the newest first."""
    door, before = the_door(), fields.cursor("before")
    with door.read() as session:
        rows = list_subcontracts(
            session, regions=current_actor().regions, before_id=before or None, limit=PER_PAGE
        )
        hosts = {(each.subcontract.from_institution_id, each.training_class.starts_on.year) for each in rows}
        return render_template(
            "office/subcontracts.html",
            rows=rows,
            shares={(house, year): subcontracting.count_given(session, house, year) for house, year in hosts},
            most_bp=read_parameter_number(session, subcontracting.SHARE_MOST, door.today, ()),
            free=read_parameter_number(session, subcontracting.FREE, door.today, ()),
            before=before,
            per_page=PER_PAGE,
        )
