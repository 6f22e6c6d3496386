"""日期说了算：标准调整不追溯面值，职业编码新旧同一资格，六十周岁当日不再发券。"""

from __future__ import annotations

from datetime import date
from functools import partial

import pytest

from tests import town_assess, town_issue, town_train
from tests.loop import way
from tests.loop.telling import set_parameter, told
from tests.loop.way import EVALUATION, TRAINING
from tests.scene import LI_SI, NURSE, QIAN_QI, ZHANG_SAN, Scene, on, staff_number
from voucher.plumbing.unit_of_work import Work
from voucher.registry.catalogue import OccupationAlias
from voucher.registry.standards import StandardRow
from voucher.stages.issue import holding, issuing
from voucher.stages.issue.queries import list_wallet
from voucher.stages.issue.queries.cards import Card
from voucher.stages.train import enrol

OLD_NURSE = "4-98-01-01"


def lower_standard(work: Work) -> None:
    """Write the row of a new document: 养五 is trained for 1000 from April on."""
    work.session.add(
        StandardRow(
            code="TR-5-APRIL", kind=str(TRAINING), form="level_certificate", occupation_code=NURSE, level=2,
            amount_fen=1000_00, since=date(2024, 4, 1), document="【参】场景标准", evidence="default",
        )
    )  # fmt: skip


def test_标准下调_面值券按发放日_抵用券按报名日(scene: Scene) -> None:
    """AC-A1、AC-A2：发放之后标准由 1200 改为 1000：面值券仍付 1200，抵用券付 1000，多占的当即退回。"""
    town = way.settle_down(scene)
    people = (ZHANG_SAN, LI_SI)
    shown = town_issue.programme(scene, town.budget_id)
    plain = town_issue.programme(scene, town.budget_id, name="抵用", worth="offset")
    vouchers = [
        town_train.accepted(scene, programme_id, each)
        for programme_id, each in zip((shown, plain), people, strict=True)
    ]
    assert scene.budget(town.budget_id).reserved_fen == 2 * 1400_00
    scene.do("operator", lower_standard)
    scene.at = on("2024-04-02")
    class_id = town_train.open_class(scene, town.house, hours=8)
    for person, voucher_id in zip(people, vouchers, strict=True):
        mine = town_issue.worker(scene, person)
        scene.do(mine, partial(enrol.enrol, voucher_id=voucher_id, class_id=class_id))
    assert scene.budget(town.budget_id).reserved_fen == 1400_00 + 1200_00
    with scene.database.read() as session:
        (card,) = list_wallet(session, town_issue.person_id(scene, ZHANG_SAN))
    assert card.worth_words == "面值 1,200.00"
    scene.at = town_train.morning(scene, class_id)
    for person, voucher_id in zip(people, vouchers, strict=True):
        town_train.scan(scene, person, voucher_id, class_id)
    town_train.sit_through(scene, class_id, dict.fromkeys(vouchers, 8))
    town_train.sign_off(scene, class_id, dict.fromkeys(vouchers, 80_00))
    way.examined(town, people, vouchers)
    town_assess.certified(scene, people)
    paid = {
        each.promise.voucher_id: each.amount_fen
        for each in way.claim(town, TRAINING, *vouchers).verdicts
        if each.promise is not None
    }
    assert [paid[each] for each in vouchers] == [1200_00, 1000_00]
    assert {each.amount_fen for each in way.claim(town, EVALUATION, *vouchers).verdicts} == {200_00}


def test_职业编码改版后新旧是同一资格(scene: Scene) -> None:
    """AC-D1、AC-D5：旧编码的证书兑现过，新编码的券发不出，指明首次申领；新编码的证书也能换旧编码的券。"""
    town = way.settle_down(scene)
    scene.do(
        "operator",
        lambda work: work.session.add(
            OccupationAlias(old_code=OLD_NURSE, new_code=NURSE, since=date(2024, 1, 1), source="【参】对照")
        ),
    )
    scene.certify(scene.certificate(ZHANG_SAN, OLD_NURSE, issued="2024-01-20"))
    settled = scene.settle(town.budget_id, since="2024-01-01", until="2024-01-31")
    scene.pay(settled, town.budget_id)
    nurses = town_issue.programme(scene, town.budget_id)
    town_issue.eligible(scene, ZHANG_SAN)
    named = [town_issue.newcomer(ZHANG_SAN)]
    done = scene.do("operator", partial(issuing.issue_at_once, programme_id=nurses, people=named))
    line = town_issue.line(scene, done.issue_id).refusal
    assert line is not None
    assert (line["code"], line["facts"]["earlier"]) == (
        "issued_for_key_already",
        f"SL-419001-2024-{settled.verdicts[0].claim_id:08d}",
    )
    (voucher_id,) = way.trained(town, nurses, LI_SI)
    way.examined(town, [LI_SI], [voucher_id])
    town_assess.certified(scene, [LI_SI], trade=OLD_NURSE)
    assert way.state(scene, voucher_id) == "certified"
    assert way.claim(town, TRAINING, voucher_id).verdicts[0].amount_fen == 1200_00


def test_满六十周岁前一日可以领_当日不再发_登记未领养老金的除外(scene: Scene) -> None:
    """AC-B5：年龄按办理当日整岁计算；钱七 2024-01-05 满 60，前一日可发，当日须先登记未领取养老金。"""
    scene.at = on("2024-01-04")
    budget = scene.open_budget()
    programmes = [town_issue.programme(scene, budget, name=f"第{serial}种") for serial in range(3)]
    named = [town_issue.newcomer(QIAN_QI)]

    def issue(programme_id: int) -> list[str]:
        act = partial(issuing.issue_at_once, programme_id=programme_id, people=named)
        return town_issue.codes(scene, scene.do("operator", act).issue_id)

    assert issue(programmes[0]) == ["issued"]
    (held,) = [each.id for each in _wallet(scene)]
    mine = town_issue.worker(scene, QIAN_QI)
    scene.do(mine, partial(holding.withdraw, voucher_id=held))
    scene.at = on("2024-01-05")
    assert issue(programmes[1]) == ["past_retirement"]
    town_issue.eligible(scene, QIAN_QI)
    assert issue(programmes[2]) == ["issued"]
    again = told(scene, mine, partial(holding.withdraw, voucher_id=held))
    assert again.code == "event_not_allowed", "what was given back stays given back"


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_退休年龄分性别逐期推迟_按办理当日生效的一行(scene: Scene) -> None:
    """AC-B5：2025-01-01 起女性由 55 延到 56 周岁、男性仍为 59；同一天出生的男女各按各的一行。"""
    scene.at = on("2024-12-30")
    set_parameter(scene, "age_maximum_female", "55", "2024-01-01", "周岁")
    set_parameter(scene, "age_maximum_female", "56", "2025-01-01", "周岁")
    woman = ("周女", staff_number("410105196806010020"))
    man = ("周男", staff_number("410105196806010010"))

    def issue(year: int) -> list[str]:
        budget = scene.open_budget(year=year)
        nurses = town_issue.programme(scene, budget, name=f"{year}年")
        named = [town_issue.newcomer(each) for each in (woman, man)]
        act = partial(issuing.issue_at_once, programme_id=nurses, people=named)
        return town_issue.codes(scene, scene.do("operator", act).issue_id)

    assert issue(2024) == ["past_retirement", "issued"]
    scene.at = on("2025-01-02")
    assert issue(2025)[0] == "issued"


def _wallet(scene: Scene) -> list[Card]:
    with scene.database.read() as session:
        return list_wallet(session, town_issue.person_id(scene, QIAN_QI))
