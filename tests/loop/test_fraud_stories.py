"""查实之后：已付的逐家追回，班级作假整班处理，本人无过错的由两人补发并注明原券。"""

from __future__ import annotations

from functools import partial

from sqlalchemy import func, select

from tests import town_issue, town_train
from tests.loop import way
from tests.loop.telling import claims_of, keys_of, told
from tests.loop.way import TRAINING
from tests.paid_back import pay_back
from tests.revoking import revoke_certificate
from tests.scene import JIYUAN, LI_SI, SUN_BA, ZHANG_SAN, Scene
from voucher.registry.sanctions import list_institutions
from voucher.rules.actor import Role
from voucher.stages.certify.models import Certificate
from voucher.stages.certify.queries import list_archive
from voucher.stages.issue import holding, issuing, replacing
from voucher.stages.oversee.drill import count_heads, read_cells, total
from voucher.stages.oversee.measures.imposing import impose
from voucher.stages.settle.clawback import open_due_clawbacks
from voucher.stages.settle.queries import list_clawbacks
from voucher.stages.settle.voucher_claims import file_claims
from voucher.stages.settle.voucher_ends import decertify, decertify_due
from voucher.stages.train import enrol

CERT5 = "S000041010001245000001"


def test_兑现后证书被撤销_向两家各追各的_档案保留撤销记录(scene: Scene) -> None:
    """AC-I1：追回单 T1 1200、EV1 200；统计的取证人数减一；缴清即已追回。抵扣见 test_offset_stories。"""
    town = way.settle_down(scene)
    nurses = town_issue.programme(scene, town.budget_id)
    (voucher_id,) = way.certified(town, nurses, ZHANG_SAN, row={"number": CERT5})
    way.claim_and_pay(town, voucher_id)
    assert (valid_certificates(scene), counted(scene)) == (1, (1, 1))
    scene.do("复核员", lambda work: revoke_certificate(work, CERT5, "评价机构违规"))
    assert scene.do("clock", open_due_clawbacks) == 0, "a voucher's claims go back with their voucher"
    assert scene.do("clock", decertify_due) == 1
    assert (way.state(scene, voucher_id), valid_certificates(scene)) == ("recovering", 0)
    assert counted(scene) == (0, 0), "who was counted is counted no more"
    owed = {each.institution_id: each for each in way.clawbacks_of(scene)}
    assert {payee: each.amount_fen for payee, each in owed.items()} == {
        town.house: 1200_00,
        town.evaluator: 200_00,
    }
    with scene.database.read() as session:
        (kept,) = list_archive(session, scene.keyring, town_issue.person_id(scene, ZHANG_SAN))
    assert (kept.number, kept.state_name, kept.voucher_id) == (CERT5, "已撤销", voucher_id)
    for each in owed.values():
        pay_back(scene, each.id, each.amount_fen)
    assert way.state(scene, voucher_id) == "recovered"
    fund = scene.budget(town.budget_id)
    assert (fund.spent_fen, fund.returned_fen, fund.reserved_fen) == (0, 1400_00, 0)
    assert keys_of(scene) == {"consumed": 2}, "the key stays used until two people let it go"


def valid_certificates(scene: Scene) -> int:
    """Return how many certificates stand."""
    with scene.database.read() as session:
        return session.scalar(select(func.count()).where(Certificate.state == "valid")) or 0


def counted(scene: Scene) -> tuple[int, int]:
    """Return what a supervisor is told: how many certificates, and how many people with one."""
    with scene.database.read() as session:
        cells = read_cells(session, [JIYUAN])
        return total(each.measures for each in cells).certificates, count_heads(session, [JIYUAN]).certified


def test_班级造假查实_整班追回_机构退出_本人由两人补发并注明原券(scene: Scene) -> None:
    """AC-I5：已付的追回，未付的失效，机构移出目录并公开；补发的新券写明原券，提出和办理不是一个人。"""
    town = way.settle_down(scene)
    nurses = town_issue.programme(scene, town.budget_id)
    people = (ZHANG_SAN, LI_SI, SUN_BA)
    vouchers = way.certified(town, nurses, *people)
    way.claim_and_pay(town, *vouchers[:2])
    way.claim(town, TRAINING, vouchers[2])
    scene.hire("监管员", Role.SUPERVISOR, "310101199001010080")
    for voucher_id in vouchers:
        scene.do("监管员", partial(decertify, voucher_id=voucher_id, why="全班编造资料，查实"))
    assert [way.state(scene, each) for each in vouchers] == ["recovering", "recovering", "lapsed"]
    assert [each.state for each in claims_of(scene)].count("recovering") == 4
    with scene.database.read() as session:
        rows = list_clawbacks(session, [JIYUAN])
    assert sum(clawback.amount_fen for clawback, _, _ in rows) == 2 * 1400_00
    assert scene.budget(town.budget_id).reserved_fen == 0

    for event in ("warn", "rectify", "suspend", "delist"):
        scene.do("复核员", partial(impose, institution_id=town.house, event=event, why="编造资料"))
    with scene.database.read() as session:
        public = {each.id: each.state for each in list_institutions(session, [JIYUAN], limit=20)}
    assert public[town.house] == "delisted"
    late = told(scene, "operator", lambda work: file_claims(work, TRAINING, vouchers))
    assert late.code == "voucher_not_certified"
    fresh = [_replace(scene, each) for each in vouchers]
    assert [town_issue.voucher(scene, each).replaces_voucher_id for each in fresh] == vouchers
    assert {way.state(scene, each) for each in fresh} == {"issued"}
    second = told(scene, "初审员", partial(replacing.ask_replacement, voucher_id=vouchers[0], why="再要一张"))
    assert second.code == "voucher_replaced_already"
    elsewhere = town_train.train_institution(scene, town_train.T2)
    class_id = town_train.open_class(scene, elsewhere, hours=8)
    for person, voucher_id in zip(people[2:], fresh[2:], strict=True):
        mine = town_issue.worker(scene, person)
        scene.do(mine, partial(holding.accept, voucher_id=voucher_id))
        scene.do(mine, partial(enrol.enrol, voucher_id=voucher_id, class_id=class_id))
    assert way.state(scene, fresh[2]) == "enrolled", "nothing was paid on this key, so it is free again"
    mine = town_issue.worker(scene, people[0])
    scene.do(mine, partial(holding.accept, voucher_id=fresh[0]))
    paid = told(scene, mine, partial(enrol.enrol, voucher_id=fresh[0], class_id=class_id))
    assert paid.code == "duplicate_entitlement", "what was paid keeps its key until two people let it go"


def _replace(scene: Scene, voucher_id: int) -> int:
    """Have one officer ask for a new voucher and another one issue it; the first may not do both."""
    asked = scene.do(
        "初审员", partial(replacing.ask_replacement, voucher_id=voucher_id, why="班级造假，本人无过错")
    )
    issue = partial(issuing.issue_roster, issue_id=asked.id)
    assert told(scene, "初审员", issue).code == "second_person_needed"
    assert scene.do("复核员", issue).issued == 1
    fresh = town_issue.line(scene, asked.id).voucher_id
    assert fresh is not None
    return fresh
