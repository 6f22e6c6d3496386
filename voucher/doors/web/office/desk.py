"""The desk: what waits for whoever has signed in, where they may act, and what was settled lately."""

from __future__ import annotations

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from voucher.doors.auth.door import the_door
from voucher.doors.auth.entries import DESK, WATCHERS
from voucher.doors.auth.visitors import current_actor, current_visitor
from voucher.doors.web.navigation import home_endpoint
from voucher.doors.web.office.blueprint import office
from voucher.doors.web.office.desk_groups import find_longest, group_queues
from voucher.doors.web.office.queues import list_queues
from voucher.registry.catalogue import Region
from voucher.rules.actor import ROLE_NAMES, Actor
from voucher.stages.settle import queries
from voucher.stages.settle.queries.desk import CLAIM_QUEUES

RECENT_BATCHES = 5
PLACES = {
    "objections": "web.office.objections",
    "accounts": "web.office.accounts",
    "bounced": "web.office.accounts",
    "prepare": "web.finance.files",
    "check": "web.finance.files",
    "release": "web.finance.files",
    "results": "web.finance.files",
}
CLAIM_STATES = {key: state for key, _, state, _ in CLAIM_QUEUES}


@office.get("/desk")
def home() -> ResponseReturnValue:
    """Show the desk of this account; whoever has a page of their own to begin with goes on there."""
    if (own := home_endpoint(current_visitor())) != "web.office.home":
        return redirect(url_for(own), 303)
    door, actor = the_door(), current_actor()
    business = actor.has(*DESK)
    with door.read() as session:
        queues = [*list_queues(session, actor), *_list_settling(session, actor)] if business else []
        groups = group_queues(queues, door.at)
        return render_template(
            "office/home.html",
            groups=groups,
            longest=find_longest(groups),
            batches=queries.list_batches(session, actor.regions, limit=RECENT_BATCHES) if business else [],
            duties=_list_duties(session, actor),
            business=business,
            watches=not actor.has(*(DESK - WATCHERS)),
        )


def _list_settling(session: Session, actor: Actor) -> list[tuple[queries.Waiting, str]]:
    return [(each, _address(each)) for each in queries.desk(session, actor)]


def _address(queue: queries.Waiting) -> str:
    """Return the page a queue leads to."""
    if queue.key in PLACES:
        return url_for(PLACES[queue.key])
    if queue.first_batch_id is None:
        return url_for("web.office.batches")
    state = CLAIM_STATES.get(queue.key)
    return url_for("web.office.batch", batch_id=queue.first_batch_id, state=state, _anchor="lines")


def _list_duties(session: Session, actor: Actor) -> list[tuple[str, str]]:
    """Return each role of the actor with the name of the region it is granted in."""
    codes = sorted({grant.region_code for grant in actor.grants if grant.region_code})
    rows = session.execute(select(Region.code, Region.name).where(Region.code.in_(codes)))
    names = dict(rows.all())
    return [(ROLE_NAMES[grant.role], names.get(grant.region_code or "", "本机构")) for grant in actor.grants]
