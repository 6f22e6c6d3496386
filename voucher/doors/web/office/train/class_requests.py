"""What institutions ask of approved classes: those that wait for the office or all, a page at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol, TypeVar

from flask import render_template
from sqlalchemy.orm import Session

from voucher.doors.auth.door import the_door
from voucher.doors.web import fields
from voucher.doors.web.office import reach
from voucher.doors.web.timelines import name_people
from voucher.stages.train import queries as training

PER_PAGE = 20
STATES = {"waiting": "待审核", "all": "全部"}


class Asked(Protocol):
    """Something asked by somebody."""

    @property
    def asked_by_person_id(self) -> int:
        """Return who asked."""
        ...


Request = TypeVar("Request", bound=Asked)


def show_requests(
    template: str,
    find: Callable[..., Sequence[Request]],
    classes_of: Callable[[Request], Iterable[int]],
    more: Callable[[Session, Sequence[Request]], Mapping[str, Any]],
) -> str:
    """Return the page of one kind of request: `find` is the query, `more` what only this kind shows."""
    door, before = the_door(), fields.cursor("before")
    state = fields.asked("state", STATES) or "waiting"
    with door.read() as session:
        region, regions = reach.asked_regions(session)
        rows = find(
            session,
            regions=regions,
            waiting_only=state == "waiting",
            before_id=before or None,
            limit=PER_PAGE,
        )
        ids = {class_id for each in rows for class_id in classes_of(each)}
        views = training.view_classes(session, list(training.find_classes(session, ids).values()))
        return render_template(
            template,
            rows=rows,
            classes={each.found.id: each for each in views},
            people=name_people(session, [each.asked_by_person_id for each in rows]),
            states=list(STATES.items()),
            regions=reach.list_region_choices(session),
            chosen={"region": region, "state": state},
            before=before,
            per_page=PER_PAGE,
            **more(session, rows),
        )
