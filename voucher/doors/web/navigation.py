"""What every page's frame needs to know: who looks, where they may go, how large the letters are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import current_app, request
from sqlalchemy import select

from voucher.doors.auth.access import MATRIX
from voucher.doors.auth.door import the_door
from voucher.doors.auth.entries import DESK, EVALUATOR_STAFF, INSTITUTION_STAFF, Entry
from voucher.doors.auth.visitors import Visitor, current_visitor
from voucher.doors.web.addresses import page_address, page_path
from voucher.doors.web.below import BELOW
from voucher.doors.web.limits import left_of
from voucher.doors.web.places import AUDITING, DESK_GROUPS, DESK_HOME, PHONE_PLACES, PUBLIC_PLACES
from voucher.doors.web.saved import saving_of
from voucher.registry.catalogue import Region
from voucher.registry.institutions import Institution
from voucher.registry.people import read_people
from voucher.rules.actor import Actor, Role

SIZE_COOKIE = "size"
LAST_DIGITS = 4
# whoever works for a body of their own, and not at the office, begins there
OWN_DESKS = (
    (INSTITUTION_STAFF, "web.institution.home"),
    (EVALUATOR_STAFF, "web.evaluator.home"),
    (frozenset({Role.KEY_CUSTODIAN}), "web.custodian.keys"),
)
# a menu this short stands open as a whole; a longer one opens the group one is in
OPEN_MENU_PLACES = 14
DEFAULT_FOOTER = {
    "hotline": "12333",
    "region": "河南省 · 人人持证",
    "lines": [
        ("主办单位", "示例市人力资源和社会保障局"),
        ("政府网站标识码", "4100000000"),
        ("备案号", "豫ICP备00000000号"),
        ("公网安备", "41000000000000号"),
        ("联系电话", "12333"),
    ],
    "demo": True,
}


@dataclass(frozen=True, slots=True)
class Place:
    """One entry of a navigation; `icon` only in the bar of a phone."""

    name: str
    endpoint: str
    here: bool
    icon: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """One heading of the desk's menu with the places below it."""

    name: str
    places: tuple[Place, ...]
    is_open: bool


def may_enter(visitor: Visitor | None, endpoint: str) -> bool:
    """Return whether the access matrix lets a visitor in there; what is not built lets nobody in."""
    access = MATRIX.get(endpoint)
    if access is None or endpoint not in current_app.view_functions:
        return False
    if access.who is Entry.PUBLIC:
        return True
    if visitor is None or visitor.is_half_way or visitor.must_change_password:
        return False
    return isinstance(access.who, Entry) or visitor.actor.has(*access.who)


def is_worker(visitor: Visitor | None) -> bool:
    """Return whether a visitor is here for their own vouchers only."""
    return visitor is not None and {grant.role for grant in visitor.actor.grants} == {Role.WORKER}


def desk_endpoint(visitor: Visitor | None) -> str:
    """Return the desk somebody works at: an institution's, an evaluator's, or the office's."""
    if visitor is not None and not visitor.actor.has(*DESK):
        for roles, endpoint in OWN_DESKS:
            if visitor.actor.has(*roles) and may_enter(visitor, endpoint):
                return endpoint
    return DESK_HOME[1]


def home_endpoint(visitor: Visitor | None) -> str:
    """Return where somebody belongs: the worker's first page, their desk, or the public one."""
    home = PHONE_PLACES[0][1] if is_worker(visitor) else desk_endpoint(visitor)
    return home if may_enter(visitor, home) else "web.public.home"


def _side(visitor: Visitor | None, endpoint: str) -> str:
    """Return which of the three frames a page has: the desk's, a phone's, the public one."""
    inside = visitor is not None and not visitor.is_half_way
    if endpoint.startswith("web.worker.") or (inside and is_worker(visitor)):
        return "public" if endpoint.startswith("web.public.") else "phone"
    return "desk" if inside and not endpoint.startswith("web.public.") else "public"


def _list_places(visitor: Visitor | None, places: tuple[tuple[str, ...], ...]) -> tuple[Place, ...]:
    here = request.endpoint or ""
    return tuple(
        Place(name, endpoint, endpoint == here or here in BELOW.get(endpoint, ()), *icon)
        for name, endpoint, *icon in places
        if may_enter(visitor, endpoint)
    )


def list_groups(visitor: Visitor | None) -> list[Group]:
    """Return the menu of a desk: every group in which the visitor may go somewhere."""
    found = [(name, _list_places(visitor, places)) for name, places in DESK_GROUPS]
    short = sum(len(places) for _, places in found) <= OPEN_MENU_PLACES
    # what an auditor comes for stands open on every page, above what is read besides
    auditing = visitor is not None and visitor.actor.has(Role.AUDITOR)
    return [
        Group(
            name,
            places,
            short or (auditing and name == AUDITING) or any(each.here for each in places),
        )
        for name, places in found
        if places
    ]


def name_units(actor: Actor) -> str:
    """Return for whom somebody acts: the institutions, else the regions of the grants."""
    institutions = {grant.institution_id for grant in actor.grants if grant.institution_id is not None}
    regions = {grant.region_code for grant in actor.grants if grant.region_code is not None}
    if not institutions and not regions:
        return ""
    wanted = (
        select(Institution.name).where(Institution.id.in_(sorted(institutions))).order_by(Institution.id)
        if institutions
        else select(Region.name).where(Region.code.in_(sorted(regions))).order_by(Region.code)
    )
    with the_door().read() as session:
        return "、".join(session.scalars(wanted))


def own_last_four() -> str:
    """Return the last four of the visitor's own identity number, which a page that was photographed shows."""
    door, visitor = the_door(), current_visitor()
    if visitor is None:
        return ""
    with door.read() as session:
        found = read_people(session, door.keyring, [visitor.actor.person_id])
    return "".join((each.number or "")[-LAST_DIGITS:] for each in found.values())


def frame() -> dict[str, Any]:
    """Return what the layouts ask for on every page."""
    visitor, endpoint = current_visitor(), request.endpoint or ""
    inside = visitor is not None and not visitor.is_half_way
    entering = endpoint.startswith("web.entrance.")
    side = _side(visitor, endpoint)
    places: tuple[tuple[str, ...], ...] = () if entering else PUBLIC_PLACES
    return {
        "actor": visitor.actor if visitor is not None and inside else None,
        "display_name": visitor.display_name if visitor is not None else "",
        "role_line": "、".join(visitor.role_names) if visitor is not None else "",
        "unit": name_units(visitor.actor) if visitor is not None and side == "desk" else "",
        "entering": entering,
        "side": side,
        "home": home_endpoint(visitor),
        "nav": list(_list_places(visitor, PHONE_PLACES if side == "phone" else places)),
        "menu": list_groups(visitor) if side == "desk" else [],
        "desk_home": Place(DESK_HOME[0], desk_endpoint(visitor), endpoint == desk_endpoint(visitor)),
        "large": request.cookies.get(SIZE_COOKIE) == "large",
        "demo": the_door().config.demo,
        "now": the_door().at,
        "today": the_door().today,
        "footer": {**DEFAULT_FOOTER, **current_app.config.get("FOOTER", {})},
        "saving_of": saving_of,
        "left_of": left_of,
        "own_last_four": own_last_four,
        "page_path": page_path,
        "page_address": page_address,
        "may": lambda place: may_enter(visitor, place),
    }
