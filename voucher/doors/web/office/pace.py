"""办理时限: at which step how much stands, since when, and what is late."""

from __future__ import annotations

from typing import Any

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
            links=_link(rows, region),
            regions=reach.list_region_choices(session),
            region=region,
        )


def _link(rows: list[Age], region: str | None) -> dict[tuple[Thing, str], str]:
    """Return where the things of a step are listed; finance sees the ages and not the holders."""
    visitor, links = current_visitor(), dict[tuple[Thing, str], str]()
    for each in rows:
        at, of_voucher = (each.thing, each.state), each.thing is Thing.VOUCHER
        place = "web.office.vouchers" if of_voucher else "web.office.batches"
        if may_enter(visitor, place):
            step: dict[str, Any] = {"state" if of_voucher else "line": each.state}
            links[at] = url_for(place, region=region, **step)
    return links
