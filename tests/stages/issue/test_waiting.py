"""No money: a place in the queue, served strictly in order when some is released, judged again first."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import update

from tests.scene import LI_SI, NURSE, SUN_BA, ZHANG_SAN, Scene, on
from tests.town_issue import (
    act,
    codes,
    eligible,
    line,
    newcomer,
    open_terms,
    person_id,
    programme,
    publisher,
    voucher,
    worker,
)
from voucher.ledger import budget as budgets
from voucher.ledger import restoring
from voucher.registry.standards import Parameter, StandardRow
from voucher.rules.actor import Role
from voucher.rules.errors import Refused
from voucher.stages.issue import ending, holding, issuing, queries, replacing
from voucher.stages.issue.issuing import Issued
from voucher.stages.issue.programmes import stop_programme
from voucher.stages.issue.waiting import serve_due_waiting
from voucher.stages.oversee.privacy.reconciling import reconcile_without


@pytest.fixture
def budget(scene: Scene) -> int:
    """Return a budget with money for one 养五 voucher and a half."""
    scene.at = on("2024-01-10")
    return scene.open_budget(2100)


def at_once(scene: Scene, programme_id: int, *people: tuple[str, str]) -> Issued:
    named = [newcomer(each) for each in people]
    done: Issued = scene.do("operator", act(issuing.issue_at_once, programme_id, named))
    return done


def grant(scene: Scene, budget: int, yuan: int) -> None:
    scene.do("operator", act(budgets.grant, budget, yuan * 100))


def code_of(scene: Scene, login: str, done: Any) -> str:
    with pytest.raises(Refused) as told:
        scene.do(login, done)
    return told.value.refusal.code


def test_those_behind_never_overtake_and_a_withdrawal_serves_the_first(scene: Scene, budget: int) -> None:
    nurses = programme(scene, budget)
    small = programme(scene, budget, name="专项", certificate_kind="special_skill", trade_code="HNZX-005",
                      level=0, training_cap_fen=100_00)  # fmt: skip
    eligible(scene, ZHANG_SAN, LI_SI, SUN_BA)
    first = at_once(scene, nurses, ZHANG_SAN, LI_SI)
    assert (first.issued, first.waiting) == (1, 1)
    # 700 are left and 200 would do, but somebody stands in the queue before
    second = at_once(scene, small, SUN_BA)
    assert (second.issued, second.waiting) == (0, 1)
    again = at_once(scene, nurses, LI_SI)
    assert codes(scene, again.issue_id) == ["waiting_already"]
    with scene.database.read() as session:
        place = queries.list_places(session, person_id(scene, SUN_BA))[0]
    assert (place.position, place.programme_name, place.queued_at) == (2, "专项", scene.at)
    held = line(scene, first.issue_id).voucher_id
    scene.do(worker(scene, ZHANG_SAN), act(holding.withdraw, held))
    assert codes(scene, first.issue_id) == ["issued", "issued"]
    # 1400 went to the first in the queue, 700 were left, and the second needed 200 of them
    assert codes(scene, second.issue_id) == ["issued"]
    served = line(scene, first.issue_id, 2).voucher_id
    assert served is not None
    assert voucher(scene, served).holder_person_id == person_id(scene, LI_SI)
    assert scene.budget(budget).reserved_fen == 1600_00


def test_a_grant_is_served_by_the_clock_and_who_became_ineligible_leaves(scene: Scene, budget: int) -> None:
    nurses = programme(scene, budget)
    eligible(scene, ZHANG_SAN, LI_SI, SUN_BA)
    done = at_once(scene, nurses, ZHANG_SAN, LI_SI, SUN_BA)
    assert (done.issued, done.waiting) == (1, 2)
    scene.at = on("2024-01-20")
    scene.import_people([{"姓名": LI_SI[0], "证件号码": LI_SI[1], "人员类别": "公务员"}])
    grant(scene, budget, 1400)
    assert code_of(scene, "operator", serve_due_waiting) == "role_missing"
    assert scene.do("clock", serve_due_waiting) == 1
    assert codes(scene, done.issue_id) == ["issued", "publicly_funded", "issued"]
    assert scene.do("clock", serve_due_waiting) == 0
    late = line(scene, done.issue_id, 3).voucher_id
    assert late is not None
    # priced and dated on the day it was issued
    assert voucher(scene, late).redeem_by.isoformat() == "2024-04-19"


def test_a_missing_parameter_keeps_every_place_and_a_missing_standard_ends_one(
    scene: Scene, budget: int
) -> None:
    nurses = programme(scene, budget)
    eligible(scene, ZHANG_SAN, LI_SI)
    done = at_once(scene, nurses, ZHANG_SAN, LI_SI)
    held = line(scene, done.issue_id).voucher_id

    def until(model: type[Any], condition: Any, last_day: str | None) -> None:
        day = date.fromisoformat(last_day) if last_day else None
        change = update(model).where(condition).values(until=day)
        scene.do("operator", lambda work: work.session.execute(change))

    validity = Parameter.name == "voucher_validity_days"
    until(Parameter, validity, "2024-01-01")
    scene.do(worker(scene, ZHANG_SAN), act(holding.withdraw, held))
    assert codes(scene, done.issue_id) == ["issued", "waiting"]
    until(Parameter, validity, None)
    until(StandardRow, StandardRow.code == "TR-5", "2024-01-01")
    assert scene.do("clock", serve_due_waiting) == 0
    assert codes(scene, done.issue_id) == ["issued", "no_standard"]
    with scene.database.read() as session:
        (told,) = queries.list_refused(session, person_id(scene, LI_SI))
        assert queries.list_places(session, person_id(scene, LI_SI)) == []
    assert (told.refusal["code"], told.programme_id) == ("no_standard", nurses)
    assert scene.budget(budget).reserved_fen == 0


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_restored_database_keeps_every_place(scene: Scene, budget: int) -> None:
    nurses = programme(scene, budget)
    eligible(scene, ZHANG_SAN, LI_SI, SUN_BA)
    done = at_once(scene, nurses, ZHANG_SAN, LI_SI, SUN_BA)
    scene.do("clock", act(restoring.notice_older, 7, "0" * 64))
    held = line(scene, done.issue_id).voucher_id
    scene.do(worker(scene, ZHANG_SAN), act(holding.withdraw, held))
    grant(scene, budget, 1400)
    assert scene.do("clock", serve_due_waiting) == 0
    assert codes(scene, done.issue_id) == ["issued", "waiting", "waiting"]
    for number in (10, 20):
        scene.hire(f"管理员{number}", Role.ADMINISTRATOR, f"3101011990010107{number}")
        scene.do(f"管理员{number}", act(reconcile_without, "没有登记可核对"))
    assert scene.do("clock", serve_due_waiting) == 2
    assert codes(scene, done.issue_id) == ["issued"] * 3


def test_a_claim_at_the_head_of_the_queue_is_not_overtaken(scene: Scene) -> None:
    scene.hire_everybody()
    scene.file_evaluator(("示例丙职业技能评价有限公司", "91410100MATE5T033Y", "S000041010001"))
    scene.at = on("2024-01-10")
    budget = scene.open_budget(100)
    scene.certify(scene.certificate(ZHANG_SAN, NURSE, "五级"))
    scene.settle(budget)
    nurses = programme(scene, budget, level=3)
    eligible(scene, LI_SI)
    done = at_once(scene, nurses, LI_SI)
    assert codes(scene, done.issue_id) == ["waiting"]
    grant(scene, budget, 10_000)
    assert scene.do("clock", serve_due_waiting) == 0
    assert codes(scene, done.issue_id) == ["waiting"]


def test_a_person_who_takes_one_waits_and_is_served_later(scene: Scene) -> None:
    scene.at = on("2024-01-10")
    budget = scene.open_budget(1)
    free = programme(scene, budget, **open_terms())
    mine = worker(scene, ZHANG_SAN)
    assert scene.do(mine, act(issuing.take_voucher, free, True)) is None
    assert code_of(scene, mine, act(issuing.take_voucher, free, True)) == "waiting_already"
    grant(scene, budget, 1840)
    assert scene.do("clock", serve_due_waiting) == 1
    with scene.database.read() as session:
        (card,) = queries.list_wallet(session, person_id(scene, ZHANG_SAN))
    assert (card.state, card.tab, card.worth_words) == ("issued", "待使用", "面值待定，报名时按标准确定")


def test_a_stop_ends_the_places_of_its_programme_and_serves_those_behind(scene: Scene, budget: int) -> None:
    nurses = programme(scene, budget)
    ability = programme(
        scene, budget, name="专项", certificate_kind="special_skill", trade_code="HNZX-005", level=0,
        training_cap_fen=100_00,
    )  # fmt: skip
    eligible(scene, ZHANG_SAN, LI_SI, SUN_BA)
    first = at_once(scene, nurses, ZHANG_SAN, LI_SI)
    second = at_once(scene, ability, SUN_BA)
    scene.do(publisher(scene), act(stop_programme, nurses, "资金调整"))
    assert codes(scene, first.issue_id) == ["issued", "programme_stopped"]
    assert codes(scene, second.issue_id) == ["issued"]


def test_what_was_lost_without_fault_is_replaced_once_by_two_people(scene: Scene, budget: int) -> None:
    """AC-I5: a new voucher that names the old, whatever became of the programme meanwhile."""
    nurses = programme(scene, budget, quantity=1)
    eligible(scene, ZHANG_SAN)
    done = at_once(scene, nurses, ZHANG_SAN)
    old = line(scene, done.issue_id).voucher_id
    officer = publisher(scene)
    ask = act(replacing.ask_replacement, old, "机构退出，本人无过错")
    assert code_of(scene, officer, ask) == "voucher_not_replaceable"
    scene.do(officer, act(ending.revoke, [old], "机构退出"))
    scene.do(officer, act(stop_programme, nurses, "机构退出"))
    assert code_of(scene, "operator", ask) == "role_missing"
    assert code_of(scene, officer, act(replacing.ask_replacement, old, "")) == "why_missing"
    asked = scene.do(officer, ask)
    assert (asked.state, asked.way) == ("filed", "replacement")
    assert code_of(scene, officer, ask) == "voucher_replaced_already"
    issue = act(issuing.issue_roster, asked.id)
    assert code_of(scene, officer, issue) == "second_person_needed"
    scene.hire_everybody()
    assert scene.do("初审员", issue).issued == 1
    fresh = line(scene, asked.id).voucher_id
    assert fresh is not None
    assert (voucher(scene, fresh).replaces_voucher_id, voucher(scene, fresh).state) == (old, "issued")
    assert code_of(scene, "初审员", ask) == "voucher_replaced_already"
    # the new one may be lost as well, and is replaced in its turn; money is needed as ever
    scene.do(officer, act(ending.revoke, [fresh], "再次退出"))
    again = scene.do(officer, act(replacing.ask_replacement, fresh, "再次退出，本人无过错"))
    assert scene.do("初审员", act(issuing.issue_roster, again.id)).issued == 1
