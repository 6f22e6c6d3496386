"""券的两条轴：功能和发放互不牵制；签到券不占资金，结业即办结。"""

from __future__ import annotations

from functools import partial

from tests import town_issue, town_train
from tests.loop import way
from tests.loop.telling import keys_of, told
from tests.loop.way import TRAINING
from tests.scene import JIYUAN, LI_SI, ZHANG_SAN, Scene
from voucher.rules.programmes import CHANNEL_NAMES, Channel
from voucher.stages.issue import issuing
from voucher.stages.issue.programmes import draft_programme
from voucher.stages.issue.queries import list_vouchers, list_wallet, view_vouchers
from voucher.stages.settle.terms import PLEDGED
from voucher.stages.settle.voucher_claims import file_claims
from voucher.stages.train import enrol

SHOWN = {
    ("face_value", "directed"): "面值 1,200.00",
    ("face_value", "open"): "面值待定，报名时按标准确定",
    ("offset", "directed"): "抵用券，无面值",
    ("offset", "open"): "抵用券，无面值",
}


def test_功能和发放四种组合都能建_同一轴不能选两样_列表分两列(scene: Scene) -> None:
    """AC-A6：面值、抵用各配通用、定向都能发布、发放、领取；券面各说各的；列表里功能、发放各占一列。"""
    town = way.settle_down(scene)
    town_issue.eligible(scene, ZHANG_SAN)
    mine = town_issue.worker(scene, ZHANG_SAN)
    held = {}
    for worth, channel in SHOWN:
        # one project, one voucher: the second of those for a fixed level is for another one
        terms = town_issue.open_terms() if channel == "open" else {"level": 2 + (worth == "offset")}
        terms |= {"worth": worth, "channel": channel, "name": f"{worth}-{channel}"}
        programme_id = town_issue.programme(scene, town.budget_id, **terms)
        if channel == "open":
            taken = scene.do(mine, partial(issuing.take_voucher, programme_id=programme_id, declared=True))
            assert taken is not None
            held[worth, channel] = taken.id
        else:
            (held[worth, channel],) = town_issue.issue_to(scene, programme_id, ZHANG_SAN)
    with scene.database.read() as session:
        cards = {each.id: each for each in list_wallet(session, town_issue.person_id(scene, ZHANG_SAN))}
        rows = view_vouchers(session, scene.keyring, list_vouchers(session, [JIYUAN]))
    assert {axes: cards[voucher_id].worth_words for axes, voucher_id in held.items()} == SHOWN
    assert {axes: cards[voucher_id].channel_name for axes, voucher_id in held.items()} == {
        axes: CHANNEL_NAMES[Channel(axes[1])] for axes in SHOWN
    }
    assert {(each.worth, each.channel) for each in rows} == set(SHOWN), "two columns, never one word for both"
    for both in ({"worth": "面值券、抵用券"}, {"worth": "面值券,签到券"}, {"channel": "通用、定向"}):
        twice = town_issue.wanted(scene, town.budget_id, **both)
        heard = told(scene, "operator", partial(draft_programme, new=twice))
        assert heard.code == "voucher_axis_unknown"
        assert heard.next_step

    class_id = town_train.open_class(scene, town.house, hours=8)
    scene.do(mine, partial(enrol.enrol, voucher_id=held["face_value", "open"], class_id=class_id))
    with scene.database.read() as session:
        fixed = list_wallet(session, town_issue.person_id(scene, ZHANG_SAN))
    assert {each.worth_words for each in fixed if each.channel_name == "通用券"} == {
        "面值 1,200.00",
        "抵用券，无面值",
    }, "面值 is fixed by the class chosen, 抵用 never shows one"


def test_签到券不占资金_结业即办结_没有补贴可申领(scene: Scene) -> None:
    """AC-A6：签到券只记到课；不占预算、不占资格，走到结业为已完成，申领被拒并说明。"""
    town = way.settle_down(scene, 1)
    signs = town_issue.programme(scene, town.budget_id, name="签到券", worth="sign_in")
    (voucher_id,) = way.trained(town, signs, LI_SI)
    assert way.state(scene, voucher_id) == "completed"
    assert way.life_of(scene, voucher_id)[-1] == "complete"
    assert keys_of(scene) == {}
    assert scene.budget(town.budget_id).reserved_fen == 0
    heard = told(
        scene, town.registrar(), partial(file_claims, kind=TRAINING, voucher_ids=[voucher_id], terms=PLEDGED)
    )
    assert heard.code == "voucher_not_certified"
