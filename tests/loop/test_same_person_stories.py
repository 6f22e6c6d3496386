"""同一个人怎么写都是同一个人：15 位、全角、小写 x、间隔号；写法不同不会多领一张，也不会认错人。"""

from __future__ import annotations

from functools import partial

from tests import town_assess, town_issue, town_train
from tests.loop import way
from tests.loop.telling import GULINAR, told
from tests.loop.way import TRAINING
from tests.scene import FENG_YI, SUN_BA, ZHANG_SAN, Scene
from voucher.plumbing.unit_of_work import Work
from voucher.registry.people import Newcomer
from voucher.rules.actor import Role
from voucher.stages.issue import issuing
from voucher.stages.issue.rosters import file_roster
from voucher.stages.train.models.places import Redemption
from voucher.stages.train.redeem import Redeeming, redeem

WIDE = "４１０１０５１９９００３１５９９１ｘ "
FIFTEEN = "410105700701990"


def test_换一种写法不能再领一张_一份名册里写两遍也认得(scene: Scene) -> None:
    """AC-B3、AC-C4：全角小写带空格、15 位旧号码都是同一人，第二张被拒并返回已有券号；校验位错的不认。"""
    town = way.settle_down(scene)
    nurses = town_issue.programme(scene, town.budget_id)
    town_issue.eligible(scene, ZHANG_SAN, FENG_YI)
    held = town_issue.issue_to(scene, nurses, ZHANG_SAN, FENG_YI)
    again = [Newcomer(WIDE, "张三"), Newcomer(FIFTEEN, "冯一")]
    done = scene.do("operator", partial(issuing.issue_at_once, programme_id=nurses, people=again))
    assert (done.issued, done.refused) == (0, 2)
    for position, voucher_id in enumerate(held, start=1):
        refusal = town_issue.line(scene, done.issue_id, position).refusal
        assert refusal is not None
        assert refusal["code"] == "voucher_held_already"
        assert town_issue.voucher(scene, voucher_id).number in refusal["title"] + str(refusal["facts"])

    keepers = town_issue.programme(scene, town.budget_id, name="第二种")
    twice = [Newcomer(ZHANG_SAN[1], "张三"), Newcomer(WIDE, "张三")]
    file = partial(file_roster, programme_id=keepers, people=twice, institution_id=town.house)
    assert told(scene, town.registrar(), file).code == "roster_person_twice"
    wrong = [Newcomer("410105199003159919", "张三")]
    heard = told(scene, town.registrar(), partial(file, people=wrong))
    assert (heard.code, "X" in heard.title) == ("identity_check_digit", True)


def test_间隔号写法不同仍是本人_张叁不是张三(scene: Scene) -> None:
    """AC-B3、AC-F7：古丽娜尔•阿不都与古丽娜尔·阿不都是一个人，证书照样换券；名册写张叁的不发。"""
    town = way.settle_down(scene)
    nurses = town_issue.programme(scene, town.budget_id)
    dotted = (GULINAR[0].replace("·", "•"), GULINAR[1])
    (voucher_id,) = way.trained(town, nurses, GULINAR)
    way.examined(town, [GULINAR], [voucher_id])
    town_assess.certified(scene, [dotted])
    assert way.state(scene, voucher_id) == "certified"
    assert way.claim(town, TRAINING, voucher_id).verdicts[0].amount_fen == 1200_00
    town_issue.eligible(scene, ZHANG_SAN)
    misnamed = [Newcomer(ZHANG_SAN[1], "张叁")]
    done = scene.do("operator", partial(issuing.issue_at_once, programme_id=nurses, people=misnamed))
    assert town_issue.codes(scene, done.issue_id) == ["name_differs"]


def test_扫码时不是本人的身份证不能核销_码被看过用过都说得清(scene: Scene) -> None:
    """AC-C1：拿张三的码来的是孙八，证件后四位不符不核销；核对不消耗码；用过的码再扫说明何时何处用过。"""
    town = way.settle_down(scene)
    nurses = town_issue.programme(scene, town.budget_id)
    class_id = town_train.open_class(scene, town.house, hours=8)
    voucher_id = town_train.enrolled(scene, nurses, ZHANG_SAN, class_id)
    scene.at = town_train.morning(scene, class_id)
    digits = town_train.show(scene, ZHANG_SAN, voucher_id)
    scanner = town_train.staff(scene, town.house, Role.SCANNER)
    use = partial(_redeem, digits=digits, class_id=class_id)
    stranger = told(scene, scanner, partial(use, last4=SUN_BA[1][-4:]))
    assert stranger.code == "identity_differs"
    assert "不得转让" in (stranger.next_step or "")
    assert way.state(scene, voucher_id) == "enrolled"
    scene.do(scanner, partial(use, last4=ZHANG_SAN[1][-4:]))
    assert way.state(scene, voucher_id) == "training"
    used = told(scene, scanner, partial(use, last4=ZHANG_SAN[1][-4:], nonce="n-2"))
    assert used.code == "redeemed_already"
    assert "本机构" in used.title


def _redeem(work: Work, digits: str, class_id: int, last4: str, nonce: str = "n-1") -> Redemption:
    return redeem(work, Redeeming(digits, class_id, last4, town_train.DEVICE, nonce))
