"""职责委托: one's own roles given to a colleague for some days, and what was taken on."""

from __future__ import annotations

from flask import render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from voucher.doors.auth.door import the_door
from voucher.doors.auth.visitors import current_actor
from voucher.doors.web import fields
from voucher.doors.web.acting import Done, submit
from voucher.doors.web.office.blueprint import office
from voucher.doors.web.timelines import name_people
from voucher.plumbing.unit_of_work import Work
from voucher.registry.catalogue import Region
from voucher.registry.delegations import DAYS_MOST, delegate, end_delegation, list_delegations, list_own_roles
from voucher.registry.tables import require_parameter_number
from voucher.registry.users import RoleGrant
from voucher.rules.actor import ROLE_NAMES, Role


@office.get("/desk/delegations")
def delegations() -> ResponseReturnValue:
    """Show the own delegations and the form for a new one."""
    return _show()


@office.post("/desk/delegations")
def make_delegation() -> ResponseReturnValue:
    """Give one of the own roles to a colleague for some days."""

    def call(work: Work) -> Done:
        made = delegate(
            work,
            fields.whole("grant", "职责"),
            fields.text("deputy", "受托人账号", limit=60),
            fields.day("since", "起日"),
            fields.day("until", "止日"),
            fields.text("why", "原因", limit=200),
        )
        words = f"已委托，{made.since.isoformat()} 至 {made.until.isoformat()} 有效，到期自动终止"
        return Done(words, url_for("web.office.delegations"))

    return submit(call, _show)


@office.post("/desk/delegations/<int:delegation_id>/endings")
def finish_delegation(delegation_id: int) -> ResponseReturnValue:
    """End a delegation at once."""

    def call(work: Work) -> Done:
        end_delegation(work, delegation_id)
        return Done("委托已终止，立即生效", url_for("web.office.delegations"))

    return submit(call, _show)


def _show() -> str:
    door, actor = the_door(), current_actor()
    with door.read() as session:
        rows = list_delegations(session, actor.person_id)
        own = list_own_roles(session, actor.user_id, door.today)
        granted = {each.id: each for each in session.scalars(
            select(RoleGrant).where(RoleGrant.id.in_([row.grant_id for row in rows]))
        )}  # fmt: skip
        names = name_people(
            session, [each for row in rows for each in (row.principal_person_id, row.deputy_person_id)]
        )
        return render_template(
            "office/delegations.html",
            rows=[(row, _tell(session, granted[row.grant_id])) for row in rows],
            choices=[(each.id, _tell(session, each)) for each in own],
            names=names,
            me=actor.person_id,
            today=door.today,
            days_most=require_parameter_number(session, DAYS_MOST, door.today, []),
        )


def _tell(session: Session, granted: RoleGrant) -> str:
    """Return a role with its region, as people say it."""
    region = session.get(Region, granted.region_code) if granted.region_code else None
    return f"{ROLE_NAMES[Role(granted.role)]} · {region.name if region else ''}"
