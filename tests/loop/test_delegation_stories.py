"""职责委托：请假时由同事代办，有期限；按受托人本人计为一手，换账号、绕一圈都不行。"""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from tests import town_train
from tests.loop.telling import (
    first_review,
    person,
    ready,
    refused,
    second_review,
    settle_for,
    told,
)
from tests.scene import JIYUAN, PROVINCE, XINXIANG, Scene
from voucher.ledger.audit import AuditRow
from voucher.plumbing.unit_of_work import Work
from voucher.registry.access.role_endings import take_back_role
from voucher.registry.access.staffing import disable_account, grant_role
from voucher.registry.delegations import Delegation, delegate, end_delegation, list_own_roles
from voucher.registry.users import RoleGrant
from voucher.rules.actor import Role
from voucher.rules.errors import Refusal


def _grant(scene: Scene, login: str) -> int:
    actor = scene.actor(login)
    with scene.database.read() as session:
        return list_own_roles(session, actor.user_id, scene.at.date())[0].id


def _give(scene: Scene, giver: str, deputy: str, days: int = 5, later: int = 0) -> int:
    """Have somebody hand the first own role to a colleague for some days."""
    grant, since = _grant(scene, giver), scene.at.date() + timedelta(days=later)
    until = since + timedelta(days=days - 1)
    return scene.do(giver, lambda work: delegate(work, grant, deputy, since, until, "外出培训").id)


def _heard(scene: Scene, giver: str, deputy: str, days: int = 5, later: int = 0) -> Refusal:
    return refused(lambda: _give(scene, giver, deputy, days, later))


def test_复核员请假_同事代为复核_自己初审过的仍不行_到期自动终止(scene: Scene) -> None:
    """受托人本人在某条里办过初审的，这一条不能再以受托身份复核；期满或终止后没有权限。"""
    ready(scene)
    scene.hire("审核员丁", Role.FINANCE_MAKER, "310101199001010130")
    budget = scene.open_budget()
    mine = settle_for(scene, [person(1)], budget).batch_id
    first_review(scene, mine)
    before = refused(lambda: second_review(scene, mine, "审核员丁"))
    assert before.code == "role_missing"
    _give(scene, "复核员", "审核员丁", later=1)
    assert refused(lambda: second_review(scene, mine, "审核员丁")).code == "role_missing"
    scene.at += timedelta(days=1)
    _give(scene, "初审员", "审核员丁")
    scene.certify(scene.certificate(person(2), issued="2023-12-20"))
    both = scene.settle(budget, since="2023-12-20", until="2023-12-20").batch_id
    assert first_review(scene, both, "审核员丁") == 1
    assert refused(lambda: second_review(scene, both, "审核员丁")).code == "fixed_role"
    assert second_review(scene, mine, "审核员丁") == 1
    scene.at += timedelta(days=6)
    assert refused(lambda: second_review(scene, both, "审核员丁")).code == "role_missing"
    assert second_review(scene, both) == 1
    with scene.database.read() as session:
        acts = session.scalars(select(AuditRow.act).where(AuditRow.act == "take_on")).all()
    assert len(acts) == 2


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_委托给自己的另一个账号_给机构的人_再委托_过期超期都不行(scene: Scene) -> None:
    """每一条都说清为什么；库里两人不同由数据库守住。"""
    ready(scene)
    scene.hire("复核员2", Role.OFFICER_COUNTY, "310101199001010020")
    assert _heard(scene, "复核员", "复核员2").code == "delegation_self"
    assert _heard(scene, "复核员", "operator").code == "deputy_unfit"
    assert _heard(scene, "复核员", "没有这个人").code == "deputy_unfit"
    house = town_train.train_institution(scene, years="2023、2024")
    town_train.staff(scene, house, Role.REGISTRAR)
    assert _heard(scene, "复核员", town_train.staff(scene, house, Role.REGISTRAR)).code == "deputy_unfit"
    assert _heard(scene, "复核员", "初审员", days=31).code == "delegation_period"
    assert _heard(scene, "复核员", "初审员", later=-1).code == "delegation_period"
    assert _heard(scene, "复核员", "初审员", days=0).code == "delegation_period"
    foreign = _grant(scene, "审批员")
    today = scene.at.date()
    heard = told(scene, "复核员", lambda work: delegate(work, foreign, "初审员", today, today, "外出"))
    assert heard.code == "delegation_missing"

    given = _give(scene, "复核员", "初审员")
    with scene.database.read() as session:
        taken_on = session.get_one(Delegation, given).grant_id
    again = told(scene, "初审员", lambda work: delegate(work, taken_on, "审批员", today, today, "再委托"))
    assert again.code == "delegation_missing"
    assert told(scene, "审批员", lambda work: end_delegation(work, given)).code == "delegation_missing"
    scene.do("初审员", lambda work: end_delegation(work, given))
    assert told(scene, "复核员", lambda work: end_delegation(work, given)).code == "delegation_missing"
    assert not scene.actor("初审员").has(Role.OFFICER_CITY)

    def one_person(work: Work) -> None:
        work.session.execute(text("UPDATE delegation SET deputy_person_id = principal_person_id"))

    with pytest.raises(DBAPIError):
        scene.do("operator", one_person)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_委托不长于本人任职_本人账号停用_委托同时终止(scene: Scene) -> None:
    """给不出自己没有的；离任的人，没有人再替他办。"""
    ready(scene)
    last = scene.at.date() + timedelta(days=2)
    grant = _grant(scene, "复核员")

    def ends_soon(work: Work) -> None:
        work.session.get_one(RoleGrant, grant).until = last

    scene.do("operator", ends_soon)
    heard = _heard(scene, "复核员", "初审员", days=4)
    assert heard.code == "delegation_period"
    assert "任职" in heard.next_step
    _give(scene, "复核员", "初审员", days=3)
    assert scene.actor("初审员").has(Role.OFFICER_CITY)
    scene.do("administrator", lambda work: disable_account(work, "复核员"))
    assert not scene.actor("初审员").has(Role.OFFICER_CITY)
    with scene.database.read() as session:
        acts = session.scalars(select(AuditRow.act).where(AuditRow.act == "give_back")).all()
    assert len(acts) == 1


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_调到外地_原来的职责收回_委托出去的同时终止_账号照用_做过的仍算一手(scene: Scene) -> None:
    """S2-00c：收回的当时就看不到、办不了原来的地区；收回两次说明没有这项职责；管理员以外的人收不回。"""
    ready(scene)
    budget = scene.open_budget()
    mine = settle_for(scene, [person(1)], budget).batch_id
    first_review(scene, mine)
    _give(scene, "初审员", "复核员")
    assert scene.actor("复核员").has(Role.OFFICER_COUNTY)
    leave = partial(take_back_role, login="初审员", role=Role.OFFICER_COUNTY, region_code=PROVINCE)
    assert told(scene, "operator", leave).code == "role_missing"
    scene.do("administrator", leave)
    move = partial(grant_role, login="初审员", role=Role.OFFICER_CITY, region_code=XINXIANG)
    scene.do("administrator", move)
    assert told(scene, "administrator", leave).code == "role_not_held"
    assert not scene.actor("复核员").has(Role.OFFICER_COUNTY), "what was handed on ends as well"
    assert JIYUAN not in scene.actor("初审员").regions
    assert refused(lambda: second_review(scene, mine, "初审员")).code == "batch_missing"
    # back again in another post: the hand of before is still this person's
    scene.do("administrator", partial(move, region_code=JIYUAN))
    assert refused(lambda: second_review(scene, mine, "初审员")).code == "fixed_role"
    assert second_review(scene, mine) == 1
