"""The first half of a cohort's way: roster, class, vouchers, the counter, attendance, sign-off."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from functools import partial

from sqlalchemy import func, select
from stdnum.iso7064 import mod_11_2

from voucher.demo.house import moment
from voucher.demo.province.cast import MAIN_COHORT, MAIN_LOGIN, MAIN_MOBILE, MAIN_PAID_COHORT, MAIN_WORKER
from voucher.demo.province.cohorts import LEAD_DAYS, SESSION_DAYS, Cohort, Reached
from voucher.demo.province.offers import OFFERS
from voucher.demo.province.stage import Stage
from voucher.demo.staff import PASSWORD
from voucher.ledger.vouchers import Voucher
from voucher.plumbing.unit_of_work import Work
from voucher.registry.access.passwords import set_password
from voucher.registry.access.workers import open_worker
from voucher.registry.people import Newcomer, find_by_indexes, index_of, open_people, read_people
from voucher.registry.users import UserAccount, open_account
from voucher.rules.actor import Grant, Role
from voucher.stages.issue import holding, issuing, rosters
from voucher.stages.issue.models import IssueLine
from voucher.stages.train import attend, classes, finish, leave, redeem, reviewing
from voucher.stages.train import enrol as enrolling
from voucher.stages.train import queries as training
from voucher.stages.train.intake import add_to_intake
from voucher.stages.train.planning import NewClass, NewSession
from voucher.stages.train.subcontracting import agree_to_teach, find_standing

PASS_MARK_HUNDREDTHS = 60_00
DEVICE = "demo-counter"
CLASS_TEACHER = "-class-teacher-"
DIGITS = "〇一二三四五六七八九"
THEORY_DAYS = 2
FAILING_HUNDREDTHS = 45_00


class Training:
    """One cohort from its roster to its sign-off; `class_id` and `voucher_ids` are known as they come."""

    def __init__(self, stage: Stage, cohort: Cohort) -> None:
        self.stage = stage
        self.cohort = cohort
        self.offer = next(each for each in OFFERS if each.key == cohort.offer)
        self.begins = stage.today - timedelta(days=cohort.begun_days_ago)
        self.roster: list[Newcomer] = []
        self.issue_id = 0
        self.class_id = 0
        self.voucher_ids: list[int] = []
        self._holders: dict[int, str] = {}
        self.admin = stage.hand(cohort.trainer, str(Role.INSTITUTION_ADMIN))
        self.deliverer = cohort.delivered_by or cohort.trainer
        self.teacher = stage.hand(self.deliverer, str(Role.TEACHER))
        self.scanner = stage.hand(self.deliverer, str(Role.SCANNER))

    def note(self) -> None:
        """Put every step up to what the cohort has reached into the diary."""
        steps = (
            ("draft", Reached.FILED, self.draft_class),
            ("file_class", Reached.FILED, self.file_class),
            ("file_roster", Reached.FILED, self.file_roster),
            ("approve_class", Reached.ISSUED, self.approve_class),
            ("issue", Reached.ISSUED, self.issue),
            ("accept", Reached.ACCEPTED, self.accept),
            ("enrol", Reached.ENROLLED, self.enrol),
        )
        for name, reached, step in steps:
            if self.cohort.reached >= reached:
                self.stage.note(self.begins + timedelta(days=LEAD_DAYS[name]), step)
        if self.cohort.reached >= Reached.TRAINING:
            self.stage.note(self.begins, self.redeem)
            for session in range(SESSION_DAYS):
                self.stage.note(self.begins + timedelta(days=session), partial(self.attend, session))
        if self.cohort.reached is Reached.ATTENDED:
            self.stage.note(self.begins + timedelta(days=SESSION_DAYS - 1), self.drop_one)

    def draft_class(self) -> None:
        """Have the institution plan a class of five days."""
        cohort, stage = self.cohort, self.stage
        each_hours = cohort.hours // SESSION_DAYS
        institution_id = stage.institution(cohort.trainer)
        sessions = [self._session(place, each_hours) for place in range(SESSION_DAYS)]
        online = sum(each.hours for each in sessions if each.mode == "online")
        new = NewClass(
            name=f"{self.offer.name.removesuffix('券')}{self.begins:%m月}班",
            institution_id=institution_id,
            delivering_institution_id=stage.institution(self.deliverer),
            region_code="419001",
            training_kind=self.offer.training_kind,
            mode=cohort.mode,
            certificate_kind=str(self.offer.certificate_kind),
            trade_code=cohort.trade_code,
            level=cohort.level,
            hours_offline=each_hours * SESSION_DAYS - online,
            hours_online=online,
            capacity=50,
            fee_fen=0,
            starts_on=self.begins,
            ends_on=self.begins + timedelta(days=SESSION_DAYS - 1),
            place=f"济源市示例路 {institution_id} 号 {cohort.begun_days_ago % 9 + 1} 号教室",
            teacher=stage.act(self.admin, self._hire_teacher),
            syllabus="职业道德与安全；基础知识；操作技能；综合实训；结业考核",
            sessions=sessions,
            project_code=self.offer.project_code,
            subcontract_why="" if self.deliverer == cohort.trainer else "实训设备不足，由承训机构授课",
        )
        self.class_id = stage.act(self.admin, lambda work: classes.draft_class(work, new)).id
        if self.deliverer != cohort.trainer:
            agreeing = stage.hand(self.deliverer, str(Role.INSTITUTION_ADMIN))
            stage.act(agreeing, self._agree)

    def _hire_teacher(self, work: Work) -> str:
        """Return the name of a teacher with an account where the class is taught; nobody signs in with it."""
        hired = select(func.count()).where(UserAccount.login.contains(CLASS_TEACHER))
        serial = (work.session.scalar(hired) or 0) + 1
        name = "示例教师" + "".join(DIGITS[int(each)] for each in f"{serial:02d}")
        stem = f"41000019860101{serial:03d}"
        person = open_people(work, [Newcomer(stem + mod_11_2.calc_check_digit(stem), name)])
        open_account(
            work,
            login=f"{self.deliverer}{CLASS_TEACHER}{serial}",
            display_name=name,
            person_id=next(iter(person.values())),
            grants=[Grant(Role.TEACHER, institution_id=self.stage.institution(self.deliverer))],
        )
        return name

    def _agree(self, work: Work) -> None:
        standing = find_standing(work.session, self.class_id)
        if standing is not None:
            agree_to_teach(work, standing.id)

    def _session(self, place: int, hours: int) -> NewSession:
        day, hour = self.begins + timedelta(days=place), self.cohort.begins_at_hour
        mode = self.cohort.mode
        if mode == "blended":
            mode = "online" if place < THEORY_DAYS else "offline"
        return NewSession(
            mode=mode,
            topic=("职业道德与安全", "基础知识", "操作技能", "综合实训", "复习与考核")[place],
            starts_at=_at(day, hour),
            ends_at=_at(day, hour + hours),
            hours=hours,
        )

    def file_class(self) -> None:
        """File the class with the office; one that waits there has its intake along."""
        if self.cohort.reached is Reached.FILED and self.cohort.size:
            self.list_intake()
        self.stage.act(self.admin, lambda work: classes.file_class(work, self.class_id, promised=True))

    def list_intake(self) -> None:
        """Have the institution say whom the class is for."""
        self.roster = [next(self.stage.people) for _ in range(self.cohort.size)]
        self.stage.act(self.admin, lambda work: add_to_intake(work, self.class_id, self.roster))

    def approve_class(self) -> None:
        """Have the office approve the class."""
        self.stage.act(
            "first-review",
            lambda work: reviewing.approve_class(work, self.class_id, "师资、场地、大纲齐备，准予开班"),
        )

    def file_roster(self) -> None:
        """Have the institution file whom the vouchers are for."""
        self.roster = self.roster or [next(self.stage.people) for _ in range(self.cohort.size)]
        if self.cohort.key == MAIN_COHORT:
            self.roster[0] = MAIN_WORKER
        if self.cohort.key == MAIN_PAID_COHORT:
            # the last of the list: what is revoked later are the first certificates
            self.roster[-1] = MAIN_WORKER
        programme_id = self.stage.programmes[self.cohort.offer]
        institution_id = self.stage.institution(self.cohort.trainer)
        filed = self.stage.act(
            self.admin, lambda work: rosters.file_roster(work, programme_id, self.roster, institution_id)
        )
        self.issue_id = filed.id

    def issue(self) -> None:
        """Have the office issue the roster, and open a worker's account for everybody who got a voucher."""
        self.stage.act("second-review", lambda work: issuing.issue_roster(work, self.issue_id))
        with self.stage.house.database.read() as session:
            self.voucher_ids = _present(
                session.scalars(
                    select(IssueLine.voucher_id)
                    .where(IssueLine.issue_id == self.issue_id, IssueLine.voucher_id.is_not(None))
                    .order_by(IssueLine.position)
                )
            )
        self.stage.act("operator", self._open_workers)

    def _open_workers(self, work: Work) -> None:
        for person in self.roster:
            is_main = person is MAIN_WORKER
            if is_main and MAIN_LOGIN in self.stage.workers.values():
                continue
            login = MAIN_LOGIN if is_main else f"worker-{len(self.stage.workers) + 1:03d}"
            mobile = MAIN_MOBILE if is_main else None
            user_id = open_worker(work, person.number, person.name, login, mobile)
            if is_main:
                set_password(work, user_id, PASSWORD)
            index = index_of(work.keyring, person.number)
            self.stage.workers[find_by_indexes(work.session, [index])[index].id] = login

    def holder_of(self, voucher_id: int) -> str:
        """Return the login of a voucher's holder."""
        if voucher_id not in self._holders:  # a holder never changes
            with self.stage.house.database.read() as session:
                person_id = session.get_one(Voucher, voucher_id).holder_person_id
            self._holders[voucher_id] = self.stage.workers[person_id]
        return self._holders[voucher_id]

    def accept(self) -> None:
        """Have every holder take the voucher."""
        for voucher_id in self.voucher_ids:
            self.stage.act(self.holder_of(voucher_id), partial(holding.accept, voucher_id=voucher_id))

    def enrol(self, last: int = 0) -> None:
        """Have every holder choose the class, or the last of them."""
        for voucher_id in self.voucher_ids[-last:]:
            self.stage.act(
                self.holder_of(voucher_id),
                partial(enrolling.enrol, voucher_id=voucher_id, class_id=self.class_id),
            )

    def redeem(self) -> None:
        """Have every holder show a code at the counter and the institution scan it."""
        for voucher_id in self._scanned():
            shown = self.stage.act(self.holder_of(voucher_id), partial(holding.show, voucher_id=voucher_id))
            with self.stage.house.database.read() as session:
                person_id = session.get_one(Voucher, voucher_id).holder_person_id
                number = read_people(session, self.stage.house.keyring, [person_id])[person_id].number or ""
            asked = redeem.Redeeming(
                digits=shown.digits,
                class_id=self.class_id,
                last4=number[-4:],
                device=DEVICE,
                nonce=f"{self.cohort.key}-{voucher_id}",
            )
            # the code is good for a minute: the counter is quick
            self.stage.house.at -= timedelta(seconds=30)
            self.stage.act(self.scanner, partial(redeem.redeem, asked=asked))

    def _scanned(self) -> list[int]:
        """Return whom the counter has seen: scanning the printed worker is left to whoever looks."""
        if self.cohort.key != MAIN_COHORT:
            return self.voucher_ids
        return [each for each in self.voucher_ids if self.holder_of(each) != MAIN_LOGIN]

    def attend(self, place: int) -> None:
        """Have the institution record one session; the last of a large class misses one day.

        What was taught yesterday and today is left for whoever looks at the demonstration.
        """
        with self.stage.house.database.read() as session:
            lesson = training.list_sessions(session, self.class_id)[place]
        if lesson.starts_at >= moment(self.stage.today - timedelta(days=1), 0):
            return
        redeemed = self._scanned()
        present = redeemed[: -1 if place == 1 and len(redeemed) > 2 else None]
        self.stage.house.at = max(self.stage.house.at, lesson.ends_at)
        self.stage.act(
            self.teacher,
            lambda work: attend.attend(work, lesson.id, dict.fromkeys(present, lesson.hours)),
        )

    def drop_one(self) -> None:
        """Have the last of the class give up after its last session."""
        voucher_id = self.voucher_ids[-1]
        self.stage.act(
            self.holder_of(voucher_id),
            partial(leave.drop, voucher_id=voucher_id, why="家中有事，不再参加培训"),
        )

    def sign_off(self) -> None:
        """Have the institution sign hours and final exam; the `unfinished` last of the list fail it."""
        asks_exam = self.offer.worth != "sign_in"
        passing = len(self.voucher_ids) - self.cohort.unfinished
        scores: dict[int, int | None] = {}
        for place, each in enumerate(self.voucher_ids):
            passed = PASS_MARK_HUNDREDTHS + 1_00 * (10 + place % 25)
            score = passed if place < passing else FAILING_HUNDREDTHS
            scores[each] = score if asks_exam else None
        self.stage.act(self.admin, lambda work: finish.sign_off(work, self.class_id, scores))


def _at(day: date, hour: int) -> datetime:
    return moment(day, hour)


def _present(ids: Iterable[int | None]) -> list[int]:
    return [each for each in ids if each is not None]
