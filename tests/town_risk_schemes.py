"""How each scheme R01–R29 is played in a town: one function a scheme, each case a little different."""

from __future__ import annotations

from collections.abc import Callable

from tests.town_risk import (
    AMOUNTS,
    DAY,
    DECEMBER,
    HOUR,
    JANUARY,
    LIMIT_FEN,
    MIDNIGHT,
    MINUTE,
    Course,
    Planted,
    Town,
)

Scheme = Callable[[Town, str, int], Planted]


def _told(rule: str, subjects: list[str], people: list[str]) -> Planted:
    return Planted(rule, frozenset(subjects), frozenset(people))


def _course(town: Town, size: int, house: str | None = None, **more: int) -> Course:
    return town.course(house or town.house(), town.people(size), **more)


def paid_before(town: Town, rule: str, case: int) -> Planted:
    course = _course(town, 1)
    (person,) = course.people
    at = (course.day + 30) * DAY
    claim = town.claim(course, person, AMOUNTS[0], at)
    if case % 2:
        town.put("history", "D", person, "training", course.trade, course.level, JANUARY - 300, "郑州市")
    else:
        claim = town.claim(course, person, AMOUNTS[0], at + 40 * DAY)
    return _told(rule, [claim], [person])


def ineligible(town: Town, rule: str, case: int) -> Planted:
    course = _course(town, 1)
    (person,) = course.people
    claim = town.claim(course, person, AMOUNTS[0], (course.day + 30) * DAY)
    kinds = ("deceased", "custody", "student", "pension", "employed", "certificate")
    kind = kinds[case % len(kinds)]
    if kind == "certificate":
        town.put("history", "D", person, kind, course.trade, course.level, course.day - 400, "洛阳市")
    else:
        town.put("outside", "B", person, kind, course.day - case, None)
    return _told(rule, [claim], [person])


def shared_device(town: Town, rule: str, case: int) -> Planted:
    course = _course(town, 3 + case % 4)
    device = f"proxy-{course.id}"
    town.attend(course, devices=dict.fromkeys(course.people, device))
    return _told(rule, [device], course.people)


def travel(town: Town, rule: str, case: int) -> Planted:
    one = _course(town, 1, day=JANUARY + 40 + case)
    (person,) = one.people
    session = town.sessions_of(one)[0]
    if case % 2:
        other = town.course(town.house(), [person], one.day)
        town.rows["sessions"][-4] = town.rows["sessions"][-4]._replace(
            starts_at=session.starts_at + HOUR, ends_at=session.ends_at + HOUR
        )
        town.mark(session, person, f"phone-{person}", session.starts_at)
        town.mark(town.rows["sessions"][-4], person, f"phone2-{person}", session.starts_at + HOUR)
        assert other.day == one.day
    else:
        for at, longitude in (
            (session.starts_at, 112_500_000),
            (session.starts_at + 20 * MINUTE, 113_700_000),
        ):
            town.mark(session, person, f"phone-{person}", at, latitude_e6=35_000_000, accuracy_m=10,
                      longitude_e6=longitude)  # fmt: skip
    return _told(rule, [person], [person])


def metronome(town: Town, rule: str, case: int) -> Planted:
    course = _course(town, 14 + case)
    session = town.sessions_of(course)[0]
    gap = 1 if case % 2 else 9
    for place, person in enumerate(course.people):
        uneven = 40 if gap == 1 and place == 7 else 0
        town.mark(session, person, f"gun-{course.id}", session.starts_at + place * gap + uneven, is_kiosk=1)
    return _told(rule, [session.id], course.people)


def block(town: Town, rule: str, case: int) -> Planted:
    course = _course(town, 15 + case)
    session = town.sessions_of(course)[1]
    shift = 0 if case % 3 else 12 * HOUR
    for place, person in enumerate(course.people):
        at = session.starts_at + shift + (place * 3 % 50 if case % 2 else place * 40 if shift else place % 45)
        town.mark(session, person, f"phone-{person}", at)
    return _told(rule, [session.id], course.people)


def false_place(town: Town, rule: str, case: int) -> Planted:
    course = _course(town, 12)
    session = town.sessions_of(course)[0]
    ways = (
        {"distance_m": 3000 + case, "accuracy_m": 20},
        {"distance_m": 5, "is_mocked": 1},
        {"distance_m": 5, "accuracy_m": 8, "latitude_e6": 35_123_456, "longitude_e6": 112_654_321},
        {"distance_m": 5, "accuracy_m": 17},
    )
    for place, person in enumerate(course.people):
        town.mark(session, person, f"phone-{person}", session.starts_at - place * 70, **ways[case % 4])
    return _told(rule, [session.id], course.people)


def perfect(town: Town, rule: str, case: int) -> Planted:
    course = _course(town, 22 + case)
    town.sit(course, f"XP{case}", f"EP{case}", perfect=True)
    return _told(rule, [course.id], course.people)


def copied(town: Town, rule: str, case: int) -> Planted:
    course = _course(town, 2)
    one, other = course.people
    answers = ["."] * 50
    for place in range(9):
        answers[place * 5 + case % 5] = "ABCD"[(place + case) % 4]
    network = f"net-{course.house}" if case % 3 == 0 else "net-hall"
    for person in course.people:
        town.put("results", "R", person, course.id, course.house, f"EC{case}", "", course.trade, course.level,
                 7000, 1, course.day + 9, "".join(answers), network)  # fmt: skip
    return _told(rule, ["/".join(sorted((one, other)))], course.people)


def sat_in_office(town: Town, rule: str, case: int) -> Planted:
    """An exam sat in the institution's own office, everybody with answers of their own."""
    course = _course(town, 3)
    for place, person in enumerate(course.people):
        answers = ["."] * 50
        for wrong in range(6):
            answers[(wrong * 7 + place * 3) % 50] = "ABCD"[place % 4]
        town.put("results", "R", person, course.id, course.house, f"EO{case}", "", course.trade, course.level,
                 7000, 1, course.day + 9, "".join(answers), f"net-{course.house}")  # fmt: skip
    return _told(rule, [course.house], course.people)


def long_day(town: Town, rule: str, case: int) -> Planted:
    """One teacher in classes one after another from early morning to late at night."""
    house, teacher = town.house(), f"TL{case}"
    for turn in range(5):
        _course(town, 1, house, day=JANUARY + 80 + case)
        sessions = town.rows["sessions"]
        start = (JANUARY + 80 + case) * DAY + MIDNIGHT + (6 + turn * 3) * HOUR
        sessions[-4] = sessions[-4]._replace(teacher=teacher, starts_at=start, ends_at=start + 3 * HOUR)
    return _told(rule, [teacher], [])


def more_certified_than_passed(town: Town, rule: str, case: int) -> Planted:
    """An exam many more are certified for than have passed it."""
    course, evaluator = _course(town, 24), f"EM{case}"
    day = course.day + 9
    for place, person in enumerate(course.people):
        if place < 6:
            town.put("results", "R", person, course.id, course.house, evaluator, "", course.trade,
                     course.level, 7000, 1, day, "", "net-hall")  # fmt: skip
        town.put("certificates", "Z", person, course.house, course.id, evaluator, course.trade,
                 course.level, day + 7, day, 1, f"photo-{person}", 1)  # fmt: skip
    return _told(rule, [evaluator], course.people)


def clicked(town: Town, rule: str, case: int) -> Planted:
    course = _course(town, 1)
    (person,) = course.people
    for step in range(30 if case % 2 else 4):
        quick = (700, 9) if case % 2 else (8, 0)
        town.put("studies", "Y", person, course.id, f"段{step}", 600, *quick, course.starts[0] + step * HOUR)
    return _told(rule, [person], [person])


def overfull(town: Town, rule: str, case: int) -> Planted:
    course = _course(town, 20 + case, seats=20 + case - 2)
    if case % 3 == 1:
        town.rows["classes"][-1] = town.rows["classes"][-1]._replace(seats=99, is_in_scope=0)
    for person in course.people:
        town.put("places", "L", course.id, person, 9000)
    return _told(rule, [course.id], course.people)


def doubled(town: Town, rule: str, case: int) -> Planted:
    house, teacher = town.house(), f"TD{case}"
    for shift in (0, (1 + case % 2) * HOUR):
        course = _course(town, 3, house, day=JANUARY + 60 + case)
        sessions = town.rows["sessions"]
        start = (course.day * DAY) + MIDNIGHT + 9 * HOUR + shift
        sessions[-4] = sessions[-4]._replace(teacher=teacher, starts_at=start, ends_at=start + 3 * HOUR)
    return _told(rule, [teacher], [])


def ramp(town: Town, rule: str, case: int) -> Planted:
    opened = JANUARY + 50 + case * 20
    house = town.house(opened)
    people: list[str] = []
    for step in range(5):
        course = _course(town, 30, house, day=opened + 5 + step * 3)
        people += course.people
        for place, person in enumerate(course.people):
            at = (opened + 12 + step * 7 + place % 5) * DAY
            town.claim(course, person, AMOUNTS[0], at + place)
    return _told(rule, [house], people)


def burst(town: Town, rule: str, case: int) -> Planted:
    house = town.house()
    people: list[str] = []
    for step in range(16):
        is_big = 9 <= step <= 11 if case % 2 else step > 10
        course = _course(town, 25 if is_big else 2 + step % 3, house)
        people += course.people
        day = DECEMBER - 25 + step if not case % 2 else JANUARY + 200
        day = day if is_big else JANUARY + 40 + step * 15
        for place, person in enumerate(course.people):
            town.claim(course, person, AMOUNTS[1], day * DAY + place)
    return _told(rule, [house], people)


def shared_link(town: Town, rule: str, case: int) -> Planted:
    course = _course(town, 3 + case % 5)
    kind = ("account", "phone", "contact", "address")[case % 4]
    for place, person in enumerate(course.people):
        town.put("links", "N", person, kind, f"shared-{course.id}", course.house if place % 2 else "H0")
        if kind == "address":
            town.put("links", "N", person, "account", f"pair-{course.id}-{place // 2}", course.house)
    if kind == "address" and len(course.people) % 2:
        town.put("links", "N", course.people[-1], "account", f"pair-{course.id}-0", course.house)
    return _told(rule, [f"{kind}/shared-{course.id}"], course.people)


def money_back(town: Town, rule: str, case: int) -> Planted:
    course = _course(town, 4)
    for person in course.people[: 1 + case % 4]:
        town.put("backflows", "J", person, course.house, 50_000, (course.day + 50) * DAY)
    return _told(rule, [course.house], course.people)


def recruiter(town: Town, rule: str, case: int) -> Planted:
    course = _course(town, 26, day=JANUARY + 100 + case)
    for place, person in enumerate(course.people):
        mine = place % 2 == 0
        way = case % 3
        town.put("vouchers", "V", person, course.house, course.id,
                 f"boss-{case}" if mine and way == 0 else "",
                 f"tablet-{case}-{place % 4 if way == 2 else 0}" if mine and way else f"phone-{person}",
                 f"den-{case}" if mine else f"cell-{person}", (course.day - 3) * DAY + place,
                 f"scanner-{course.house}", course.starts[0])  # fmt: skip
    return _told(rule, [course.house], course.people)


def self_served(town: Town, rule: str, case: int) -> Planted:
    course = _course(town, 1)
    (person,) = course.people
    device = f"phone-{person}" if case % 2 else f"scanner-{course.house}"
    accepted = course.starts[0] - (2 * DAY if case % 2 else 20 + case)
    town.put("vouchers", "V", person, course.house, course.id, "", f"phone-{person}", "", accepted, device,
             course.starts[0])  # fmt: skip
    return _told(rule, [person], [person])


def late(town: Town, rule: str, case: int) -> Planted:
    course = _course(town, 1)
    (person,) = course.people
    redeemed = course.starts[2] + HOUR if case % 2 else course.starts[-1] + 10 * DAY
    town.put("vouchers", "V", person, course.house, course.id, "", f"phone-{person}", "",
             course.starts[0] - 9 * DAY, f"scanner-{course.house}", redeemed)  # fmt: skip
    return _told(rule, [person], [person])


def hunting(town: Town, rule: str, case: int) -> Planted:
    house = town.house()
    people = town.people(60)
    for place, person in enumerate(people):
        hit = int(place % 10 == 0) if case % 2 else int(place > 55)
        town.put("look_ups", "U", f"W{house}", house, person, hit, 1,
                 (JANUARY + 90 + case) * DAY + place * MINUTE)  # fmt: skip
    return _told(rule, [house], people)


def false_certificate(town: Town, rule: str, case: int) -> Planted:
    course = _course(town, 2)
    one, other = course.people
    day = course.day + 9
    ways = (
        {"is_registered": 0},
        {"issued_on": day - 3},
        {"photo": f"twin-{course.id}"},
        {"tries": 4},
    )
    numbers: list[str] = []
    for person in course.people if case % 4 == 2 else [one]:
        row: dict[str, object] = {
            "issued_on": day + 7, "sat_on": day, "is_registered": 1, "photo": f"photo-{person}", "tries": 1
        } | ways[case % 4]  # fmt: skip
        numbers.append(town.put("certificates", "Z", person, course.house, course.id, f"EZ{case}",
                                course.trade, course.level, **row))  # fmt: skip
    return _told(rule, numbers, [one, other])


def lenient(town: Town, rule: str, case: int) -> Planted:
    house, examiner, evaluator = town.house(), f"XL{case}", f"EL{case}"
    pair = _course(town, 60, house)
    town.sit(pair, examiner, evaluator, share=1.0)
    for other_house, other_examiner in ((town.house(), examiner), (house, f"XM{case}")):
        others = _course(town, 70, other_house)
        town.sit(others, other_examiner, evaluator, share=0.65)
        town.honest |= set(others.people)
    return _told(rule, [f"{examiner}/{house}"], pair.people)


def close_officer(town: Town, rule: str, case: int) -> Planted:
    house, officer = town.house(), f"OC{case}"
    course = _course(town, 40, house, day=JANUARY + 60)
    for place, person in enumerate(course.people):
        claim = town.claim(course, person, AMOUNTS[2], (course.day + 20) * DAY)
        at = (course.day + 22) * DAY + MIDNIGHT + (23 * HOUR if case % 3 == 1 else 10 * HOUR) + place * 240
        town.put("approvals", "A", claim, officer, "O1-1", house, at - (7 if case % 3 == 0 else 180), at)
        if case % 3 == 2 and place < 20:
            town.put(
                "approvals", "A", claim, f"O1-{place % 6}", officer, house, at + 9 * HOUR, at + 9 * HOUR + 240
            )
    return _told(rule, [f"{officer}/{house}"], course.people)


def splitting(town: Town, rule: str, case: int) -> Planted:
    course = _course(town, 14 + case)
    for place, person in enumerate(course.people):
        town.claim(course, person, LIMIT_FEN - 100 - place * 50, (course.day + 30) * DAY + place)
    return _told(rule, [course.house], course.people)


def changed_payee(town: Town, rule: str, case: int) -> Planted:
    house = town.house()
    changed = (JANUARY + 200) * DAY
    approved, paid = (
        (changed - 2 * DAY, changed + 20 * DAY) if case % 2 else (changed + DAY, changed + 3 * DAY)
    )
    town.put("payee_changes", "G", house, changed, approved, paid, "")
    return _told(rule, [house], [])


def cluster(town: Town, rule: str, case: int) -> Planted:
    course = _course(town, 11 + case)
    for place, person in enumerate(course.people):
        # a chain: neighbours share a card by twos and a phone the other twos, nothing is shared by three
        town.put("links", "N", person, "account", f"chain-{course.id}-{place // 2}", course.house)
        town.put("links", "N", person, "device", f"ring-{course.id}-{(place + 1) // 2}", course.house)
    return _told(rule, [min(course.people)], course.people)


def silent(town: Town, rule: str, case: int) -> Planted:
    course = _course(town, 12)
    for place, person in enumerate(course.people[:8]):
        answer = ("denied" if place < 2 + case % 3 else "confirmed") if case % 2 else "silent"
        town.put("contacts", "Q", course.id, person, answer, 0)
    return _told(rule, [course.id], course.people)


def insider(town: Town, rule: str, case: int) -> Planted:
    course = _course(town, 6 + case)
    viewer = f"OI{case}"
    for person in course.people:
        town.put("look_ups", "U", viewer, "", person, 1, 0, course.starts[0] - 20 * DAY)
        town.put("vouchers", "V", person, course.house, course.id, "", f"phone-{person}", "",
                 course.starts[0] - 10 * DAY, f"scanner-{course.house}", course.starts[0])  # fmt: skip
    return _told(rule, [f"{viewer}/{course.house}"], course.people)


def handed_over(town: Town, rule: str, case: int) -> Planted:
    course = _course(town, 3)
    other = town.house()
    for kind in ("people", "room", "payee")[: 2 + case % 2]:
        town.put("outsiders", "X", course.id, course.house, other, kind, 1)
    # honest neighbours: one building, or one teacher of two schools
    honest = _course(town, 3)
    town.put("outsiders", "X", honest.id, honest.house, other, "people" if case % 2 else "room", 1)
    return _told(rule, [course.id], course.people)


SCHEMES: dict[str, Scheme] = {
    f"R{number:02d}": scheme
    for number, scheme in enumerate(
        (
            *(paid_before, ineligible, shared_device, travel, metronome, block, false_place, perfect, copied),
            *(clicked, overfull, doubled, ramp, burst, shared_link, money_back, recruiter, self_served, late),
            *(hunting, false_certificate, lenient, close_officer, splitting, changed_payee, cluster, silent),
            *(insider, handed_over),
        ),
        1,
    )
}
# further ways of a rule, told apart from the one above by whom they are found under
WAYS: tuple[tuple[str, Scheme], ...] = (
    ("R09", sat_in_office), ("R11", long_day), ("R21", more_certified_than_passed),
)  # fmt: skip
