"""职责委托: one's own roles given to a colleague for some days, and what was taken on."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from voucher.doors.api.room import Room
from voucher.doors.auth.door import the_door
from voucher.doors.auth.visitors import current_actor
from voucher.doors.schemas.paging import Paging, paged
from voucher.doors.schemas.registry.systems import Nothing
from voucher.doors.schemas.settle.desks import Delegations, DelegationState, NewDelegation, OwnRoles
from voucher.plumbing.unit_of_work import Work
from voucher.registry.delegations import (
    Delegation,
    delegate,
    end_delegation,
    list_delegations,
    list_own_roles,
)

delegations = Room("delegations", __name__, url_prefix="/api/v1", description="职责委托")


@delegations.look("/delegations", query=Paging, answer=Delegations)
def list_own_delegations(session: Session, asked: dict[str, Any]) -> dict[str, Any]:
    """本人委托和受托的职责，新的在前。"""
    person_id = current_actor().person_id
    page = paged(
        asked,
        lambda before, limit: list_delegations(session, person_id, before_id=before, limit=limit),
        lambda row: row.id,
    )
    return page | {"items": [_told(each, person_id) for each in page["items"]]}


@delegations.look("/delegations/roles", answer=OwnRoles)
def list_delegable_roles(session: Session, _asked: dict[str, Any]) -> dict[str, Any]:
    """本人现有的、可以委托的职责；受托来的不能再委托。"""
    return {"items": list_own_roles(session, current_actor().user_id, the_door().today)}


@delegations.act(
    "/delegations",
    body=NewDelegation,
    answer=DelegationState,
    example={
        "grant_id": 7,
        "deputy": "second-review",
        "since": "2024-03-06",
        "until": "2024-03-12",
        "why": "外出培训",
    },
)
def make_delegation(work: Work, given: dict[str, Any]) -> dict[str, Any]:
    """把本人的一项职责委托给同事，到期自动终止；一人一环节的限制照旧。"""
    made = delegate(work, given["grant_id"], given["deputy"], given["since"], given["until"], given["why"])
    return _told(made, work.actor.person_id)


@delegations.act("/delegations/<int:delegation_id>/endings", body=Nothing, answer=DelegationState)
def finish_delegation(work: Work, _given: dict[str, Any], delegation_id: int) -> dict[str, Any]:
    """终止本人委托或受托的职责，立即生效。"""
    end_delegation(work, delegation_id)
    return _told(work.session.get_one(Delegation, delegation_id), work.actor.person_id)


def _told(each: Delegation, person_id: int) -> dict[str, Any]:
    names = ("id", "since", "until", "why", "made_at", "ended_at")
    return {name: getattr(each, name) for name in names} | {"given": each.principal_person_id == person_id}
