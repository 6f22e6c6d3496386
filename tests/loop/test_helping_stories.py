"""亲情代办：不会用手机的老人请家人帮忙，三种同意方式，一直办到核销；越过同意的都办不成。"""

from __future__ import annotations

import re

from tests import town_helping as helping
from tests import town_issue, town_train
from tests.loop.telling import told
from tests.scene import LI_SI, SUN_BA, ZHANG_SAN, ZHAO_LIU, Scene, on
from tests.stages.issue.test_reminding import words
from voucher.registry.consents import granting
from voucher.registry.consents.rows import Consent
from voucher.rules.actor import Role
from voucher.stages.issue import helping as acts
from voucher.stages.issue import holding, texting
from voucher.stages.train import redeem
from voucher.stages.train.enrol import enrol_as_helper

OLD, CHILD = "13800138000", "13900139000"


def test_老人念出授权码_女儿代领代报名打凭条_老人自己念短信码核销(scene: Scene) -> None:
    """李四只有一部老手机；孙八请求授权，码响在李四手机上；核销要李四的证件后四位，孙八的不行。"""
    scene.at = on("2024-03-01")
    house = town_train.train_institution(scene)
    class_id = town_train.open_class(scene, house)
    nurses = town_issue.programme(scene, scene.open_budget(10_000))
    helping.telephone(scene, LI_SI, OLD)
    child = helping.telephone(scene, SUN_BA, CHILD)
    town_issue.eligible(scene, LI_SI)
    (held,) = town_issue.issue_to(scene, nurses, LI_SI)

    asked = scene.do(child, helping.ask(OLD, LI_SI))
    given = helping.prove(scene, child, asked.id, helping.read_out(scene))
    assert isinstance(given, Consent)
    scene.do(child, lambda work: acts.accept_as_helper(work, held, given.id))
    scene.do(child, lambda work: enrol_as_helper(work, held, class_id, given.id))
    scene.do(child, lambda work: acts.print_as_helper(work, held, given.id))
    assert told(scene, child, lambda work: holding.show(work, held)).code == "voucher_missing"
    heard = [each[1] for each in words(scene)]
    for deed in ("代办授权 SQ-", "已替您领取", "已替您选班报名", "已替您打印纸质凭条"):
        assert any(deed in each for each in heard), deed

    scene.at = town_train.morning(scene, class_id)
    scanner = town_train.staff(scene, house, Role.SCANNER)
    number = town_train.voucher(scene, held).number
    # the counter reads the number on the paper; the code rings in the pocket of who holds the voucher
    scene.do(scanner, lambda work: texting.text_code(work, number, house, has_sms=True))
    mobile, letter = words(scene)[-1]
    found = re.search(r"72[0-9 ]{25}", letter)
    assert found is not None
    assert mobile == "138****8000"

    def use(card: tuple[str, str], nonce: str) -> redeem.Redeeming:
        return redeem.Redeeming(found[0], class_id, card[1][-4:], town_train.DEVICE, nonce)

    wrong = told(scene, scanner, lambda work: redeem.redeem(work, use(SUN_BA, "a")))
    assert wrong.code == "identity_differs"
    scene.do(scanner, lambda work: redeem.redeem(work, use(LI_SI, "b")))
    assert town_train.voucher(scene, held).state == "training"
    assert "核销" in words(scene)[-1][1]
    assert {number for number, _ in words(scene)} == {"138****8000"}


def test_没有手机的老人带着委托书到窗口_停止以后代办人什么也办不成(scene: Scene) -> None:
    """赵六没有手机：窗口登记书面委托；没有手机号就发不出短信码；赵六来窗口停止，当场失效。"""
    scene.at = on("2024-03-01")
    house = town_train.train_institution(scene)
    class_id = town_train.open_class(scene, house)
    nurses = town_issue.programme(scene, scene.open_budget(10_000))
    child = helping.telephone(scene, SUN_BA, CHILD)
    town_issue.eligible(scene, ZHAO_LIU, ZHANG_SAN)
    mine, other = town_issue.issue_to(scene, nurses, ZHAO_LIU, ZHANG_SAN)
    paper = scene.do("operator", helping.mandate(ZHAO_LIU, SUN_BA))

    scene.do(child, lambda work: acts.accept_as_helper(work, mine, paper.id))
    # a paper from one opens nothing of another's
    foreign = told(scene, child, lambda work: acts.accept_as_helper(work, other, paper.id))
    missing = told(scene, child, lambda work: acts.accept_as_helper(work, 999_999, paper.id))
    assert foreign == missing
    scene.do(child, lambda work: enrol_as_helper(work, mine, class_id, paper.id))
    scene.do(child, lambda work: acts.print_as_helper(work, mine, paper.id))
    no_number = told(
        scene, child, lambda work: acts.text_code_as_helper(work, mine, paper.id, house, has_sms=True)
    )
    assert no_number.code == "voucher_mobile_missing"
    assert words(scene) == [], "there is no number to write to, and the helper's is not used instead"

    scene.do("operator", lambda work: granting.end_consent(work, paper.id))
    over = told(scene, child, lambda work: acts.print_as_helper(work, mine, paper.id))
    assert over.code == "voucher_missing"
