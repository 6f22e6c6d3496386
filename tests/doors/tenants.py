"""Asking as everybody for one's own, a foreign and a missing object; what is compared is the whole answer."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import func, select

from tests.doors.world import Client
from voucher.ledger.audit import AuditRow
from voucher.ledger.states import StateEvent
from voucher.plumbing.db import Database
from voucher.rules.actor import Role

ANY_ROLE = frozenset(Role)


@dataclass(frozen=True, slots=True)
class Probe:
    """One route and the object it names, `#` in address or body; `own` are the groups it belongs to.

    `roles` narrows who asks this way where the route takes bodies of several kinds.
    """

    endpoint: str
    method: str
    path: str
    about: str
    own: frozenset[str]
    body: Mapping[str, Any] = field(default_factory=dict)
    roles: frozenset[Role] = ANY_ROLE
    file: bool = False


def see(endpoint: str, path: str, about: str, *own: str) -> Probe:
    """Return a probe that looks."""
    return Probe(endpoint, "GET", path, about, frozenset(own))


def act(
    endpoint: str,
    path: str,
    about: str,
    own: str | tuple[str, ...],
    *,
    roles: frozenset[Role] = ANY_ROLE,
    file: bool = False,
    **body: Any,
) -> Probe:
    """Return a probe that acts; with `file` the body goes as a form beside an empty file."""
    groups = frozenset([own] if isinstance(own, str) else own)
    return Probe(endpoint, "POST", path, about, groups, body, roles, file)


def ask(client: Client, probe: Probe, wanted: object) -> Any:
    """Send a probe about one object."""
    path = probe.path.replace("#", str(wanted))
    if probe.method == "GET":
        return client.get(path)
    body = _fill(dict(probe.body), wanted)
    if probe.file:
        form = {name: str(value) for name, value in body.items()}
        return client.post(path, None, data={**form, "file": (io.BytesIO(b"x"), "x.csv")})
    return client.post(path, body)


def _fill(node: Any, wanted: object) -> Any:
    if isinstance(node, dict):
        return {name: _fill(inner, wanted) for name, inner in node.items()}
    if isinstance(node, list):
        return [_fill(inner, wanted) for inner in node]
    return wanted if node == "#" else node


def told(answer: Any) -> str:
    """Return what an answer says, but for the address it came from."""
    return str({name: value for name, value in (answer.json or {}).items() if name != "instance"})


def count_everything(database: Database) -> tuple[int, int]:
    """Return how many events and rows of the trail there are; a foreign reach for a voucher may leave one."""
    with database.read() as session:
        events = session.scalar(select(func.count()).select_from(StateEvent)) or 0
        rows = select(func.count()).select_from(AuditRow).where(AuditRow.act != "foreign_attempt")
        return events, session.scalar(rows) or 0
