"""竞赛名次：凭当日的对照表晋升到哪一级；够名次的可以直接申报，不够的说清差在哪里。"""

from __future__ import annotations

from tests import town_assess as town
from tests.scene import TURNER, ZHANG_SAN, Scene, on
from voucher.registry.people import Newcomer
from voucher.rules.entries import Entry, EntryWay
from voucher.rules.errors import Refused
from voucher.rules.levels import Level
from voucher.stages.assess import plan
from voucher.stages.assess.entries import Direct


def test_省级行业二类赛单人第三名技师_第四和第十五名高级工_第十六名没有(scene: Scene) -> None:
    """AC-J2：名次够的按竞赛报考该等级，高一级的、第十六名的都报不上；对照表未施行的日子不算。"""
    scene.at = on("2024-05-01")
    house = town.evaluator(scene)
    login = town.admin(scene, house)

    def told(place: int, level: Level) -> str:
        entry = Entry(EntryWay.COMPETITION, "获奖证书", competition="provincial_trade_2", team=1, place=place)
        new = town.new_batch(
            scene, house, trade_code=TURNER, level=int(level),
            people=[Direct(Newcomer(ZHANG_SAN[1], ZHANG_SAN[0]), entry)],
        )  # fmt: skip
        try:
            batch_id = scene.do(login, lambda work: plan.plan_batch(work, new).id)
        except Refused as refused:
            return refused.refusal.code
        scene.do(login, lambda work: plan.cancel_batch(work, batch_id, "只看能不能报").id)
        return "listed"

    assert told(3, Level.TECHNICIAN) == "listed"
    assert told(4, Level.SENIOR) == told(15, Level.SENIOR) == "listed"
    assert told(4, Level.TECHNICIAN) == "entry_level_too_high"
    assert told(16, Level.SENIOR) == "entry_place_earns_nothing"
    assert told(3, Level.SENIOR_TECHNICIAN) == "entry_level_too_high"
