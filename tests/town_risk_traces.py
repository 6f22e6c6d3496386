"""What the house itself writes down of honest people: openings, networks, terminals, photographs, scopes.

Each is a hard case of its own: a desk that opens masked pages for questions, lines signed from the page of
their batch, a hall's terminal, a counter whose network changes daily, a program's own picture of many,
an institution that loses an occupation while its class is under way, a list that speaks of another claim.
"""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.town_risk import Course, Town

DAY = 86_400
PICTURE = "picture-of-a-program"
LEFT_TO_A_HAND, UNREAD, FROM_THE_BATCH = 0.15, 0.1, 0.3
AT_A_TERMINAL, TAKEN_EARLIER, ASKED_ABOUT, OF_ANOTHER = 0.05, 0.02, 0.03, 0.02
LOST_MEANWHILE, PICTURED, SILENT_PAGE = 400, 12, 0.2


def leave_traces(town: Town, course: Course, region: str, first: dict[str, int]) -> None:
    """Write down beside a class just built what counters, desks, exams and lists leave of it.

    `first` is how many rows of each table there were before it.
    """
    draw = town.random
    _take(town, draw, first)
    _review(town, draw, first)
    _study(town, draw, first)
    for person in course.people:
        if draw.random() < ASKED_ABOUT:
            desk, asked_at = f"D{region}-{draw.randrange(3)}", course.starts[0] - draw.randrange(1, 60) * DAY
            town.put("look_ups", "U", desk, "", person, 1, 0, asked_at, 1)
        if draw.random() < OF_ANOTHER:
            town.put("outside", "B", person, "student", course.day - 90, None, "K0", "省教育厅")
    _sit_elsewhere(town, course, first)
    if int(course.id[1:]) % LOST_MEANWHILE == 0:
        classes = town.rows["classes"]
        classes[-1] = classes[-1]._replace(is_in_scope=0, out_since_on=course.day + 2)


def _take(town: Town, draw: Random, first: dict[str, int]) -> None:
    """Some take their voucher on a terminal two hands have named, some long before the days looked at."""
    held = town.rows["vouchers"]
    for place in range(first["vouchers"], len(held)):
        if draw.random() < AT_A_TERMINAL:
            held[place] = held[place]._replace(accept_device="", accept_network="hall")
        elif draw.random() < TAKEN_EARLIER:
            held[place] = held[place]._replace(is_taken_earlier=1)


def _review(town: Town, draw: Random, first: dict[str, int]) -> None:
    """Most lines are passed by the rules and signed from the batch; what is left to a hand is mostly read."""
    held = town.rows["approvals"]
    for place in range(first["approvals"], len(held)):
        if draw.random() < LEFT_TO_A_HAND:
            unread = int(draw.random() < UNREAD)
            opened = None if unread else held[place].opened_at
            held[place] = held[place]._replace(is_unopened=unread, opened_at=opened)
        elif draw.random() < FROM_THE_BATCH:
            held[place] = held[place]._replace(opened_at=None)


def _study(town: Town, draw: Random, first: dict[str, int]) -> None:
    """Some pages say nothing of what they saw: a browser without scripts."""
    held = town.rows["studies"]
    for place in range(first["studies"], len(held)):
        if draw.random() < SILENT_PAGE:
            held[place] = held[place]._replace(focus_events=None)


def _sit_elsewhere(town: Town, course: Course, first: dict[str, int]) -> None:
    """Everybody sits where the evaluator is; one in four of those has a counter of its own beside it."""
    results, certificates = town.rows["results"], town.rows["certificates"]
    for place in range(first["results"], len(results)):
        one = results[place]
        if int(one.evaluator[1:]) % 4 == 0:
            results[place] = one._replace(counter=one.evaluator)
    if int(course.id[1:]) == 1:
        for place in range(first["certificates"], min(len(certificates), first["certificates"] + PICTURED)):
            certificates[place] = certificates[place]._replace(photo=PICTURE)
