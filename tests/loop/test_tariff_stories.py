"""标准变动：急需紧缺上浮只管生效以后，发放在先的券不会多付；受影响的人事先就查得到。"""

from __future__ import annotations

from datetime import date
from functools import partial

from tests import town_issue, town_train
from tests.loop import way
from tests.loop.telling import refused
from tests.loop.way import TRAINING
from tests.scene import JIYUAN, LI_SI, NURSE, ZHANG_SAN, Scene, on
from voucher.registry import tariffs
from voucher.rules.actor import Role
from voucher.rules.tariffs import Subject, Tariff
from voucher.stages.issue.queries.affected import list_affected_programmes
from voucher.stages.train import enrol
from voucher.stages.train.queries.affected import list_affected_classes

APRIL = date(2024, 4, 1)
UP = Tariff(
    subject=Subject.MODIFIER, since=APRIL, until=None, document="济人社〔2024〕9号", kind=TRAINING,
    region_code=JIYUAN, basis_points=12_000,
)  # fmt: skip
LISTED = Tariff(
    subject=Subject.SHORTAGE, since=APRIL, until=None, document="济源急需紧缺目录（2024）",
    occupation_code=NURSE, region_code=JIYUAN,
)  # fmt: skip


def test_急需紧缺上浮二成_生效后发的按上浮兑现_先发的不多付也事先看得到(scene: Scene) -> None:
    """标准由两人登记；影响哪些券种、哪些班级事先列出；上浮的每一分都写明依据。"""
    town = way.settle_down(scene)
    early = town_issue.programme(scene, town.budget_id, name="上浮前的抵用券", worth="offset")
    waiting = town_train.accepted(scene, early, LI_SI)
    scene.hire("复核二", Role.OFFICER_CITY, "310101199001011030")
    for new in (UP, LISTED):
        proposed = scene.do("初审员", partial(tariffs.propose_tariff, new=new))
        scene.do("复核二", partial(tariffs.agree_tariff, proposal_id=proposed.id))
    with scene.database.read() as session:
        (change,) = tariffs.list_coming(session, town_issue.day(scene))
        (affected,) = list_affected_programmes(session, [JIYUAN], APRIL)
    assert (change.condition, change.before, change.after) == ("急需紧缺", 10_000, 12_000)
    assert (affected.before_fen, affected.after_fen) == (1200_00, 1440_00)
    assert (affected.unlocked, affected.fixed, affected.locked, affected.short) == (1, 0, 0, True)

    scene.at = on("2024-04-02")
    late = town_issue.programme(scene, town.budget_id, name="上浮后的抵用券", worth="offset")
    (voucher_id,) = way.certified(town, late, ZHANG_SAN)
    (verdict,) = way.claim(town, TRAINING, voucher_id).verdicts
    assert verdict.amount_fen == 1440_00
    assert "1,200.00 × 120% 急需紧缺，济人社〔2024〕9号；济源急需紧缺目录（2024）" in verdict.explanation

    class_id = town_train.open_class(scene, town.house, hours=8)
    mine = town_issue.worker(scene, LI_SI)
    answer = refused(lambda: scene.do(mine, partial(enrol.enrol, voucher_id=waiting, class_id=class_id)))
    assert answer.code == "value_above_cap"
    assert "补贴合计 1,640.00 元，高于本券的上限 1,400.00 元" in answer.title
    with scene.database.read() as session:
        assert list_affected_classes(session, [JIYUAN], date(2024, 5, 1)) == []
