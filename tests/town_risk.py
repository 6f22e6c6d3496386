"""A town of honest people and of schemes planted among them, as a data set: same seed, same town.

The honest ones include what a careless rule would flag: kiosks, siblings on one phone, a village behind one
address, small classes where everybody passes, helpers, people who come late, institutions that are new, and
what the house itself writes down of them (`town_risk_traces`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from random import Random
from typing import Any

from tests.town_risk_traces import leave_traces
from voucher.rules.risk.data_set import TABLES, Facts
from voucher.rules.risk.facts import (
    Institution,
    Session,
    TrainingClass,
)
from voucher.rules.risk.measures import EPOCH

YEAR = 2026
JANUARY = (date(YEAR, 1, 1) - EPOCH).days
DECEMBER = (date(YEAR, 12, 31) - EPOCH).days
DAY, HOUR, MINUTE = 86_400, 3600, 60
MIDNIGHT = -8 * HOUR
SESSIONS = 4
ITEMS = 50
TRADES = ("6-29-02-06", "4-10-01-05", "6-18-02-04", "4-03-02-01", "6-11-01-03")
AMOUNTS = (80_000, 100_000, 120_000, 150_000, 180_000)
LIMIT_FEN = 200_000


@dataclass(frozen=True)
class Planted:
    """A planted scheme: which rule should find it, under which subjects, and who takes part in it."""

    rule: str
    subjects: frozenset[str]
    people: frozenset[str]


@dataclass
class Course:
    """A class being built: who sits in it, when it meets."""

    id: str
    house: str
    trade: str
    level: str
    day: int
    people: list[str]
    starts: list[int] = field(default_factory=list)


class Town:
    """Rows in the making; every kind of row has its own running number."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.rows: dict[str, list[Any]] = {table: [] for table in TABLES}
        self.planted: list[Planted] = []
        self.honest: set[str] = set()
        self._numbers: dict[str, int] = defaultdict(int)
        self._taught: set[tuple[str, int]] = set()

    def facts(self) -> Facts:
        """Return what has been built, as the rules read it."""
        self.rows["marks"].sort(key=lambda mark: (mark.at, mark.id))
        return Facts(**{table: tuple(rows) for table, rows in self.rows.items()})

    def number(self, letter: str) -> str:
        self._numbers[letter] += 1
        return f"{letter}{self._numbers[letter]}"

    def put(self, table: str, letter: str, *cells: Any, **more: Any) -> str:
        """Add a row under the next number of its kind and return that number."""
        number = self.number(letter)
        make: Any = TABLES[table]
        self.rows[table].append(make(number, *cells, **more))
        return number

    def house(self, opened_on: int = JANUARY - 700) -> str:
        number = self.number("H")
        region = f"4190{self.random.randrange(10, 20)}"
        self.rows["institutions"].append(Institution(number, region, opened_on, f"net-{number}"))
        return number

    def people(self, count: int) -> list[str]:
        return [self.number("P") for _ in range(count)]

    def course(
        self, house: str, people: list[str], day: int | None = None, seats: int | None = None
    ) -> Course:
        """Open a class of so many people: four half days from one day on, the teacher free at the time."""
        draw = self.random
        day = draw.randrange(JANUARY + 30, DECEMBER - 20) if day is None else day
        made = Course(self.number("C"), house, draw.choice(TRADES), draw.choice("345"), day, people)
        for step in range(SESSIONS):
            made.starts.append((day + step) * DAY + MIDNIGHT + draw.choice((8, 14)) * HOUR)
        places = len(people) + draw.randrange(8) if seats is None else seats
        taught = TrainingClass(
            made.id, house, made.trade, made.level,
            places, 1, made.starts[0], made.starts[-1] + 3 * HOUR,
        )  # fmt: skip
        self.rows["classes"].append(taught)
        for start in made.starts:
            teacher = next(
                f"T{house}-{n}" for n in range(999) if (f"T{house}-{n}", start) not in self._taught
            )
            self._taught.add((teacher, start))
            self.put("sessions", "S", made.id, teacher, start, start + 3 * HOUR)
        return made

    def sessions_of(self, course: Course) -> list[Session]:
        return self.rows["sessions"][-SESSIONS:] if self.rows["sessions"][-1].class_id == course.id else [
            each for each in self.rows["sessions"] if each.class_id == course.id
        ]  # fmt: skip

    def mark(self, session: Session, person: str, device: str, at: int, **more: Any) -> str:
        """Sign somebody in."""
        return self.put("marks", "M", session.id, session.class_id, person, "in", device,
                        more.pop("is_kiosk", 0), at, **more)  # fmt: skip

    def attend(self, course: Course, *, kiosk: bool = False, devices: dict[str, str] | None = None) -> None:
        """Let everybody come to every session as honest people do: one by one, own phone or kiosk."""
        draw = self.random
        latitude, longitude = 35_000_000 + hash_of(course.house) % 300_000, 112_500_000
        for session in self.sessions_of(course):
            at = session.starts_at - 15 * MINUTE
            for person in course.people:
                if kiosk:
                    at += draw.randrange(8, 21)
                    self.mark(session, person, f"kiosk-{course.house}", at, is_kiosk=1)
                    continue
                device = (devices or {}).get(person, f"phone-{person}")
                when = session.starts_at - draw.randrange(15 * MINUTE) + draw.randrange(3 * MINUTE)
                if draw.random() < 0.3:
                    self.mark(session, person, device, when)
                    continue
                self.mark(session, person, device, when,
                          latitude_e6=latitude + draw.randrange(-600, 600),
                          longitude_e6=longitude + draw.randrange(-600, 600),
                          accuracy_m=draw.randrange(5, 60), distance_m=draw.randrange(0, 90),
                          is_mocked=0)  # fmt: skip

    def sit(
        self, course: Course, examiner: str, evaluator: str, *, share: float = 0.88, perfect: bool = False
    ) -> None:
        """Let everybody sit the exam, and who passes be certified."""
        draw, day = self.random, course.day + SESSIONS + 5
        for person in course.people:
            passed = perfect or draw.random() < share
            score = draw.randrange(9000, 9100) if perfect else draw.randrange(6000, 9800)
            wrong = draw.sample(range(ITEMS), draw.randrange(3, 16))
            answers = ["."] * ITEMS
            for place in wrong:
                answers[place] = draw.choice("ABCD")
            self.put("places", "L", course.id, person, 10_000 if perfect else draw.choice(PRESENT))
            self.put("results", "R", person, course.id, course.house, evaluator, examiner, course.trade,
                     course.level, score if passed else score - 3500, int(passed), day, "".join(answers),
                     f"net-{evaluator}")  # fmt: skip
            if passed:
                self.put("certificates", "Z", person, course.house, course.id, evaluator, course.trade,
                         course.level, day + 7, day, 1, f"photo-{person}",
                         draw.choice((1, 1, 1, 2)))  # fmt: skip

    def serve(
        self, course: Course, officers: list[str], *, agent: str = "", late_days: int | None = None
    ) -> None:
        """Let everybody accept, redeem, and be claimed for; two officers look at every claim."""
        draw = self.random
        filed = (course.day + 30 + draw.randrange(10)) * DAY + MIDNIGHT + 9 * HOUR
        alone = draw.random() < 0.3
        amount = AMOUNTS[TRADES.index(course.trade)]
        for person in course.people:
            accepted = course.starts[0] - draw.randrange(2 * DAY, 20 * DAY)
            redeemed = course.starts[0] - draw.randrange(20 * MINUTE) + (HOUR if draw.random() < 0.02 else 0)
            helper = f"agent-{draw.randrange(400)}" if draw.random() < 0.05 else agent
            self.put("vouchers", "V", person, course.house, course.id, helper, f"phone-{person}",
                     f"cell-{person}", accepted, f"scanner-{course.house}", redeemed)  # fmt: skip
            at = filed + (draw.randrange(20) * DAY if alone else 0) + draw.randrange(HOUR)
            at = min(at, DECEMBER * DAY + MIDNIGHT + 20 * HOUR)
            self.claim(course, person, amount, at, officers)

    def claim(self, course: Course, person: str, amount: int, at: int, officers: list[str] = []) -> str:  # noqa: B006 — read only
        """File a claim, with the reviews of two officers."""
        number = self.put("claims", "K", person, course.house, course.id, "training", course.trade,
                          course.level, amount, at, course.day, course.day + SESSIONS - 1, LIMIT_FEN, JANUARY,
                          DECEMBER)  # fmt: skip
        if officers:
            one, other = self.random.sample(officers, 2)
            for officer, partner, wait in ((one, other, DAY), (other, one, 2 * DAY)):
                opened = at + wait + self.random.randrange(6 * HOUR)
                self.put("approvals", "A", number, officer, partner, course.house, opened,
                         opened + self.random.randrange(45, 600))  # fmt: skip
        return number


PRESENT = (10_000, 10_000, 10_000, 9500, 9000, 8500, 10_000)


def hash_of(text: str) -> int:
    """Return a number of a name, the same in every run."""
    return sum(ord(letter) * 31**place for place, letter in enumerate(text))


def build_honest(town: Town, count: int) -> None:
    """Fill a town with so many honest people."""
    draw = town.random
    officers = {n: [f"O{n}-{m}" for m in range(6)] for n in range(10)}
    evaluators = [f"E{n}" for n in range(max(4, count // 2000))]
    houses = [
        town.house(JANUARY + draw.randrange(200) if draw.random() < 0.1 else JANUARY - 700)
        for _ in range(max(10, count // 120))
    ]
    opened = {each.id: each.opened_on for each in town.rows["institutions"]}
    regions = {each.id: each.region for each in town.rows["institutions"]}
    left = town.people(count)
    town.honest |= set(left)
    villages = 0
    while left:
        size = draw.choice((8, 10, 12, 20, 25, 30, 40))
        people, left = left[:size], left[size:]
        house = draw.choice(houses)
        first = max(JANUARY + 25, opened[house] + 10)
        before = {table: len(rows) for table, rows in town.rows.items()}
        course = town.course(house, people, draw.randrange(first, DECEMBER - 20))
        evaluator = draw.choice(evaluators)
        kiosk = hash_of(house) % 5 == 0
        is_village = size == 40 and villages * 4000 < count
        villages += is_village
        town.attend(course, kiosk=kiosk, devices=_family_phones(town, people))
        town.sit(
            course, f"X{evaluator}-{draw.randrange(8)}", evaluator, perfect=size <= 12 and draw.random() < 0.4
        )
        town.serve(course, officers[hash_of(house) % 10])
        if is_village:
            _move_behind_one_address(town, course)
        _ordinary(town, course, is_village)
        leave_traces(town, course, regions[house], before)


def _family_phones(town: Town, people: list[str]) -> dict[str, str]:
    """Put siblings on one phone; three of a family say that they are one."""
    phones: dict[str, str] = {}
    if town.random.random() < 0.25:
        phones[people[1]] = f"phone-{people[0]}"
    if len(people) >= 20 and town.random.random() < 0.2:
        family = people[4:7]
        for person in family:
            phones[person] = f"phone-{family[0]}"
            town.put("links", "N", person, "family", f"F{family[0]}")
            town.put("links", "N", person, "phone", f"mobile-{family[0]}")
    return phones


def _move_behind_one_address(town: Town, course: Course) -> None:
    vouchers = town.rows["vouchers"]
    for place in range(len(vouchers) - len(course.people), len(vouchers)):
        vouchers[place] = vouchers[place]._replace(accept_network=f"village-{course.id}")


def _ordinary(town: Town, course: Course, is_village: bool) -> None:
    """Add what else there is of ordinary people: links, lessons, look-ups, calls."""
    draw = town.random
    sampled = set(draw.sample(course.people, max(1, len(course.people) * 3 // 100)))
    for place, person in enumerate(course.people):
        address = f"village-{course.id}" if is_village else f"door-{person}"
        town.put("links", "N", person, "account", f"card-{person}", course.house)
        town.put("links", "N", person, "address", address, course.house)
        town.put("links", "N", person, "contact", f"mobile-{course.people[place // 2 * 2]}", course.house)
        if place % 3 == 0:
            for step in range(3):
                town.put("studies", "Y", person, course.id, f"段{step}", 600, draw.randrange(620, 1500),
                         draw.randrange(2, 40), course.starts[0] + (step + 20) * HOUR)  # fmt: skip
        if person in sampled:
            answer = "denied" if draw.random() < 0.005 else draw.choice(("confirmed",) * 5 + ("silent",))
            town.put("contacts", "Q", course.id, person, answer, int(draw.random() < 0.5))
        if draw.random() < 0.4:
            town.put("look_ups", "U", f"W{course.house}", course.house, person, int(draw.random() < 0.85), 1,
                     course.starts[0] - draw.randrange(20 * DAY))  # fmt: skip
        if draw.random() < 0.01:
            town.put("look_ups", "U", f"O{draw.randrange(60)}", "", person, 1, 0, course.starts[0] - DAY)
    if draw.random() < 0.02:
        changed = course.starts[0]
        town.put("payee_changes", "G", course.house, changed, changed + 30 * DAY, changed + 45 * DAY)
    if draw.random() < 0.05:
        town.put("outside", "B", course.people[0], "student", course.day - 900, course.day - 200)


def build_town(count: int, cases: int, seed: int = 20261122) -> Town:
    """Return a town of so many honest people, with every scheme planted so many times."""
    from tests.town_risk_schemes import SCHEMES, WAYS
    from tests.town_risk_ways import TRACED

    town = Town(seed)
    build_honest(town, count)
    for rule, scheme in (*SCHEMES.items(), *WAYS, *TRACED):
        for case in range(cases):
            town.planted.append(scheme(town, rule, case))
    return town


def found_and_wronged(town: Town, flags: Iterator[Any]) -> tuple[list[Planted], set[str]]:
    """Return the planted schemes nobody found, and the honest people who stand in a flag."""
    subjects: dict[str, set[str]] = defaultdict(set)
    flagged: set[str] = set()
    for flag in flags:
        subjects[flag.rule].add(flag.subject)
        flagged.update(flag.people)
        if flag.kind == "person":
            flagged.add(flag.subject)
    missed = [each for each in town.planted if not each.subjects & subjects[each.rule]]
    return missed, flagged & town.honest
