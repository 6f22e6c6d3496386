"""The stage the province plays on: the house, whoever acts for a body, and a diary of what happens when."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import TypeVar

from sqlalchemy import select

from voucher.demo.house import House, moment
from voucher.demo.people import invent_names, invent_numbers
from voucher.demo.province.cast import HANDS
from voucher.plumbing.unit_of_work import Work
from voucher.registry.institutions import Institution
from voucher.registry.people import Newcomer
from voucher.rules.windows import add_months

Result = TypeVar("Result")
Act = Callable[[Work], object]
MORNING = 9


@dataclass(slots=True)
class Stage:
    """Where the play stands: organisations and programmes by the play's own short names, and the diary.

    `due` are the acts of the clock, run at the end of every day on which something happened.
    """

    house: House
    today: date
    due: Sequence[Act]
    people: Iterator[Newcomer]
    institutions: dict[str, int] = field(default_factory=dict)
    programmes: dict[str, int] = field(default_factory=dict)
    workers: dict[int, str] = field(default_factory=dict)
    diary: list[tuple[date, int, Callable[[], object]]] = field(default_factory=list)

    def note(self, day: date, step: Callable[[], object]) -> None:
        """Put a step into the diary; what lies after today is not played."""
        if day <= self.today:
            self.diary.append((day, len(self.diary), step))

    def play(self) -> None:
        """Play the diary in the order of its days, the clock at the end of each.

        Today begins at midnight: nothing is played that lies ahead of whoever looks at it.
        """
        days = sorted({day for day, _, _ in self.diary})
        for day in days:
            self.house.at = moment(day, MORNING if day < self.today else 0)
            for _, _, step in sorted(each for each in self.diary if each[0] == day):
                step()
            self.tick()
        self.diary.clear()

    def tick(self) -> None:
        """Let the clock do what is due."""
        self.house.act("clock", lambda work: [act(work) for act in self.due])

    def act(self, login: str, act: Callable[[Work], Result]) -> Result:
        """Do one act as somebody."""
        return self.house.act(login, act)

    def hand(self, body: str, role: str) -> str:
        """Return the login that acts for an organisation in a role: its own, or one of the printed ones."""
        printed = {(each.body, str(each.role)): each.login for each in HANDS}
        return printed.get((body, role), f"{body}-{role.replace('_', '-')}")

    def institution(self, key: str) -> int:
        """Return the id of an organisation of the play."""
        return self.institutions[key]

    def read_institutions(self, codes: dict[str, str]) -> None:
        """Remember the ids of organisations by their short names."""
        with self.house.database.read() as session:
            known = dict(session.execute(select(Institution.code, Institution.id)).all())
        self.institutions = {key: known[code] for key, code in codes.items()}


def invent_workers(seed: int, today: date) -> Iterator[Newcomer]:
    """Yield made-up people of working age with right check digits; the same seed gives the same people."""
    random = Random(seed)  # noqa: S311 — synthetic people, nothing secret
    names = invent_names(random)
    numbers = invent_numbers(random, add_months(today, -19 * 12), add_months(today, -56 * 12) + timedelta(1))
    while True:
        yield Newcomer(next(numbers), next(names))
