"""办理时限: at which step how much stands, since when, and what is late."""

from __future__ import annotations

from flask import render_template, url_for
from flask.typing import ResponseReturnValue

from voucher.doors.auth.door import the_door
from voucher.doors.auth.visitors import current_visitor
from voucher.doors.web.navigation import may_enter
from voucher.doors.web.office import reach
from voucher.doors.web.office.blueprint import office
from voucher.rules.lifecycle import Thing
from voucher.stages.settle.queries.pace import Age, list_ages


@office.get("/office/pace")
def pace() -> ResponseReturnValue:
    """Show every step of these regions with its age: vouchers first, then claims."""
    with the_door().read() as session:
        region, regions = reach.asked_regions(session)
        rows = list_ages(session, regions, the_door().today)
        return render_template(
            "office/pace.html",
            rows=rows,
            links=_link(rows, region) if may_enter(current_visitor(), "web.office.vouchers") else {},
            regions=reach.list_region_choices(session),
            region=region,
        )


def _link(rows: list[Age], region: str | None) -> dict[str, str]:
    """Return where the vouchers of a step are listed; finance sees the ages and not the holders."""
    return {each.state: _address(each, region) for each in rows if each.thing is Thing.VOUCHER}


def _address(age: Age, region: str | None) -> str:
    return url_for("web.office.vouchers", state=age.state, region=region)
