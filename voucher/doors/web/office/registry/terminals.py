"""公用设备: browsers of service halls at which anybody takes a voucher; named on the spot, ended here."""

from __future__ import annotations

from flask import render_template, url_for
from flask.typing import ResponseReturnValue

from voucher.doors.auth.browsers import browser_secret
from voucher.doors.auth.door import the_door
from voucher.doors.auth.visitors import current_actor
from voucher.doors.web import fields
from voucher.doors.web.acting import Done, submit
from voucher.doors.web.office import reach
from voucher.doors.web.office.blueprint import office
from voucher.doors.web.timelines import name_people
from voucher.plumbing.unit_of_work import Work
from voucher.registry import public_terminals as registry

PER_PAGE = 20


@office.get("/office/terminals")
def terminals() -> ResponseReturnValue:
    """Show the public terminals of these regions, and name the browser in use as one."""
    return _list()


@office.post("/office/terminals")
def name_terminal() -> ResponseReturnValue:
    """Name the browser in use as a public terminal."""

    def call(work: Work) -> Done:
        region, name = fields.text("region", "地区", limit=12), fields.text("name", "放在哪里", limit=60)
        made = registry.name_terminal(work, region, name, browser_secret())
        return Done(
            f"已登记“{made.name}”，请另一人确认后生效；用完请退出登录", url_for("web.office.terminals")
        )

    return submit(call, _list)


@office.post("/office/terminals/<int:terminal_id>/confirmations")
def confirm_terminal(terminal_id: int) -> ResponseReturnValue:
    """Confirm a public terminal another person named."""

    def call(work: Work) -> Done:
        found = registry.confirm_terminal(work, terminal_id)
        return Done(f"已确认“{found.name}”为公用设备", url_for("web.office.terminals"))

    return submit(call, _list)


@office.post("/office/terminals/<int:terminal_id>/endings")
def end_terminal(terminal_id: int) -> ResponseReturnValue:
    """End a public terminal."""

    def call(work: Work) -> Done:
        found = registry.end_terminal(work, terminal_id)
        return Done(f"“{found.name}”不再是公用设备", url_for("web.office.terminals"))

    return submit(call, _list)


def _list() -> str:
    before = fields.cursor("before")
    with the_door().read() as session:
        region, regions = reach.asked_regions(session)
        rows = registry.list_terminals(session, regions, before_id=before or None, limit=PER_PAGE)
        return render_template(
            "office/terminals.html",
            rows=rows,
            places=reach.name_regions(session, {each.region_code for each in rows}),
            names=name_people(
                session,
                [
                    each
                    for row in rows
                    for each in (row.named_by_person_id, row.confirmed_by_person_id)
                    if each
                ],
            ),
            now=the_door().at,
            own=current_actor().person_id,
            regions=reach.list_region_choices(session),
            region=region,
            before=before,
            per_page=PER_PAGE,
        )
