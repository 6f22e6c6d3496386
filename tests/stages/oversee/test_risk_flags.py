"""Risk flags: raised once from the database, dealt with, concluded; held only where they may."""

from __future__ import annotations

from datetime import date, timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from tests import town_train
from tests.scene import JIYUAN, XINXIANG, Scene, staff_number
from tests.town_attending import PEOPLE, class_room
from voucher.ledger.audit import AuditRow
from voucher.ledger.holds import Hold
from voucher.ledger.states import list_events
from voucher.plumbing.clock import day_of
from voucher.plumbing.unit_of_work import Work
from voucher.registry import machines, users
from voucher.registry.users import CLOCK_LOGIN
from voucher.rules.actor import Grant, Role
from voucher.rules.lifecycle import Thing
from voucher.rules.risk.catalogue import BY_CODE
from voucher.rules.risk.data_set import Facts
from voucher.rules.risk.facts import Backflow, Result
from voucher.rules.risk.findings import Finding
from voucher.stages.oversee.invariants import find_violations
from voucher.stages.oversee.risk import queries
from voucher.stages.oversee.risk.answering import answer, ask
from voucher.stages.oversee.risk.assigning import assign, list_supervisors
from voucher.stages.oversee.risk.concluding import conclude
from voucher.stages.oversee.risk.finding import Found, find_flags, run_over
from voucher.stages.oversee.risk.models import RiskFlag, RiskFlagRow, RiskRun
from voucher.stages.oversee.risk.raising import raise_flags
from voucher.stages.oversee.risk.thresholds import read_shipped_thresholds

MOST = read_shipped_thresholds(date(2024, 3, 1))
STATES = (*queries.LIVE, "upheld", "dismissed")
SHARED = "one-telephone-for-all"


def hire_watchers(scene: Scene) -> tuple[int, int]:
    """Hire two supervisors of 济源 and one of elsewhere; return the person numbers of the first two."""
    for place, login in enumerate(("监管员甲", "监管员乙")):
        scene.hire(login, Role.SUPERVISOR, staff_number(f"3101011990020{place}027"), region=JIYUAN)
    scene.hire("外地监管员", Role.SUPERVISOR, "310101199001010250", region=XINXIANG)
    return scene.actor("监管员甲").person_id, scene.actor("监管员乙").person_id


def two_hats(scene: Scene) -> str:
    """Hire somebody who supervises elsewhere and is an operator of 济源; return the login."""

    def act(work: Work) -> str:
        person = machines.open_system_person(work, "两头任职", "两头任职")
        grants = [Grant(Role.SUPERVISOR, XINXIANG), Grant(Role.OPERATOR, JIYUAN)]
        made = users.open_account(
            work, login="两头任职", display_name="两头任职", person_id=person, grants=grants,
            since=date(2021, 1, 1),
        )  # fmt: skip
        return made.login

    return scene.do("operator", act)


def found_today(scene: Scene) -> list[Found]:
    with scene.database.read() as session:
        return find_flags(session, day_of(scene.at), scene.keyring)


def raised(scene: Scene, found: list[Found]) -> int:
    return scene.do(CLOCK_LOGIN, lambda work: raise_flags(work, found))


def planted(kind: str, subject: str, house: int, **more: Any) -> Found:
    """Return a finding as rule R12 would make it, without rows."""
    said = "{teacher:某} 同时在两个班上课，重叠 60 分钟。"
    finding = Finding(
        "R12", kind, subject, "2024-03-01", 60, "分钟", 0, 0, said, (),
        institution=str(house), **more,
    )  # fmt: skip
    return Found(finding, BY_CODE["R12"], ())


def test_a_shared_telephone_goes_from_the_database_to_a_conclusion(scene: Scene) -> None:
    room = class_room(scene)
    one, two = hire_watchers(scene)
    registrar = town_train.staff(scene, room.house, Role.REGISTRAR)
    for person in PEOPLE:
        room.sign(person, browser=SHARED)
    found = [each for each in found_today(scene) if each.finding.rule == "R03"]
    assert [(each.finding.figure, each.finding.threshold) for each in found] == [(4, 3)]
    assert raised(scene, found) == 1
    assert raised(scene, found_today(scene)) == len({each.finding.key for each in found_today(scene)}) - 1
    assert raised(scene, found_today(scene)) == 0, "a flag once per rule, subject and period"
    with scene.database.read() as session:
        flag = session.scalars(select(RiskFlag).where(RiskFlag.rule == "R03")).one()
        rows = session.scalars(select(RiskFlagRow).where(RiskFlagRow.flag_id == flag.id)).all()
        assert len(rows) == flag.row_count == 4
        assert {each.person_id for each in rows} == {int(each) for each in found[0].finding.people}
        assert "为 4 名不同的学员签到，达到 3 人的界限" in flag.sentence
        assert (flag.region_code, flag.institution_id, flag.is_blocking) == (JIYUAN, room.house, False)
        assert session.scalars(select(Hold)).all() == [], "only starred rules hold anything"
        assert [each.raised for each in session.scalars(select(RiskRun))] == [1]
        assert dict(list_supervisors(session, JIYUAN, day_of(scene.at))).keys() >= {one, two}
    code = partial(town_train.code, scene)
    assert code("外地监管员", partial(assign, flag_id=flag.id, person_id=one)) == "risk_flag_missing"
    assert code(registrar, partial(assign, flag_id=flag.id, person_id=one)) == "role_missing"
    assert code(registrar, partial(answer, flag_id=flag.id, words="没有")) == "risk_flag_missing"
    concluding = partial(conclude, flag_id=flag.id, words="四人共用一部手机，属实", is_upheld=True)
    assert code("监管员甲", concluding) == "event_not_allowed"
    scene.do("监管员甲", partial(assign, flag_id=flag.id, person_id=two))
    assert code("监管员甲", partial(ask, flag_id=flag.id, question="为什么")) == "risk_flag_not_yours"
    assert code("监管员甲", concluding) == "risk_flag_not_yours"
    asked = scene.do("监管员乙", partial(ask, flag_id=flag.id, question="四个人为什么用同一部手机签到？"))
    assert asked.answer_by is not None
    assert code("监管员乙", concluding) == "risk_flag_answer_awaited"
    scene.do(registrar, partial(answer, flag_id=flag.id, words="教室信号不好，借用一部手机"))
    assert code(registrar, partial(answer, flag_id=flag.id, words="再说一次")) == "event_not_allowed"
    scene.do("监管员乙", concluding)
    with scene.database.read() as session:
        steps = [each.event for each in list_events(session, Thing.RISK_FLAG, flag.id)]
        assert steps == ["raise", "dispatch", "ask", "answer", "uphold"]
        standing = {each.rule.code: each for each in queries.list_standings(session, [JIYUAN], MOST)}
        assert (standing["R03"].upheld, standing["R03"].precision_bp) == (1, 10_000)
        broken = {each.number for each in find_violations(session, limit=5, now=scene.at)}
        assert broken <= {16}, "no scene is sealed"
    scene.do("监管员乙", lambda work: queries.look_at_flag(work, flag.id))
    # a supervisor of elsewhere who is an operator here reads no flag of here
    mixed = two_hats(scene)
    assert code(mixed, partial(queries.look_at_flag, flag_id=flag.id)) == "risk_flag_missing"
    both = scene.actor(mixed)
    assert JIYUAN in both.regions
    with scene.database.read() as session:
        assert queries.list_flags(session, both.regions_as(*queries.WATCHERS), states=STATES, limit=9) == []
        assert queries.list_flags(session, [JIYUAN], states=STATES, limit=9) != []
    with scene.database.read() as session:
        looks = session.scalars(select(AuditRow).where(AuditRow.thing == "risk_flag", AuditRow.act == "look"))
        assert [each.object_id for each in looks] == [flag.id]


def test_a_blocking_flag_holds_a_class_until_it_is_dismissed(scene: Scene) -> None:
    room = class_room(scene)
    one, _ = hire_watchers(scene)
    stops = (("class", str(room.class_id)), ("place", f"{room.class_id}/999"), ("claim", "999"))
    assert raised(scene, [planted("teacher", "1/某", room.house, stops=stops)]) == 1
    with scene.database.read() as session:
        flag = session.scalars(select(RiskFlag)).one()
        held = session.scalars(select(Hold).where(Hold.closed_at.is_(None))).all()
        assert {each.object_id for each in held} == set(room.vouchers.values())
        assert {each.why for each in held} == {f"风险线索 {flag.id}（教师分身）"}
    scene.do("监管员甲", partial(assign, flag_id=flag.id, person_id=one))
    scene.do("监管员甲", partial(conclude, flag_id=flag.id, words="两个班合并上课，有批复", is_upheld=False))
    with scene.database.read() as session:
        assert session.scalars(select(Hold).where(Hold.closed_at.is_(None))).all() == []
        assert queries.count_states(session, [JIYUAN]) == {"dismissed": 1}


def test_nobody_of_the_flagged_house_concludes_not_even_by_sql(scene: Scene) -> None:
    room = class_room(scene, PEOPLE[:1])
    one, two = hire_watchers(scene)
    raised(
        scene, [planted("teacher", "1/某", room.house), planted("officer", f"{two}/{room.house}", room.house)]
    )
    with scene.database.read() as session:
        first, second = session.scalars(select(RiskFlag).order_by(RiskFlag.kind.desc()))
        staff = session.scalars(
            text("SELECT u.person_id FROM role_grant g JOIN user_account u ON u.id = g.user_id"
                 " WHERE g.institution_id = :house").bindparams(house=room.house).columns()
        ).first()  # fmt: skip
    code = partial(town_train.code, scene)
    assert code("监管员乙", partial(assign, flag_id=second.id, person_id=one)) == "risk_flag_own_institution"
    assert code("监管员甲", partial(assign, flag_id=second.id, person_id=two)) == "risk_flag_own_institution"
    scene.do("监管员甲", partial(assign, flag_id=first.id, person_id=one))
    said = "conclusion = '查实', concluded_at = raised_at, concluded_by_person_id"
    for sin in (
        f"UPDATE risk_flag SET {said} = {staff} WHERE id = {first.id}",
        f"UPDATE risk_flag SET {said} = {two} WHERE id = {second.id}",
        f"UPDATE risk_flag SET figure = 1 WHERE id = {first.id}",
        "UPDATE risk_run SET raised = 0",
        "DELETE FROM risk_flag",
    ):
        with pytest.raises(DBAPIError):
            scene.do("operator", partial(_rewrite, sql=sin))


def _rewrite(work: Work, sql: str) -> None:
    work.session.execute(text(sql))


def test_an_unanswered_question_waits_until_its_day(scene: Scene) -> None:
    room = class_room(scene, PEOPLE[:1])
    one, _ = hire_watchers(scene)
    raised(scene, [planted("teacher", "1/某", room.house)])
    with scene.database.read() as session:
        flag = session.scalars(select(RiskFlag)).one()
    scene.do("监管员甲", partial(assign, flag_id=flag.id, person_id=one))
    until = scene.do("监管员甲", partial(ask, flag_id=flag.id, question="请说明")).answer_by
    assert until is not None
    ending = partial(conclude, flag_id=flag.id, words="逾期没有说明，查实", is_upheld=True)
    assert town_train.code(scene, "监管员甲", ending) == "risk_flag_answer_awaited"
    scene.at += until - day_of(scene.at) + timedelta(days=1)
    assert scene.do("监管员甲", ending).state == "upheld"


def test_every_row_says_of_which_list_it_is_however_many_there_are() -> None:
    """What is kept of the rows is the first few; whoever brought the last one along does not conclude it."""
    back = tuple(Backflow(f"list-{1 + (each == 200)}-{each}-9", "9", "1", 100, 0) for each in range(201))
    (found,) = run_over(Facts(backflows=back), MOST, is_daily=False)
    assert (len(found.said), dict(found.lists), found.of_rows) == (200, {1: 200, 2: 1}, 201)
    one = Result("1", "7", "", "1", "1", "", "t", "4", 1, 1, 0, "AAAAAAAAAA", answers_from="list-3-2-7")
    other = one._replace(id="2", person="8", answers_from="list-3-3-8")
    (copied,) = run_over(Facts(results=(one, other)), MOST, is_daily=False)
    assert (dict(copied.lists), copied.of_rows) == ({3: 2}, 2), "answers say of which list they are"
