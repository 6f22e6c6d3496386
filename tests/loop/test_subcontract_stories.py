"""分包与转包：由别的机构上课要写明理由、对方同意、不超限额；没有申报的查得出来。"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from functools import partial

import pytest
from sqlalchemy import insert, select, text, update
from sqlalchemy.exc import DBAPIError

from tests import town_filing, town_issue
from tests import town_train as town
from tests.scene import EV2, SHANGHAI, ZHANG_SAN, Scene, on
from voucher.ledger.holds import Hold
from voucher.registry.employments import Employment
from voucher.registry.filing.models import FilingTeacher
from voucher.registry.institutions import Institution
from voucher.registry.standards import Parameter
from voucher.registry.users import RoleGrant, UserAccount
from voucher.rules.actor import Role
from voucher.stages.oversee.risk.facts import Window, read_facts
from voucher.stages.oversee.risk.finding import find_flags
from voucher.stages.oversee.risk.models import RiskFlag
from voucher.stages.oversee.risk.raising import raise_flags
from voucher.stages.train import changing, classes, reviewing
from voucher.stages.train.models.classes import TrainingClass
from voucher.stages.train.planning import NewClass
from voucher.stages.train.queries.reviewing import list_checks
from voucher.stages.train.queries.subcontracts import Handed, count_asked, list_subcontracts
from voucher.stages.train.subcontracting import agree_to_teach, count_given, refuse_to_teach
from voucher.stages.train.wanted import Addition, Wanted

MONDAY = date(2024, 3, 25)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_分包要写明理由_对方同意_一年里超过限额的是转包(scene: Scene) -> None:
    scene.at = on("2024-03-01")
    host, taker = town.train_institution(scene), town.train_institution(scene, town.T2)
    third = town.train_institution(scene, EV2[:2])
    asks, head = (town.staff(scene, host, each) for each in (Role.REGISTRAR, Role.INSTITUTION_ADMIN))
    teaches = town.staff(scene, taker, Role.REGISTRAR)
    code = partial(town.code, scene)
    handed = {"delivering_institution_id": taker, "subcontract_why": "缺少实训设备"}

    def weeks(count: int) -> dict[str, object]:
        return {"starts_on": MONDAY + timedelta(days=7 * count), "teacher": f"老师{count}"}

    silent = town.plan(scene, host, delivering_institution_id=taker)
    assert code(asks, lambda work: classes.draft_class(work, silent)) == "subcontract_unexplained"

    first = town.draft(scene, host, **handed, **weeks(0))
    file_first = town_issue.act(classes.file_class, first, True)
    assert code(asks, file_first) == "subcontract_not_agreed"
    with scene.database.read() as session:
        assert (count_asked(session, [taker]), count_asked(session, [third])) == (1, 0)
        asked = list_subcontracts(session, houses=[taker], limit=9)[0].subcontract.id
    # neither who asks nor a third house agrees; a refusal says why, and the plan has to change
    for stranger in (head, town.staff(scene, third, Role.REGISTRAR)):
        assert code(stranger, partial(agree_to_teach, subcontract_id=asked)) == "subcontract_missing"
    assert code(teaches, partial(refuse_to_teach, subcontract_id=asked, why=" ")) == "training_why_missing"
    scene.do(teaches, partial(refuse_to_teach, subcontract_id=asked, why="教室已排满"))
    assert code(teaches, partial(agree_to_teach, subcontract_id=asked)) == "subcontract_settled"
    assert code(asks, file_first) == "subcontract_not_agreed"
    again = town.plan(scene, host, **handed, **weeks(0))
    scene.do(asks, lambda work: classes.revise_class(work, first, again))
    with scene.database.read() as session:
        asked = list_subcontracts(session, houses=[host], limit=9)[0].subcontract.id
    scene.do(teaches, partial(agree_to_teach, subcontract_id=asked))
    agreed_anew(scene, first, asks, teaches, again, replace(again, capacity=again.capacity - 1))
    scene.do(asks, file_first)
    scene.do(town.reviewer(scene), lambda work: reviewing.approve_class(work, first, "材料齐全"))
    with scene.database.read() as session:
        assert count_given(session, host, 2024) == (1, 40, 40), "one class a year is free"

    # the second is beyond 30 % until enough is taught by its own teachers
    second = town.draft(scene, host, **handed, **weeks(1))
    with scene.database.read() as session:
        asked = list_subcontracts(session, houses=[host], limit=9)[0].subcontract.id
    agree = partial(agree_to_teach, subcontract_id=asked)
    refused = town.refusal(scene, teaches, agree)
    assert refused.code == "subcontract_share_exceeded"
    assert "100.00%" in refused.title
    assert "转包" in refused.title
    for week in range(2, 7):
        own = town.draft(scene, host, **weeks(week))
        scene.do(asks, town_issue.act(classes.file_class, own, True))
    scene.do(teaches, agree)
    with scene.database.read() as session:
        assert count_given(session, host, 2024) == (1, 40, 240), "a draft is nothing yet"
    scene.do(asks, town_issue.act(classes.file_class, second, True))
    with scene.database.read() as session:
        filed = session.get_one(TrainingClass, second)
        checks = list_checks(session, scene.keyring, filed, date(2024, 3, 1))
        said = [each.text for each in checks if each.text.startswith("分包")]
        assert "2 个班、80 / 280 学时" in said[0]

    # a class that is allowed grows into no more than it could have been filed with; moving it is free
    last = town.sessions(scene, first)[-1]
    day = timedelta(days=1)
    more = Addition("offline", "实操补充", last.starts_at + day, last.ends_at + day, last.hours)
    change = partial(changing.ask_change, class_id=first, why="加课")
    grown = town.refusal(scene, asks, partial(change, wanted=(), additions=(more,)))
    assert (grown.code, "30.55%" in grown.title) == ("subcontract_share_exceeded", True)
    scene.do(asks, partial(change, wanted=(Wanted(last.id, last.starts_at + day),)))
    with scene.database.read() as session:
        kept = [
            each
            for each in list_subcontracts(session, houses=[host], limit=9)
            if each.subcontract.class_id == first
        ]
        assert kept[0].state == "agreed", "what was allowed is not asked for anew by moving a day"

    # who teaches for others hands nothing of its own on
    town.draft(
        scene,
        taker,
        delivering_institution_id=third,
        subcontract_why="没有教师",
        teacher="孙老师",
        place="丙校",
    )
    with scene.database.read() as session:
        asked = list_subcontracts(session, houses=[third], limit=1)[0].subcontract.id
    chained = town.refusal(
        scene, town.staff(scene, third, Role.REGISTRAR), partial(agree_to_teach, subcontract_id=asked)
    )
    assert (chained.code, "2024 年已承担别的机构的 2 个班" in chained.title) == (
        "subcontract_while_teaching", True,
    )  # fmt: skip

    # who gives classes away takes none over; nothing of it is rewritten
    back = town.draft(
        scene, taker, delivering_institution_id=host, subcontract_why="换着上", teacher="王老师", place="乙校"
    )
    with scene.database.read() as session:
        asked = list_subcontracts(session, houses=[host], limit=1)[0].subcontract.id
    assert code(asks, partial(agree_to_teach, subcontract_id=asked)) == "subcontract_in_turn"
    assert code(town.staff(scene, taker, Role.REGISTRAR), town_issue.act(classes.file_class, back, True)) == (
        "subcontract_not_agreed"
    )
    for sin in ("UPDATE subcontract SET why = 'x'", "DELETE FROM subcontract"):
        with pytest.raises(DBAPIError, match="never"), scene.database.engine.begin() as connection:
            connection.execute(text(sin))


def agreed_anew(
    scene: Scene, class_id: int, asks: str, teaches: str, plan: NewClass, other: NewClass
) -> None:
    """Revise a plan that was agreed to: the consent is asked for again, and not given by who revised."""

    def newest() -> Handed:
        with scene.database.read() as session:
            return list_subcontracts(session, houses=[plan.institution_id], limit=1)[0]

    agreed = newest().subcontract.id
    scene.do(asks, lambda work: classes.revise_class(work, class_id, plan))
    assert (newest().subcontract.id, newest().state) == (agreed, "agreed"), "saved as it was"
    both = town.staff(scene, plan.institution_id, Role.REGISTRAR, 2)
    with scene.database.engine.begin() as connection:
        account = select(UserAccount.id).where(UserAccount.login == both).scalar_subquery()
        there = {"role": str(Role.REGISTRAR), "institution_id": plan.delivering_institution_id}
        connection.execute(insert(RoleGrant).values(user_id=account, since=date(2023, 1, 1), **there))
    scene.do(both, lambda work: classes.revise_class(work, class_id, other))
    again = newest()
    assert (again.state, again.subcontract.id > agreed) == ("asked", True)
    assert town.code(scene, asks, town_issue.act(classes.file_class, class_id, True)) == (
        "subcontract_not_agreed"
    )
    agree = partial(agree_to_teach, subcontract_id=again.subcontract.id)
    assert town.code(scene, both, agree) == "second_person_needed", "who revised is one of the two"
    with scene.database.read() as session:
        ended = list_subcontracts(session, houses=[plan.institution_id], limit=2)[1].subcontract
        assert ended.ended_why == "开班计划已修改，须由承训机构重新同意"
    scene.do(teaches, agree)
    # whoever teaches gave their days: of a plan that moves nothing but one lesson they are asked anew
    *first, last = other.sessions
    hour = timedelta(hours=1)
    moved = replace(last, starts_at=last.starts_at + hour, ends_at=last.ends_at + hour)
    scene.do(
        asks, lambda work: classes.revise_class(work, class_id, replace(other, sessions=(*first, moved)))
    )
    assert newest().state == "asked"
    scene.do(teaches, partial(agree_to_teach, subcontract_id=newest().subcontract.id))


def test_没有申报的转包由痕迹查出_停住这个班_查实可以作为处置的依据(scene: Scene) -> None:
    scene.at = on("2024-03-01")
    scene.hire_everybody()
    town_filing.accepted(scene)
    host = town.train_institution(scene)
    with scene.database.read() as session:
        other = session.scalars(select(Institution.id).where(Institution.code == town_filing.SCHOOL[1])).one()
    programme = town_issue.programme(scene, scene.open_budget(50_000))
    town_issue.eligible(scene, ZHANG_SAN)
    class_id = town.open_class(scene, host, place="济源市济水大街1号", teacher="李老师")
    voucher = town.redeemed(scene, programme, ZHANG_SAN, class_id)
    scanner = town.staff(scene, host, Role.SCANNER)
    today = scene.at.astimezone(SHANGHAI).date()

    def found() -> list[tuple[int, bool]]:
        with scene.database.read() as session:
            flags = find_flags(session, today, scene.keyring)
        return [(each.finding.figure, bool(each.finding.stops)) for each in flags if each.rule.code == "R29"]

    assert found() == [], "one building is shared by many"
    with scene.database.engine.begin() as connection:
        person = select(UserAccount.person_id).where(UserAccount.login == scanner).scalar_subquery()
        connection.execute(
            insert(Employment).values(
                person_id=person, institution_id=other, since=date(2023, 1, 1), evidence_kind="insurance",
                evidence="社保参保记录", recorded_at=scene.at, recorded_by_person_id=1,
            )
        )  # fmt: skip
        connection.execute(
            update(Parameter).where(Parameter.name == "risk_outsider_kinds_hold").values(value="2")
        )
    assert found() == [(2, True)]
    scene.do("clock", lambda work: raise_flags(work, find_flags(work.session, today, work.keyring)))
    with scene.database.read() as session:
        flag = session.scalars(select(RiskFlag).where(RiskFlag.rule == "R29")).one()
        assert town_filing.SCHOOL[0] in flag.sentence
        assert "没有申报" in flag.sentence
        assert session.scalars(select(Hold.object_id)).all() == [voucher]
        assert flag.institution_id == host
    _a_filed_teacher_is_one_person_wherever(scene, class_id, other)


def _a_filed_teacher_is_one_person_wherever(scene: Scene, class_id: int, other: int) -> None:
    """R12：课表上的姓名是承训机构备案的教师时，按本人核对；没有备案的只按机构和姓名。"""
    today = scene.at.astimezone(SHANGHAI).date()

    def teachers() -> set[str]:
        with scene.database.read() as session:
            facts = read_facts(session, Window(today, today), scene.keyring)
        return {each.teacher for each in facts.sessions if each.class_id == str(class_id)}

    with scene.database.read() as session:
        host = session.get_one(TrainingClass, class_id).institution_id
        filed = session.scalars(select(FilingTeacher.person_id)).one()
    assert teachers() == {f"{host}/李老师"}
    # 姓名中间多打了空格，还是本人
    for typed in (town_filing.TEACHER[0], " ".join(town_filing.TEACHER[0])):
        with scene.database.engine.begin() as connection:
            connection.execute(
                update(TrainingClass)
                .where(TrainingClass.id == class_id)
                .values(delivering_institution_id=other, teacher=typed)
            )
        assert teachers() == {f"person-{filed}/{town_filing.TEACHER[0]}"}
