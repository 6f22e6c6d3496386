"""Builders of issuing, for every stage's stories: a published programme, a voucher in a person's hand."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select

from tests.scene import JIYUAN, LIMITS, NURSE, SHANGHAI, Scene, staff_number, write_csv
from voucher.ledger.vouchers import Voucher
from voucher.plumbing.unit_of_work import Work
from voucher.registry.access.workers import open_worker
from voucher.registry.importing.frame import import_file
from voucher.registry.importing.institutions import InstitutionsImporter
from voucher.registry.institutions import get_institution
from voucher.registry.people import Newcomer, find_by_indexes, index_of, open_people
from voucher.registry.users import UserAccount, open_account
from voucher.rules.actor import Grant, Role
from voucher.stages.issue import issuing
from voucher.stages.issue.models import IssueLine, Programme
from voucher.stages.issue.programmes import NewProgramme, draft_programme, publish_programme

# 2024-06-01 满16周岁（AC-B5）
WANG_WU = ("王五", "41900120080601993X")
TRAINER = ("示例甲职业培训学校", "52410105MJTE5T01X7")
OTHER_TRAINER = ("示例乙职业培训学校", "12410702MBTE5T029K")
PUBLISHER = "发布员"
PUBLISHER_STEM = "310101199001010210"


def newcomer(person: tuple[str, str]) -> Newcomer:
    """Return a person of the scene as rosters name them."""
    return Newcomer(person[1], person[0])


def wanted(scene: Scene, budget_id: int | None, **changes: Any) -> NewProgramme:
    """Return a 面值+定向 programme for 养五 from the scene's day on, changed where told."""
    today = scene.at.astimezone(SHANGHAI).date()
    terms: dict[str, Any] = {
        "name": "养老护理员五级培训券",
        "region_code": JIYUAN,
        "project_code": "TRAIN",
        "budget_id": budget_id,
        "worth": "face_value",
        "channel": "directed",
        "training_kind": "on_job",
        "certificate_kind": "skill_level",
        "trade_code": NURSE,
        "level": 2,
        "quantity": 100,
        "from_on": today,
        "until_on": today + timedelta(days=300),
        "document": "济人社〔2024〕1号",
    }
    return NewProgramme(**{**terms, **changes})


def open_terms(**changes: Any) -> dict[str, Any]:
    """Return what makes a programme 通用: no trade, caps given by the officer."""
    terms: dict[str, Any] = {
        "name": "通用培训券",
        "channel": "open",
        "trade_code": None,
        "level": None,
        "training_cap_fen": 1600_00,
        "evaluation_cap_fen": 240_00,
    }
    return terms | changes


def publisher(scene: Scene) -> str:
    """Return the login of an officer who publishes what the operator drafts."""
    with scene.database.read() as session:
        known = session.scalar(select(UserAccount.id).where(UserAccount.login == PUBLISHER))
    if known is None:
        scene.hire(PUBLISHER, Role.OFFICER_CITY, PUBLISHER_STEM)
    return PUBLISHER


def programme(scene: Scene, budget_id: int, **changes: Any) -> int:
    """Draft and publish a programme and return its id."""
    drafted = scene.do("operator", lambda work: draft_programme(work, wanted(scene, budget_id, **changes)))
    scene.do(publisher(scene), lambda work: publish_programme(work, drafted.id))
    return drafted.id


def eligible(scene: Scene, *people: tuple[str, str], category: str = "农民工") -> None:
    """Record of people what makes them eligible beyond doubt."""
    scene.import_people(
        [
            {"姓名": each[0], "证件号码": each[1], "人员类别": category, "养老金": "否", "意愿": "是"}
            for each in people
        ]
    )


def worker(scene: Scene, person: tuple[str, str]) -> str:
    """Return the login of a person as worker, opening the account where there is none."""
    login = f"worker-{person[1][-6:].lower()}"
    with scene.database.read() as session:
        known = session.scalar(select(UserAccount.id).where(UserAccount.login == login))
    if known is None:
        scene.do("operator", lambda work: open_worker(work, person[1], person[0], login, None))
    return login


def institution(
    scene: Scene, body: tuple[str, str] = TRAINER, *, region: str = JIYUAN, years: str = "2023、2024、2025"
) -> int:
    """Import a training institution that stands on the yearly list and return its id."""
    path = write_csv(
        scene.folder / f"trainer-{body[1]}.csv",
        [
            {
                "名称": body[0], "统一社会信用代码": body[1], "类型": "职业培训学校", "地区": region,
                "清单年度": years, "清单文号": "豫人社〔2024〕1号",
            }
        ],
    )  # fmt: skip
    scene.do("operator", lambda work: import_file(work, InstitutionsImporter, path, limits=LIMITS))
    with scene.database.read() as session:
        return get_institution(session, body[1]).id


def staff(scene: Scene, login: str, role: Role, institution_id: int, stem: str) -> str:
    """Open an account of an institution's staff and return its login; one stem is one person."""

    def open_staff(work: Work) -> None:
        person = open_people(work, [Newcomer(staff_number(stem), login.strip("0123456789") or login)])
        grant = Grant(role, institution_id=institution_id)
        open_account(
            work,
            login=login,
            display_name=login,
            person_id=next(iter(person.values())),
            grants=[grant],
            since=date(2021, 1, 1),
        )

    scene.do("operator", open_staff)
    return login


def issue_to(scene: Scene, programme_id: int, *people: tuple[str, str]) -> list[int]:
    """Issue a programme's vouchers to people at once and return the voucher ids, in order.

    A person who got none makes the story fail here, with the reason.
    """
    done = scene.do(
        "operator",
        lambda work: issuing.issue_at_once(work, programme_id, [newcomer(each) for each in people]),
    )
    with scene.database.read() as session:
        lines = session.scalars(
            select(IssueLine).where(IssueLine.issue_id == done.issue_id).order_by(IssueLine.position)
        ).all()
    assert all(each.voucher_id for each in lines), [(each.outcome, each.refusal) for each in lines]
    return [each.voucher_id for each in lines if each.voucher_id]


def person_id(scene: Scene, person: tuple[str, str]) -> int:
    """Return the id of a person already known."""
    index = index_of(scene.keyring, person[1])
    with scene.database.read() as session:
        return find_by_indexes(session, [index])[index].id


def voucher(scene: Scene, voucher_id: int) -> Voucher:
    """Return a voucher as it stands."""
    with scene.database.read() as session:
        return session.get_one(Voucher, voucher_id)


def programme_row(scene: Scene, programme_id: int) -> Programme:
    """Return a programme as it stands."""
    with scene.database.read() as session:
        return session.get_one(Programme, programme_id)


def line(scene: Scene, issue_id: int, position: int = 1) -> IssueLine:
    """Return a line of an issue as it stands."""
    with scene.database.read() as session:
        return session.scalars(
            select(IssueLine).where(IssueLine.issue_id == issue_id, IssueLine.position == position)
        ).one()


def codes(scene: Scene, issue_id: int) -> list[str]:
    """Return what came of every line: its outcome, or the code of its refusal."""
    with scene.database.read() as session:
        lines: Sequence[IssueLine] = session.scalars(
            select(IssueLine).where(IssueLine.issue_id == issue_id).order_by(IssueLine.position)
        ).all()
    return [
        each.refusal["code"] if each.outcome == "refused" and each.refusal else each.outcome for each in lines
    ]


def day(scene: Scene) -> date:
    """Return the scene's day."""
    return scene.at.astimezone(SHANGHAI).date()


def act(work_act: Any, *given: Any, **named: Any) -> Any:
    """Return an act with its arguments, ready for `Scene.do`."""

    def run(work: Work) -> Any:
        return work_act(work, *given, **named)

    return run
