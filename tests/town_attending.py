"""A class whose people sign in themselves: phones in hand, a screen in front, a teacher in the room."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import Any

from tests import town_issue, town_train
from tests.scene import LI_SI, SUN_BA, ZHANG_SAN, ZHAO_LIU, Scene, on
from tests.town_phone import Person, Phone, phone
from voucher.plumbing.unit_of_work import Work
from voucher.rules.actor import Role
from voucher.stages.train import lessons, marking, studying, tallying
from voucher.stages.train.class_codes import find_marked, show_class_code
from voucher.stages.train.lessons import NewSegment
from voucher.stages.train.marking import PhoneMark
from voucher.stages.train.models.classes import ClassSession
from voucher.stages.train.models.lessons import Study
from voucher.stages.train.models.marks import AttendanceMark
from voucher.stages.train.queries.lessons import list_session_lessons
from voucher.stages.train.studying import Begun, StudyEnd

Lesson = tuple[str, str | None, tuple[NewSegment, ...]]
PEOPLE = (ZHANG_SAN, LI_SI, SUN_BA, ZHAO_LIU)


@dataclass
class Room:
    """A running class with its people redeemed, each with a phone and a browser of their own."""

    scene: Scene
    house: int
    class_id: int
    vouchers: dict[Person, int]
    phones: dict[Person, Phone]

    @property
    def held(self) -> ClassSession:
        """Return the first session."""
        return town_train.sessions(self.scene, self.class_id)[0]

    def number(self) -> int:
        """Return the number on the screen now."""
        with self.scene.database.read() as session:
            held, found = find_marked(session, self.held.id)
            return int(show_class_code(session, self.scene.keyring, held, found, self.scene.at).number)

    def wish(self, person: Person, direction: str, number: int | None = None, browser: str = "") -> PhoneMark:
        """Return what a person's phone sends, signed over a number on the screen."""
        shown = self.phones[person].show(self.vouchers[person], challenge=number or self.number())
        return PhoneMark(self.held.id, direction, shown, browser or f"browser-of-{person[1]}")

    def sign(self, person: Person, direction: str = "in", browser: str = "") -> AttendanceMark:
        """Sign a person in or out with the own phone."""
        return self.send(person, self.wish(person, direction, browser=browser))

    def send(self, person: Person, asked: PhoneMark) -> AttendanceMark:
        """Send what a phone signed, signed in as a person."""
        login = town_issue.worker(self.scene, person)
        return self.scene.do(login, partial(marking.mark_by_phone, asked=asked))

    def refused(self, person: Person, asked: PhoneMark) -> str:
        """Return the code a person is refused with."""
        login = town_issue.worker(self.scene, person)
        return town_train.code(self.scene, login, partial(marking.mark_by_phone, asked=asked))

    @property
    def segments(self) -> list[int]:
        """Return the segments of the first session's lessons, in order."""
        with self.scene.database.read() as session:
            return [part.id for each in list_session_lessons(session, self.held.id) for part in each.segments]

    def begin(self, person: Person, segment_id: int) -> Begun:
        """Begin to play a segment."""
        act = partial(studying.begin_study, segment_id=segment_id, voucher_id=self.vouchers[person])
        return self.scene.do(town_issue.worker(self.scene, person), act)

    def ending(self, person: Person, begun: Begun, answer: int | None = None) -> StudyEnd:
        """Return what a phone sends at the end of a segment."""
        digits = self.phones[person].show(self.vouchers[person], challenge=begun.number)
        return StudyEnd(begun.study.id, digits, answer)

    def end(self, person: Person, begun: Begun, answer: int | None = None) -> Study:
        """End a segment with the own phone's signature."""
        act = partial(studying.end_study, end=self.ending(person, begun, answer))
        return self.scene.do(town_issue.worker(self.scene, person), act)

    def play(self, person: Person, segment_id: int, minutes: int, answer: int | None = None) -> Study:
        """Play a segment for so many minutes."""
        begun = self.begin(person, segment_id)
        self.scene.at += timedelta(minutes=minutes)
        return self.end(person, begun, answer)

    def staff(self, role: Role = Role.TEACHER) -> str:
        """Return the login of somebody of the house."""
        return town_train.staff(self.scene, self.house, role)

    def refused_staff(self, act: Callable[[Work], object], role: Role = Role.TEACHER) -> str:
        """Return the code somebody of the house is refused with."""
        return town_train.code(self.scene, self.staff(role), act)

    def tally(self) -> int:
        """Write the hours of the first session down by its marks, once nobody can sign out any more."""
        self.scene.at = self.held.ends_at + timedelta(minutes=31)
        return self.scene.do(self.staff(), partial(tallying.tally, session_id=self.held.id))


def online(scene: Scene) -> dict[str, Any]:
    """Return what makes a plan of eight hours an online one."""
    house_plan = town_train.plan(scene, 1, hours=8)
    taught = [replace(each, mode="online") for each in house_plan.sessions]
    return {"mode": "online", "hours_offline": 0, "hours_online": 8, "sessions": taught}


def class_room(
    scene: Scene, people: tuple[Person, ...] = PEOPLE, lesson: Lesson | None = None, **planned: Any
) -> Room:
    """Return a class on the first morning, before it begins; a lesson makes it online."""
    scene.at = on("2024-03-01")
    house = town_train.train_institution(scene)
    programme = town_issue.programme(scene, scene.open_budget(100_000))
    if lesson is not None:
        planned |= online(scene)
    class_id = town_train.open_class(scene, house, **{"hours": 8} | planned)
    if lesson is not None:
        held = town_train.sessions(scene, class_id)[0]
        new = lessons.NewLesson(held.id, lesson[0], "老年人饮食照护", lesson[1], lesson[2])
        registrar = town_train.staff(scene, house, Role.REGISTRAR)
        scene.do(registrar, partial(lessons.add_lesson, new=new))
    vouchers = {each: town_train.enrolled(scene, programme, each, class_id) for each in people}
    scene.at = town_train.morning(scene, class_id)
    for each in people:
        town_train.scan(scene, each, vouchers[each], class_id)
    return Room(scene, house, class_id, vouchers, {each: phone(scene, each) for each in people})
