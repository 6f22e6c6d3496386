"""Builders of training, for the stories of every stage: institutions, staff, classes, people in them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import select

from tests import town_issue
from tests.scene import JIYUAN, LIMITS, NURSE, SHANGHAI, Scene, staff_number, write_csv
from voucher.ledger.vouchers import Voucher
from voucher.plumbing.unit_of_work import Work
from voucher.registry.importing.frame import import_file
from voucher.registry.importing.institutions import InstitutionsImporter
from voucher.registry.institutions import Institution
from voucher.registry.people import Newcomer, open_people
from voucher.registry.users import UserAccount, open_account
from voucher.rules.actor import ROLE_NAMES, Grant, Role
from voucher.rules.errors import Refusal, Refused
from voucher.stages.issue import holding
from voucher.stages.train import attend, classes, enrol, finish, redeem, reviewing, running
from voucher.stages.train.finish import SignedOff
from voucher.stages.train.models.classes import ClassSession, TrainingClass
from voucher.stages.train.models.places import Redemption
from voucher.stages.train.planning import NewClass, NewSession
from voucher.stages.train.queries import list_sessions

T1 = ("示例甲职业培训学校", "52410105MJTE5T01X7")
T2 = ("示例乙职业培训学校", "12410702MBTE5T029K")
REVIEWER = "开班审核员"
REVIEWER_STEM = "310101199001010220"
HOURS_A_DAY = 8
DEVICE = "前台一号机"


def train_institution(
    scene: Scene, house: tuple[str, str] = T1, years: str = "2023、2024", region: str = JIYUAN
) -> int:
    """Open an institution on the yearly lists named and return its id; no years, no list."""
    scene.serials += 1
    row = {
        "名称": house[0], "统一社会信用代码": house[1], "类型": "职业培训学校", "地区": region,
        "清单年度": years, "清单文号": "济人社〔2023〕8号" if years else "",
    }  # fmt: skip
    path = write_csv(scene.folder / f"institutions-{scene.serials}.csv", [row])
    scene.do("operator", lambda work: import_file(work, InstitutionsImporter, path, limits=LIMITS))
    with scene.database.read() as session:
        return session.scalars(select(Institution.id).where(Institution.code == house[1])).one()


def staff(scene: Scene, institution_id: int, role: Role, serial: int = 1) -> str:
    """Return the login of somebody who works for an institution; another serial is another person."""
    login = f"{ROLE_NAMES[role]}-{institution_id}-{serial}"
    with scene.database.read() as session:
        known = session.scalar(select(UserAccount.id).where(UserAccount.login == login))
    if known is not None:
        return login
    place = list(Role).index(role)
    number = staff_number(
        f"3101011985{place // 12 + 1:02d}{place % 27 + 1:02d}{institution_id % 10}{serial:02d}0"
    )

    def act(work: Work) -> None:
        person = open_people(work, [Newcomer(number, "机构人员")])
        open_account(
            work,
            login=login,
            display_name=login,
            person_id=next(iter(person.values())),
            grants=[Grant(role, JIYUAN, institution_id)],
            since=date(2021, 1, 1),
        )

    scene.do("operator", act)
    return login


def reviewer(scene: Scene) -> str:
    """Return the login of the officer who reviews classes."""
    with scene.database.read() as session:
        known = session.scalar(select(UserAccount.id).where(UserAccount.login == REVIEWER))
    if known is None:
        scene.hire(REVIEWER, Role.OFFICER_CITY, REVIEWER_STEM)
    return REVIEWER


def plan(scene: Scene, institution_id: int, **changes: Any) -> NewClass:
    """Return a class of 养五 that begins in three weeks: five days of eight hours, changed where told.

    `starts_on` moves the days along; `hours` (8 a day at most) changes how many there are.
    """
    first = changes.pop("starts_on", scene.at.astimezone(SHANGHAI).date() + timedelta(days=21))
    hours = changes.pop("hours", 40)
    begins = changes.pop("at_hour", 8)
    sessions = [
        _session(first + timedelta(days=day), min(HOURS_A_DAY, hours - day * HOURS_A_DAY), begins)
        for day in range(-(-hours // HOURS_A_DAY))
    ]
    new = NewClass(
        name="养老护理员五级一班",
        institution_id=institution_id,
        delivering_institution_id=institution_id,
        region_code=JIYUAN,
        training_kind="on_job",
        mode="offline",
        certificate_kind="skill_level",
        trade_code=NURSE,
        level=2,
        hours_offline=hours,
        hours_online=0,
        capacity=30,
        fee_fen=1500_00,
        starts_on=first,
        ends_on=first + timedelta(days=len(sessions) - 1),
        place="济源市济水大街1号 实训室一",
        teacher="周老师",
        syllabus="养老护理员国家职业标准（五级）",
        sessions=sessions,
    )
    return replace(new, **changes)


def _session(day: date, hours: int, begins: int) -> NewSession:
    starts_at = datetime(day.year, day.month, day.day, begins, tzinfo=SHANGHAI)
    return NewSession("offline", "护理操作", starts_at, starts_at + timedelta(minutes=45 * hours), hours)


def draft(scene: Scene, institution_id: int, **changes: Any) -> int:
    """Draft a class and return its id."""
    new = plan(scene, institution_id, **changes)
    login = staff(scene, institution_id, Role.REGISTRAR)
    return scene.do(login, lambda work: classes.draft_class(work, new)).id


def open_class(scene: Scene, institution_id: int, **changes: Any) -> int:
    """Return the id of a class that is drafted, filed and approved."""
    class_id = draft(scene, institution_id, **changes)
    login = staff(scene, institution_id, Role.REGISTRAR)
    scene.do(login, lambda work: classes.file_class(work, class_id, True))
    scene.do(reviewer(scene), lambda work: reviewing.approve_class(work, class_id, "材料齐全，准予开班"))
    return class_id


def accepted(scene: Scene, programme_id: int, person: tuple[str, str]) -> int:
    """Return the id of a voucher issued to a person and accepted."""
    town_issue.eligible(scene, person)
    voucher_id = town_issue.issue_to(scene, programme_id, person)[0]
    scene.do(town_issue.worker(scene, person), lambda work: holding.accept(work, voucher_id))
    return voucher_id


def enrolled(scene: Scene, programme_id: int, person: tuple[str, str], class_id: int) -> int:
    """Return the id of a voucher enrolled in a class by its holder."""
    voucher_id = accepted(scene, programme_id, person)
    scene.do(town_issue.worker(scene, person), lambda work: enrol.enrol(work, voucher_id, class_id))
    return voucher_id


def show(scene: Scene, person: tuple[str, str], voucher_id: int) -> str:
    """Return the digits a holder shows now."""
    return scene.do(town_issue.worker(scene, person), lambda work: holding.show(work, voucher_id)).digits


def scan(
    scene: Scene, person: tuple[str, str], voucher_id: int, class_id: int, nonce: str | None = None
) -> Redemption:
    """Redeem a voucher as its holder stands at the counter, on the scene's day."""
    digits = show(scene, person, voucher_id)
    asked = redeem.Redeeming(digits, class_id, person[1][-4:], DEVICE, nonce or f"n-{voucher_id}")
    login = staff(scene, a_class(scene, class_id).institution_id, Role.SCANNER)
    return scene.do(login, lambda work: redeem.redeem(work, asked))


def redeemed(scene: Scene, programme_id: int, person: tuple[str, str], class_id: int) -> int:
    """Return the id of a voucher enrolled now and redeemed on the class's first morning."""
    voucher_id = enrolled(scene, programme_id, person, class_id)
    scene.at = morning(scene, class_id)
    scan(scene, person, voucher_id, class_id)
    return voucher_id


def morning(scene: Scene, class_id: int) -> datetime:
    """Return a quarter of an hour before the first session."""
    return sessions(scene, class_id)[0].starts_at - timedelta(minutes=15)


def sit_through(scene: Scene, class_id: int, hours: dict[int, int]) -> None:
    """Let a class run to its end: the clock starts it, the teacher records these hours in all per voucher."""
    login = staff(scene, a_class(scene, class_id).institution_id, Role.TEACHER)
    left = dict(hours)
    for each in sessions(scene, class_id):
        scene.at = max(scene.at, each.ends_at + timedelta(minutes=5))
        scene.do("clock", running.start_due_classes)
        sat = {voucher_id: min(each.hours, more) for voucher_id, more in left.items()}
        left = {voucher_id: more - sat[voucher_id] for voucher_id, more in left.items()}
        scene.do(login, partial(attend.attend, session_id=each.id, hours=sat))


def sign_off(scene: Scene, class_id: int, exams: dict[int, int | None] | None = None) -> SignedOff:
    """Sign a class off."""
    login = staff(scene, a_class(scene, class_id).institution_id, Role.REGISTRAR)
    return scene.do(login, lambda work: finish.sign_off(work, class_id, exams or {}))


def trained(
    scene: Scene, programme_id: int, people: list[tuple[str, str]], class_id: int, exam: int = 80_00
) -> list[int]:
    """Return the ids of vouchers whose holders have finished a class with every hour and this exam."""
    vouchers = [enrolled(scene, programme_id, each, class_id) for each in people]
    scene.at = morning(scene, class_id)
    for person, voucher_id in zip(people, vouchers, strict=True):
        scan(scene, person, voucher_id, class_id)
    planned = a_class(scene, class_id).hours_planned
    sit_through(scene, class_id, dict.fromkeys(vouchers, planned))
    sign_off(scene, class_id, dict.fromkeys(vouchers, exam))
    return vouchers


def a_class(scene: Scene, class_id: int) -> TrainingClass:
    """Return a class as it stands."""
    with scene.database.read() as session:
        return session.get_one(TrainingClass, class_id)


def sessions(scene: Scene, class_id: int) -> list[ClassSession]:
    """Return the sessions of a class."""
    with scene.database.read() as session:
        return list_sessions(session, class_id)


def voucher(scene: Scene, voucher_id: int) -> Voucher:
    """Return a voucher as it stands."""
    return town_issue.voucher(scene, voucher_id)


def refusal(scene: Scene, login: str, act: Callable[[Work], object]) -> Refusal:
    """Return what somebody is told who tries an act that must be refused."""
    with pytest.raises(Refused) as caught:
        scene.do(login, act)
    return caught.value.refusal


def code(scene: Scene, login: str, act: Callable[[Work], object]) -> str:
    """Return the code of the refusal of an act that must be refused."""
    return refusal(scene, login, act).code
