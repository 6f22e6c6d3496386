"""Further ways of a rule, by what the house writes down itself: each its own ground, told by its subjects."""

from __future__ import annotations

from tests.town_risk import AMOUNTS, DAY, HOUR, MIDNIGHT, Planted, Town
from tests.town_risk_schemes import Scheme, _course, _told


def feigned_at_the_counter(town: Town, rule: str, case: int) -> Planted:
    """A counter's device that says of itself that its position is feigned."""
    course = _course(town, 5)
    session = town.sessions_of(course)[case % 4]
    for place, person in enumerate(course.people):
        town.mark(session, person, f"staff-{course.house}", session.starts_at - place * 70, is_kiosk=1,
                  is_mocked=int(place < 3 + case % 3))  # fmt: skip
    return _told(rule, [session.id], course.people)


def sat_where_a_counter_was(town: Town, rule: str, case: int) -> Planted:
    """An exam in the office of an institution whose network is another every day."""
    course = _course(town, 3 + case % 2)
    for person in course.people:
        town.put("results", "R", person, course.id, course.house, f"EW{case}", "", course.trade, course.level,
                 7000, 1, course.day + 9, "", f"today-{course.house}", counter=course.house)  # fmt: skip
    return _told(rule, [course.house], course.people)


def nobody_looking(town: Town, rule: str, case: int) -> Planted:
    """Lessons that ran as long as they should, before a page heard all along that saw nobody."""
    course = _course(town, 1)
    (person,) = course.people
    for step in range(3 + case % 3):
        town.put("studies", "Y", person, course.id, f"段{step}", 600, 640 + case, 0,
                 course.starts[0] + step * 2 * HOUR)  # fmt: skip
    return _told(rule, [person], [person])


def outside_its_filing(town: Town, rule: str, case: int) -> Planted:
    """A class of an occupation the institution had lost, or never had, when it began."""
    course = _course(town, 12)
    lost_on = (None, course.day - 1 - case)[case % 2]
    town.rows["classes"][-1] = town.rows["classes"][-1]._replace(is_in_scope=0, out_since_on=lost_on)
    for person in course.people:
        town.put("places", "L", course.id, person, 9000)
    return _told(rule, [course.id], course.people)


def used_where_it_was_taken(town: Town, rule: str, case: int) -> Planted:
    """A voucher taken long before on the browser it is redeemed with."""
    course = _course(town, 1)
    (person,) = course.people
    device = f"office-{course.house}"
    town.put("vouchers", "V", person, course.house, course.id, "", device, "", course.starts[0] - 80 * DAY,
             device, course.starts[0], 1)  # fmt: skip
    return _told(rule, [person], [person])


def signed_unread(town: Town, rule: str, case: int) -> Planted:
    """Claims the rules left to a hand, signed past both pages."""
    house, officer = town.house(), f"OU{case}"
    course = _course(town, 40, house)
    for place, person in enumerate(course.people):
        claim = town.claim(course, person, AMOUNTS[1], (course.day + 20) * DAY)
        at = (course.day + 22) * DAY + MIDNIGHT + 10 * HOUR + place * 300
        is_unopened = int(place % 3 > 0) if place < 15 else None
        town.put("approvals", "A", claim, officer, "O1-1", house, None, at, is_unopened)
    return _told(rule, [f"{officer}/{house}"], course.people)


def around_a_teacher(town: Town, rule: str, case: int) -> Planted:
    """A circle that holds together by one teacher's telephone and cards shared by twos."""
    course = _course(town, 12 + case)
    for place, person in enumerate(course.people):
        if place % 2 == 0:
            town.put("links", "N", person, "teacher", f"teacher-{course.id}", course.house)
        town.put("links", "N", person, "account", f"two-{course.id}-{place // 2}", course.house)
    return _told(rule, [min(course.people)], course.people)


def opened_for_one_house(town: Town, rule: str, case: int) -> Planted:
    """A desk most of whose masked openings lead to one institution."""
    course = _course(town, 24 + case)
    viewer = f"OM{case}"
    for person in course.people:
        town.put("look_ups", "U", viewer, "", person, 1, 0, course.starts[0] - 20 * DAY, 1)
        town.put("vouchers", "V", person, course.house, course.id, "", f"phone-{person}", "",
                 course.starts[0] - 10 * DAY, f"scanner-{course.house}", course.starts[0])  # fmt: skip
    return _told(rule, [f"{viewer}/{course.house}"], course.people)


def one_photograph(town: Town, rule: str, case: int) -> Planted:
    """The same file stated for the certificates of a few people."""
    course = _course(town, 2 + case % 4)
    numbers = [
        town.put("certificates", "Z", person, course.house, course.id, f"EF{case}", course.trade,
                 course.level, course.day + 16, course.day + 9, 1, f"file-{course.id}", 1)
        for person in course.people
    ]  # fmt: skip
    return _told(rule, numbers, course.people)


TRACED: tuple[tuple[str, Scheme], ...] = (
    ("R07", feigned_at_the_counter), ("R09", sat_where_a_counter_was), ("R10", nobody_looking),
    ("R11", outside_its_filing), ("R18", used_where_it_was_taken), ("R21", one_photograph),
    ("R23", signed_unread), ("R26", around_a_teacher), ("R28", opened_for_one_house),
)  # fmt: skip
