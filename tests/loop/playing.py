"""A small province that a machine plays in: every act tried as the people who may, refusals counted.

Nothing here decides what is allowed; what happened is read back from the trail of events.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import partial
from typing import Any, TypeVar

from sqlalchemy import select

from tests import town_assess, town_issue, town_train
from tests.loop.telling import person
from tests.scene import EV1, Scene, on
from voucher.app import DUE_ACTS
from voucher.ledger.holds import Hold, close_hold, open_hold
from voucher.ledger.vouchers import Voucher
from voucher.plumbing.unit_of_work import Work
from voucher.rules.actor import Actor, Role
from voucher.rules.errors import Refused
from voucher.rules.lifecycle import Thing
from voucher.rules.vocabulary import FundSource
from voucher.stages.issue import holding, issuing
from voucher.stages.train import attend, correct, enrol, finish, redeem
from voucher.stages.train.models.classes import TrainingClass
from voucher.stages.train.models.places import Attendance, Completion, Enrolment
from voucher.stages.train.queries.facts import completion_of

Result = TypeVar("Result")
PEOPLE = tuple(person(serial) for serial in (101, 102, 103, 104))
YEARS = "2024、2025、2026、2027"
# the second budget carries two vouchers, so that a third person waits
POOR_YUAN = 3_000
# what can be issued: 面值, 抵用 (taken by the worker), 签到, and 面值 for a 培训合格证书
DIRECTED, OPEN, SIGN_IN, COMPLETION = range(4)
COMPLETES: dict[str, Any] = {"certificate_kind": "training_completion", "level": 0}
COMPLETION_COURSE: dict[str, Any] = {**COMPLETES, "hours": 40, "teacher": "王老师", "place": "二号楼"}


# who works where: at each of the two institutions, and at the evaluator
HOUSE_STAFF = (
    (Role.REGISTRAR, 1),
    (Role.REGISTRAR, 2),
    (Role.SCANNER, 1),
    (Role.SCANNER, 2),
    (Role.TEACHER, 1),
)
EVALUATOR_STAFF = (
    (Role.EVALUATOR_ADMIN, 1), (Role.EVALUATOR_ADMIN, 2), (Role.EXAMINER, 1), (Role.SCORE_CLERK, 1),
)  # fmt: skip


@dataclass
class Playground(Scene):
    """A scene in which nobody is hired or dismissed any more: who somebody is need not be asked twice."""

    everybody: dict[str, Actor] = field(default_factory=dict)

    def actor(self, login: str) -> Actor:
        """Return the actor behind a login."""
        if login not in self.everybody:
            self.everybody[login] = super().actor(login)
        return self.everybody[login]


@dataclass
class Playing:
    """One world in play: the scene, what was set up in it, and what people were told.

    `people` are the cards and logins of the workers by their ids.
    """

    scene: Scene
    people: dict[int, tuple[str, tuple[str, str]]]
    hired: dict[tuple[int, Role, int], str]
    budgets: tuple[int, int]
    houses: tuple[int, int]
    evaluator: int
    programmes: tuple[int, int, int, int]
    told: Counter[str] = field(default_factory=Counter)

    # ---- acting

    def attempt(self, login: str, act: Callable[[Work], Result]) -> Result | None:
        """Have somebody try an act; a refusal is counted, anything else ends the play."""
        try:
            return self.scene.do(login, act)
        except Refused as refused:
            self.told[refused.refusal.code] += 1
            return None

    def whole(self, act: Callable[[], object]) -> None:
        """Try something made of several acts; the first refusal ends it."""
        try:
            act()
        except Refused as refused:
            self.told[refused.refusal.code] += 1

    def tick(self) -> None:
        """Let the clock do everything that is due; nobody refuses the clock."""
        for _, act in DUE_ACTS:
            self.scene.do("clock", act)

    def wait(self, days: int) -> None:
        """Let days pass, the clock working once at the end."""
        self.scene.at += timedelta(days=days)
        self.tick()

    # ---- looking

    def vouchers(self, *states: str) -> list[Voucher]:
        """Return every voucher, or those in these states, in the order they were issued."""
        with self.scene.database.read() as session:
            query = select(Voucher).order_by(Voucher.id)
            return list(session.scalars(query.where(Voucher.state.in_(states)) if states else query))

    def pick(self, number: int, *states: str) -> Voucher | None:
        """Return one of the vouchers in these states."""
        found = self.vouchers(*states)
        return found[number % len(found)] if found else None

    def class_of(self, voucher_id: int) -> TrainingClass | None:
        """Return the class a voucher sits in."""
        with self.scene.database.read() as session:
            return session.scalars(
                select(TrainingClass)
                .join(Enrolment, Enrolment.class_id == TrainingClass.id)
                .where(Enrolment.voucher_id == voucher_id, Enrolment.ended_at.is_(None))
            ).first()

    def holder(self, voucher: Voucher) -> tuple[str, tuple[str, str]]:
        """Return the login and the card of a voucher's holder."""
        return self.people[voucher.holder_person_id]

    def staff(self, institution_id: int, role: Role, serial: int = 1) -> str:
        """Return the login of somebody who works at an institution or the evaluator."""
        return self.hired[institution_id, role, serial]

    def at_evaluator(self, role: Role, serial: int = 1) -> str:
        """Return the login of somebody who works at the evaluator."""
        return self.hired[self.evaluator, role, serial]

    # ---- 发券

    def issue(self, who: int, what: int) -> None:
        """Give a person a voucher of one of the programmes; the open one is taken by the person."""
        if what == OPEN:
            login = next(login for login, card in self.people.values() if card == PEOPLE[who])
            self.attempt(
                login, partial(issuing.take_voucher, programme_id=self.programmes[what], declared=True)
            )
            return
        named = [town_issue.newcomer(PEOPLE[who])]
        self.attempt(
            "operator", partial(issuing.issue_at_once, programme_id=self.programmes[what], people=named)
        )

    # ---- 培训

    def open_class(self, which: int, *, completes: bool = False) -> int | None:
        """Return a class of an institution that has not begun, opening one where there is none."""
        house = self.houses[which]
        course: dict[str, Any] = COMPLETION_COURSE if completes else {"hours": 8}
        with self.scene.database.read() as session:
            found = session.scalars(
                select(TrainingClass.id)
                .where(TrainingClass.institution_id == house, TrainingClass.state == "approved",
                       (TrainingClass.certificate_kind == COMPLETES["certificate_kind"]).is_(completes),
                       TrainingClass.starts_on > town_issue.day(self.scene))
                .order_by(TrainingClass.id.desc())
            ).first()  # fmt: skip
        if found is not None:
            return found
        try:
            return town_train.open_class(self.scene, house, **course)
        except Refused as refused:
            self.told[refused.refusal.code] += 1
            return None

    def completes(self, voucher: Voucher) -> bool:
        """Return whether a voucher pays on the 培训合格证书 of its own class."""
        return voucher.programme_id == self.programmes[COMPLETION]

    def enrol(self, voucher: Voucher, which: int) -> None:
        """Have the holder enrol in the next class of an institution."""
        class_id = self.open_class(which, completes=self.completes(voucher))
        if class_id is not None:
            login, _ = self.holder(voucher)
            self.attempt(login, partial(enrol.enrol, voucher_id=voucher.id, class_id=class_id))

    def scan(self, voucher: Voucher) -> None:
        """Have the counter scan a voucher on its class's first morning, or now if that is over."""
        found = self.class_of(voucher.id)
        if found is None:
            return
        self.scene.at = max(self.scene.at, town_train.morning(self.scene, found.id))
        login, who = self.holder(voucher)
        shown = self.attempt(login, partial(holding.show, voucher_id=voucher.id))
        if shown is None:
            return
        asked = redeem.Redeeming(shown.digits, found.id, who[1][-4:], "前台", f"n-{shown.digits}")
        scanner = self.staff(found.institution_id, Role.SCANNER)
        self.attempt(scanner, partial(redeem.redeem, asked=asked))

    def finish(self, voucher: Voucher, hours: int, score: int) -> None:
        """Let a voucher's class run to its end and be signed off, everybody with these hours and score."""
        found = self.class_of(voucher.id)
        if found is None:
            return
        teacher = self.staff(found.institution_id, Role.TEACHER)
        for held in town_train.sessions(self.scene, found.id):
            self.scene.at = max(self.scene.at, held.ends_at + timedelta(minutes=5))
            sat = dict.fromkeys(self._sitting(found.id, held.id), min(hours, held.hours))
            if sat:
                self.attempt(teacher, partial(attend.attend, session_id=held.id, hours=sat))
        exams = dict.fromkeys(self._sitting(found.id), score)
        registrar = self.staff(found.institution_id, Role.REGISTRAR)
        self.attempt(registrar, partial(finish.sign_off, class_id=found.id, exams=exams))

    def correct_completion(self, voucher: Voucher, score: int) -> None:
        """Have two people of an institution correct the final exam of somebody it signed off."""
        found = self.class_of(voucher.id)
        with self.scene.database.read() as session:
            done = completion_of(session, voucher.id)
        if found is None or done is None:
            return
        asks, agrees = (self.staff(found.institution_id, Role.REGISTRAR, each) for each in (1, 2))
        result = correct.Result(done.hours_attended, score)
        asked = self.attempt(
            asks, partial(correct.ask_correction, class_id=found.id, voucher_id=voucher.id,
                          result=result, why="成绩看错一行"),
        )  # fmt: skip
        if asked is not None:
            self.attempt(agrees, partial(correct.decide_correction, correction_id=asked.id, agreed=True))

    def _sitting(self, class_id: int, session_id: int | None = None) -> list[int]:
        """Return who is in training in a class and has no hours of a session yet, or no completion."""
        done = (
            select(Completion.voucher_id)
            if session_id is None
            else select(Attendance.voucher_id).where(Attendance.session_id == session_id)
        )
        with self.scene.database.read() as session:
            return list(
                session.scalars(
                    select(Voucher.id)
                    .join(Enrolment, Enrolment.voucher_id == Voucher.id)
                    .where(Enrolment.class_id == class_id, Enrolment.ended_at.is_(None),
                           Voucher.state == "training", Voucher.id.not_in(done))
                )
            )  # fmt: skip

    # ---- holds

    def hold(self, voucher: Voucher) -> None:
        """Stop a voucher."""
        act = partial(open_hold, thing=Thing.VOUCHER, object_id=voucher.id, why="待查")
        self.attempt("初审员", act)

    def let_go(self) -> None:
        """Close every open hold."""

        def act(work: Work) -> None:
            for each in work.session.scalars(select(Hold).where(Hold.closed_at.is_(None))):
                close_hold(work, each, "查无此事")

        self.attempt("初审员", act)


def set_the_table(scene: Scene) -> dict[str, Any]:
    """Open everything a machine plays with and return where it is."""
    scene.hire_everybody()
    scene.at = on("2024-03-01")
    houses = tuple(
        town_train.train_institution(scene, each, YEARS) for each in (town_train.T1, town_train.T2)
    )
    evaluator = town_assess.evaluator(scene, EV1)
    rich, poor = scene.open_budget(100_000), scene.open_budget(POOR_YUAN, source=FundSource.FISCAL)
    long = {"until_on": date(2027, 6, 30), "quantity": 50}
    caps = {"training_cap_fen": 1200_00, "evaluation_cap_fen": 240_00}
    programmes = (
        town_issue.programme(scene, rich, **long),
        town_issue.programme(scene, poor, worth="offset", **town_issue.open_terms(**caps), **long),
        town_issue.programme(scene, rich, name="签到券", worth="sign_in", **long),
        town_issue.programme(scene, rich, name="合格证", **COMPLETES, **long),
    )
    town_issue.eligible(scene, *PEOPLE)
    people = {town_issue.person_id(scene, each): (town_issue.worker(scene, each), each) for each in PEOPLE}
    hired = {
        (place, role, serial): town_train.staff(scene, place, role, serial)
        for places, staff in ((houses, HOUSE_STAFF), ((evaluator,), EVALUATOR_STAFF))
        for place in places
        for role, serial in staff
    }
    town_train.reviewer(scene)
    scene.open_accounts()
    return {
        "budgets": (rich, poor), "houses": houses, "evaluator": evaluator,
        "programmes": programmes, "people": people, "hired": hired,
    }  # fmt: skip
