"""谁也不该被别人的事停住：待处置、更换账户、退回重审之后的签发。"""

from __future__ import annotations

from functools import partial

import pytest
from sqlalchemy import select

from tests.loop.telling import (
    approve,
    approve_batch,
    batch_state,
    claims_of,
    first_review,
    post,
    ready,
    second_review,
    settle_for,
    states_of,
    told,
)
from tests.scene import LI_SI, QIAN_QI, ZHANG_SAN, ZHAO_LIU, Scene
from voucher.ledger import holds
from voucher.ledger.holds import Hold
from voucher.plumbing.unit_of_work import Work
from voucher.registry import accounts
from voucher.registry.institutions import Institution
from voucher.rules.actor import Role
from voucher.rules.approval import Step
from voucher.rules.lifecycle import Thing
from voucher.rules.vocabulary import FundSource
from voucher.stages.settle import notice, payment, review
from voucher.stages.settle.granting import grant_budget
from voucher.stages.settle.queries import get_notice, list_notice_lines
from voucher.stages.settle.resubmit import resubmit
from voucher.stages.settle.waiting import serve_due_queues


def stop(scene: Scene, claim_id: int) -> int:
    """Put a claim on hold and return the hold."""
    return scene.do("初审员", lambda work: holds.open_hold(work, Thing.CLAIM, claim_id, "举报核查").id)


def let_go(scene: Scene, hold_id: int) -> None:
    """Close a hold."""
    scene.do("初审员", lambda work: holds.close_hold(work, work.session.get_one(Hold, hold_id), "查无实据"))


def test_一条待处置不妨碍公示到期_结束后由时钟补上(scene: Scene) -> None:
    """LIFECYCLE 待处置：只停该条；同批其余各条、其他批次的公示照常期满。"""
    ready(scene)
    budget = scene.open_budget()
    batch = settle_for(scene, [ZHANG_SAN, LI_SI], budget).batch_id
    scene.review_and_post(batch)
    other = settle_for(scene, [ZHAO_LIU], budget).batch_id
    scene.review_and_post(other)
    held = claims_of(scene, batch)[0].id
    hold = stop(scene, held)
    scene.close_notices()
    assert states_of(scene, batch) == {"noticed": 1, "cleared": 1}
    assert states_of(scene, other) == {"cleared": 1}
    assert batch_state(scene, batch) == "cleared"
    let_go(scene, hold)
    assert scene.do("clock", notice.close_due_notices) == 0
    assert states_of(scene, batch) == {"cleared": 2}


def test_一条待处置不妨碍其他人拨付(scene: Scene) -> None:
    """LIFECYCLE 待处置：制单不含待处置的申领，结束后另成一个文件。"""
    ready(scene)
    budget = scene.open_budget()
    batch = settle_for(scene, [ZHANG_SAN, LI_SI], budget).batch_id
    approve_batch(scene, batch)
    hold = stop(scene, claims_of(scene, batch)[0].id)
    scene.bank_answers(scene.make_file(budget))
    assert states_of(scene, batch) == {"approved": 1, "paid": 1}
    let_go(scene, hold)
    scene.bank_answers(scene.make_file(budget))
    assert states_of(scene, batch) == {"paid": 2}
    assert batch_state(scene, batch) == "closed"


def test_候补第一位待处置_追加和时钟照常_结束后按先后补上(scene: Scene) -> None:
    """待处置的候补保留位次，不挡住后面的人；处置结束后，新的资金先给它；追加预算和时钟不因它而失败。"""
    ready(scene)
    budget = scene.open_budget(200)
    settle_for(scene, [ZHANG_SAN, LI_SI, ZHAO_LIU, QIAN_QI], budget)
    waiting = [each.id for each in claims_of(scene) if each.state == "draft"]
    assert len(waiting) == 3
    hold = stop(scene, waiting[0])

    def grant(work: Work) -> None:
        grant_budget(
            work, region_code="419001", year=2024, source=FundSource.EMPLOYMENT_SUBSIDY, amount_fen=200_00
        )

    scene.do("operator", grant)
    states = {each.id: each.state for each in claims_of(scene)}
    assert [states[each] for each in waiting] == ["draft", "submitted", "draft"]
    assert scene.do("clock", serve_due_queues) == 0
    let_go(scene, hold)
    scene.do("operator", grant)
    scene.do("clock", serve_due_queues)
    states = {each.id: each.state for each in claims_of(scene)}
    assert [states[each] for each in waiting] == ["submitted", "submitted", "draft"]


def test_退回前的初审人也不能签发(scene: Scene) -> None:
    """AC-H1：一人一单只有一个角色，贯穿各次修订；两次初审由两人办理的，两人都不能签发。"""
    ready(scene)
    scene.hire("另一初审员", Role.OFFICER_COUNTY, "310101199001010080")
    # 同一自然人的另一账号
    scene.hire("初审员2", Role.FINANCE_RELEASER, "310101199001010010")
    budget = scene.open_budget()
    batch = settle_for(scene, [ZHANG_SAN], budget).batch_id
    claim = claims_of(scene, batch)[0].id
    first_review(scene, batch)
    scene.do("复核员", lambda work: review.return_claims(work, batch, Step.SECOND_REVIEW, [claim], "缺照片"))
    again = scene.do("operator", lambda work: resubmit(work, [claim]).id)
    first_review(scene, again, "另一初审员")
    second_review(scene, again)
    post(scene, again)
    scene.close_notices()
    approve(scene, again)
    scene.open_accounts()
    file = scene.do("制单员", lambda work: payment.prepare(work, budget))
    scene.do("付款复核员", lambda work: payment.check(work, file.id))
    assert told(scene, "初审员2", lambda work: payment.release(work, file.id)).code == "same_hand"
    scene.do("签发员", lambda work: payment.release(work, file.id))


def test_退回期间评价机构的备案移出本地区的_不能再次申报(scene: Scene) -> None:
    """批次只收本地区本期间的证书；退回补正以后再核一次，不因退回而越过地区。"""
    ready(scene)
    budget = scene.open_budget()
    batch = settle_for(scene, [ZHANG_SAN], budget).batch_id
    claim = claims_of(scene, batch)[0].id
    scene.do("初审员", lambda work: review.return_claims(work, batch, Step.FIRST_REVIEW, [claim], "缺照片"))
    scene.plant("UPDATE evaluator_filing SET region_code = '410100'")
    refused = told(scene, "operator", lambda work: resubmit(work, [claim]).id)
    assert refused.code == "still_refused"
    assert "不在本批的地区" in refused.title


def test_制单后更换账户的文件不能签发(scene: Scene) -> None:
    """收款账户由两人更正后，不再向旧账户付款：作废重做，付到新账户。"""
    ready(scene)
    budget = scene.open_budget()
    batch = settle_for(scene, [ZHANG_SAN], budget).batch_id
    approve_batch(scene, batch)
    scene.open_accounts()
    file = scene.do("制单员", lambda work: payment.prepare(work, budget))
    scene.do("付款复核员", lambda work: payment.check(work, file.id))
    with scene.database.read() as session:
        code = session.scalars(select(Institution.code)).first()
    assert code is not None
    propose = partial(
        accounts.propose_account, institution_code=code, holder_name="新户名", bank_name="建设银行济源分行",
        account="257799990001", evidence="银行证明",
    )  # fmt: skip
    proposed = scene.do("制单员", propose).id
    scene.do("付款复核员", lambda work: accounts.confirm_account(work, proposed, "257799990001"))
    heard = told(scene, "签发员", lambda work: payment.release(work, file.id))
    assert heard.code == "payee_account_changed"
    scene.do("签发员", lambda work: payment.void(work, file.id, "账户已更换"))
    scene.bank_answers(scene.make_file(budget))
    assert states_of(scene, batch) == {"paid": 1}


@pytest.mark.parametrize("tail", ["9" * 30, "9" * 5000, "１２３" * 9])
def test_公示里查不存在的长编号只是没有结果(scene: Scene, tail: str) -> None:
    """任何人在公示中查询：再长的编号也只是查不到。"""
    ready(scene)
    batch = settle_for(scene, [ZHANG_SAN], scene.open_budget()).batch_id
    first_review(scene, batch)
    second_review(scene, batch)
    posted = post(scene, batch)
    with scene.database.read() as session:
        shown = get_notice(session, posted.id)
        assert list_notice_lines(session, scene.keyring, shown, claim_number=f"SL-419001-2024-{tail}") == []
