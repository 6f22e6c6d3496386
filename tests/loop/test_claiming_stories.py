"""申领：提交之前逐人核对，承诺留存，申报的条数和金额一条不符整批不收，过期不收。"""

from __future__ import annotations

from functools import partial

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from tests import town_issue
from tests.loop import way
from tests.loop.telling import refused, set_parameter, told
from tests.loop.way import EVALUATION, TRAINING
from tests.scene import LI_SI, SUN_BA, ZHANG_SAN, Scene, on
from voucher.plumbing.unit_of_work import Work, perform
from voucher.stages.certify.attach import attach_proofs
from voucher.stages.settle.models.claims import Claim, SettlementBatch
from voucher.stages.settle.models.pledges import ClaimPledge
from voucher.stages.settle.previewing import Preview, preview_claims
from voucher.stages.settle.terms import PLEDGED, Declared, Terms, read_pledge
from voucher.stages.settle.voucher_claims import file_claims

ONE_DATABASE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def _preview(scene: Scene, login: str, vouchers: list[int]) -> Preview:
    return perform(
        scene.database,
        scene.keyring,
        scene.actor(login),
        scene.at,
        lambda work: preview_claims(work, EVALUATION, vouchers),
        keep=False,
    )


def _count(scene: Scene) -> tuple[int, int, int]:
    with scene.database.read() as session:
        batches, claims, pledges = (
            session.scalar(select(func.count()).select_from(each))
            for each in (SettlementBatch, Claim, ClaimPledge)
        )
        return batches or 0, claims or 0, pledges or 0


@ONE_DATABASE
def test_提交之前逐人看到每条规则的结论_看完什么也没留下(scene: Scene) -> None:
    """三人里一人收过费：阻断，写明依据，不提交；其余两人可付。预览和提交是同一次核对。"""
    town = way.settle_down(scene)
    nurses = town_issue.programme(scene, town.budget_id)
    people = (ZHANG_SAN, LI_SI, SUN_BA)
    vouchers = way.trained(town, nurses, *people)
    way.examined(town, people, vouchers)
    today = town_issue.day(scene).isoformat()
    rows = [
        scene.certificate(each, issued=today, 收费=fee)
        for each, fee in zip(people, ("", "0", "50"), strict=True)
    ]
    scene.certify(*rows)
    assert scene.do("clock", attach_proofs) == 3
    before = scene.budget(town.budget_id).reserved_fen
    seen = _preview(scene, town.admin(), vouchers)
    assert _count(scene) == (0, 0, 0)
    assert scene.budget(town.budget_id).reserved_fen == before
    marks = [[each["mark"] for each in line.findings] for line in seen.lines]
    assert "✗" in marks[2]
    assert "✗" not in marks[0] + marks[1]
    assert all(each["text"] and each["source"] for line in seen.lines for each in line.findings)
    assert [line.may_submit for line in seen.lines] == [True, True, False]
    assert "未核" in marks[0]
    assert (seen.count, seen.total_fen) == (2, 400_00)
    assert ZHANG_SAN[1] not in repr(seen)

    declared = Terms(pledged=True, declared=Declared(seen.count, seen.total_fen))
    wanted = [each.voucher_id for each in seen.lines if each.may_submit and each.voucher_id]
    filed = scene.do(town.admin(), lambda work: file_claims(work, EVALUATION, wanted, declared)).batch
    with scene.database.read() as session:
        batch = session.get_one(SettlementBatch, filed.batch_id)
        assert (batch.declared_count, batch.declared_total_fen) == (2, 400_00)


def test_不承诺不受理_申报的条数或金额不符整批不收_承诺按当日措辞留存(scene: Scene) -> None:
    """告知承诺制：收款机构自己申领必须承诺；申报的与核定的不一致，一条也不收；收下的，承诺改不掉。"""
    town = way.settle_down(scene)
    nurses = town_issue.programme(scene, town.budget_id)
    vouchers = way.certified(town, nurses, ZHANG_SAN, LI_SI)
    unsaid = told(scene, town.admin(), partial(file_claims, kind=EVALUATION, voucher_ids=vouchers))
    assert unsaid.code == "claim_pledge_missing"
    seen = _preview(scene, town.admin(), vouchers)
    with scene.database.read() as session:
        words = read_pledge(session, EVALUATION, scene.at.date()).words
    for count, total_fen in ((1, 200_00), (2, 399_99), (3, 400_00), (2, 400_01)):
        wrong = Terms(pledged=True, declared=Declared(count, total_fen))
        heard = told(
            scene, town.admin(), partial(file_claims, kind=EVALUATION, voucher_ids=vouchers, terms=wrong)
        )
        assert heard.code == "declared_differs"
        assert "整批没有申报" in heard.title
    assert _count(scene) == (0, 0, 0)
    right = Terms(pledged=True, declared=Declared(seen.count, seen.total_fen))
    claim = partial(file_claims, kind=EVALUATION, voucher_ids=vouchers, terms=right)
    filed = scene.do(town.admin(), claim).batch
    assert _count(scene) == (1, 2, 1)
    set_parameter(scene, "claim_pledge_evaluation", "新的承诺", "2024-03-02", "文字")
    with scene.database.read() as session:
        kept = session.get_one(ClaimPledge, filed.batch_id)
        assert (kept.words, kept.given_at) == (words, scene.at)
        assert "未向学员收费" in kept.words
        assert read_pledge(session, EVALUATION, scene.at.date()).words == "新的承诺"

    def rewrite(work: Work) -> None:
        work.session.execute(text("UPDATE claim_pledge SET words = '什么也没承诺'"))

    with pytest.raises(DBAPIError):
        scene.do("operator", rewrite)


@ONE_DATABASE
def test_过了申领期限的券不予受理_最后一日仍收(scene: Scene) -> None:
    """【参】证书核发 12 个月内申领：期限是带日期的参数，最后一日仍可申领，次日拒绝并写明截止日。"""
    town = way.settle_down(scene)
    nurses = town_issue.programme(scene, town.budget_id)
    vouchers = way.certified(town, nurses, ZHANG_SAN)
    issued_on = town_issue.day(scene)
    last = issued_on.replace(year=issued_on.year + 1)
    scene.at = on(last.isoformat())
    seen = _preview(scene, town.admin(), vouchers)
    assert seen.count == 1
    scene.at = on(last.replace(day=last.day + 1).isoformat())
    late = _preview(scene, town.admin(), vouchers)
    (line,) = late.lines
    assert not line.may_submit
    assert line.refusal is not None
    assert line.refusal.code == "claim_window_passed"
    assert line.refusal.facts["until"] == last.isoformat()
    set_parameter(scene, "claim_window_months_other", "24", "2024-01-01", "月")
    assert _preview(scene, town.admin(), vouchers).count == 1
    heard = refused(lambda: _preview(scene, town.registrar(), vouchers))
    assert heard.code == "role_missing"
    foreign = partial(file_claims, kind=TRAINING, voucher_ids=[99], terms=PLEDGED)
    assert told(scene, town.registrar(), foreign).code == "voucher_missing"
