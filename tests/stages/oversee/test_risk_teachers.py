"""R12 and R26: a teacher's name is a person, by filing or account, and whose traces sit with trainees."""

from __future__ import annotations

from datetime import date, timedelta
from functools import partial

from sqlalchemy import update

from tests import town_train
from tests.scene import Scene, on, staff_number
from tests.town_attending import PEOPLE, class_room
from voucher.plumbing.clock import day_of
from voucher.plumbing.unit_of_work import Work
from voucher.registry.people import Newcomer, open_people
from voucher.registry.standards import Parameter
from voucher.registry.users import UserAccount, open_account
from voucher.rules.actor import Grant, Role
from voucher.rules.risk.clusters import find_clusters
from voucher.rules.risk.data_set import Facts
from voucher.rules.risk.findings import Finding
from voucher.rules.risk.teaching import find_doubled_teachers
from voucher.stages.oversee.risk.facts import Window, read_facts
from voucher.stages.oversee.risk.thresholds import read_shipped_thresholds
from voucher.stages.train import classes

MOST = read_shipped_thresholds(date(2024, 3, 1))
TELEPHONE = "13812345678"
WHOLE_YEAR = Window(date(2024, 1, 1), date(2024, 12, 31))


def hire_teacher(
    scene: Scene,
    name: str,
    stem: str,
    *houses: int,
    mobile: str | None = None,
    role: Role = Role.TEACHER,
) -> int:
    """Open a teacher's account at institutions and return the person behind it."""

    def act(work: Work) -> int:
        person = next(iter(open_people(work, [Newcomer(staff_number(stem), name, mobile)]).values()))
        grants = [Grant(role, institution_id=each) for each in houses]
        open_account(work, login=f"教师-{stem[-3:]}", display_name=name, person_id=person, grants=grants)
        return person

    return scene.do("operator", act)


def test_one_teacher_with_accounts_at_two_houses_is_one_person_and_namesakes_are_two(scene: Scene) -> None:
    scene.at = on("2024-03-01")
    one, other = (town_train.train_institution(scene, each) for each in (town_train.T1, town_train.T2))
    both = hire_teacher(scene, "周老师", "31010119850101411", one, other)
    hire_teacher(scene, "吴老师", "31010119850101412", one)
    hire_teacher(scene, "吴老师", "31010119850101413", other)
    made = [
        town_train.open_class(scene, house, teacher=teacher, place=f"{house}号楼{teacher}教室", hours=8)
        for teacher in ("周老师", "吴老师")
        for house in (one, other)
    ]
    with scene.database.read() as session:
        facts = read_facts(session, WHOLE_YEAR, scene.keyring)
    names = {each.class_id: each.teacher for each in facts.sessions}
    assert names[str(made[0])] == names[str(made[1])] == f"person-{both}/周老师"
    assert names[str(made[2])] != names[str(made[3])]
    found = list(find_doubled_teachers(facts, MOST))
    assert [(each.subject, each.figure) for each in found] == [(f"person-{both}/周老师", 360)]
    assert f"同时给 {{class:{made[0]}}} 和 {{class:{made[1]}}} 上课，重叠 360 分钟" in found[0].words


def test_where_it_is_asked_nobody_teaches_who_is_only_a_name(scene: Scene) -> None:
    scene.at = on("2024-03-01")
    house = town_train.train_institution(scene)
    with scene.database.engine.begin() as connection:
        named = Parameter.name == "class_teacher_known"
        connection.execute(update(Parameter).where(named, Parameter.value == "0").values(value="1"))
    class_id = town_train.draft(scene, house)
    desk = town_train.staff(scene, house, Role.REGISTRAR)
    file_class = partial(classes.file_class, class_id=class_id, promised=True)
    assert town_train.code(scene, desk, file_class) == "teacher_not_known"
    hire_teacher(scene, "周老师", "31010119850101410", house, role=Role.REGISTRAR)
    assert town_train.code(scene, desk, file_class) == "teacher_not_known", (
        "who keeps the books teaches nobody"
    )
    left = hire_teacher(scene, "周老师", "31010119850101411", house)
    gone = update(UserAccount).where(UserAccount.person_id == left).values(disabled_at=scene.at)
    with scene.database.engine.begin() as connection:
        connection.execute(gone)
    assert town_train.code(scene, desk, file_class) == "teacher_not_known", "whose account is closed has left"
    stays = hire_teacher(scene, "周老师", "31010119850101412", house)
    assert scene.do(desk, file_class).state == "filed"
    with scene.database.read() as session:
        before, after = (
            {
                each.teacher
                for each in read_facts(session, Window(first, WHOLE_YEAR.last_on), scene.keyring).sessions
            }
            for first in (WHOLE_YEAR.first_on, day_of(scene.at) + timedelta(days=1))
        )
    assert before == {f"{house}/周老师"}, "two of the name taught there then"
    assert after == {f"person-{stays}/周老师"}


def test_a_circle_around_a_teachers_telephone_is_found_and_a_shared_class_is_none(scene: Scene) -> None:
    shared = PEOPLE[:3]
    newcomers = [Newcomer(number, name, TELEPHONE) for name, number in shared]
    scene.do("operator", lambda work: open_people(work, newcomers))
    room = class_room(scene)
    few = {**MOST, "risk_cluster_people": len(PEOPLE)}

    def look() -> tuple[Facts, list[Finding]]:
        with scene.database.read() as session:
            facts = read_facts(session, WHOLE_YEAR, scene.keyring)
        return facts, list(find_clusters(facts, few))

    for each in PEOPLE:
        room.sign(each)
    teacher = hire_teacher(scene, "周老师", "31010119850101411", room.house, mobile=TELEPHONE)
    facts, found = look()
    tied = [each for each in facts.links if each.kind == "teacher"]
    assert {each.value for each in tied} == {f"teacher-{teacher}"}
    assert len(tied) == len(shared), "whoever only learns in the class is tied to nobody"
    assert found == [], "three on a telephone with their teacher are no circle of four"
    scene.at = room.held.ends_at
    for each in PEOPLE[2:]:
        room.sign(each, "out", browser="one-for-both")
    found = look()[1]
    assert [(each.figure, each.threshold) for each in found] == [(4, 4)]
    assert "由共用的教师、电话、设备连成一圈" in found[0].words
    assert {row for each in tied for row in [("links", each.id)]} <= set(found[0].rows)
