"""What of issuing, training and certificates waits for whoever stands at the desk."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime

from flask import url_for
from sqlalchemy.orm import Session

from voucher.doors.auth.entries import OFFICERS, OPERATORS
from voucher.rules.actor import Actor, Role
from voucher.stages.issue.queries import count_filed, count_queued
from voucher.stages.settle.queries import Waiting, count_open_holds
from voucher.stages.settle.queries.reinstatements import count_asked_reinstatements
from voucher.stages.train.queries import count_to_review

Count = Callable[[Session, Collection[str]], tuple[int, datetime | None]]
OFFICE = OPERATORS | OFFICERS
# key, name, who it waits for, how it is counted, endpoint, way of the issues listed
QUEUES: tuple[tuple[str, str, frozenset[Role], Count, str, str | None], ...] = (
    (
        "rosters",
        "发券单待审核",
        OFFICERS,
        lambda session, regions: count_filed(session, regions, way="roster"),
        "web.office.issues",
        "roster",
    ),
    ("classes", "开班待审核", OFFICERS, count_to_review, "web.office.classes", None),
    ("holds", "待处置", OFFICERS, count_open_holds, "web.office.holds", None),
    (
        "replacements",
        "补发待审批",
        OFFICERS,
        lambda session, regions: count_filed(session, regions, way="replacement"),
        "web.office.issues",
        "replacement",
    ),
    (
        "reinstatements",
        "恢复待审批",
        OFFICERS,
        count_asked_reinstatements,
        "web.office.reinstatements",
        None,
    ),
    ("queued", "候补", OFFICE, count_queued, "web.office.waiting", None),
)


def list_queues(session: Session, actor: Actor) -> list[tuple[Waiting, str]]:
    """Return the queues of this actor that are not empty, each with the page it leads to."""
    found = []
    for key, name, roles, count, endpoint, way in QUEUES:
        if actor.has(*roles):
            waiting, oldest_at = count(session, actor.regions)
            if waiting:
                found.append((Waiting(key, name, waiting, oldest_at), url_for(endpoint, way=way)))
    return found
