"""一张券的全程：从名册到银行回盘，每一步由该办的人办，钱和档案都对得上。"""

from __future__ import annotations

from functools import partial

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from tests import town_assess, town_issue, town_train
from tests.loop import way
from tests.loop.telling import told
from tests.loop.way import EVALUATION, TRAINING
from tests.scene import EV1, HOUSEKEEPER, LI_SI, SUN_BA, ZHANG_SAN, Scene
from tests.stages.oversee.stripping import rolled_back
from voucher.ledger import sealing
from voucher.ledger.vouchers import Voucher
from voucher.plumbing.unit_of_work import Work
from voucher.rules.actor import Role
from voucher.stages.assess.models import Candidate, ExamResult
from voucher.stages.assess.plan import plan_batch
from voucher.stages.certify.attach import attach_proofs
from voucher.stages.certify.completions import issue_completions
from voucher.stages.certify.models import Certificate, VoucherProof
from voucher.stages.certify.queries import list_archive
from voucher.stages.issue import holding, issuing
from voucher.stages.issue.queries import list_wallet
from voucher.stages.issue.rosters import file_roster
from voucher.stages.oversee.trail import verify_trail
from voucher.stages.settle.models.claims import Claim, Signature
from voucher.stages.settle.models.payments import BankResult, Payment
from voucher.stages.settle.queries import claim_timeline
from voucher.stages.settle.terms import PLEDGED
from voucher.stages.settle.voucher_claims import file_claims
from voucher.stages.train import attend, enrol
from voucher.stages.train.models.classes import TrainingClass
from voucher.stages.train.models.places import Completion, Redemption
from voucher.stages.train.redeem import Redeeming, redeem

CERT5 = "S000041010001245000001"


def test_面值券定向券走完全程_两笔补贴各付各家(scene: Scene) -> None:
    """AC-A1、AC-K5：T1 报名册，市级审核发券；一步都不能跳过；终态已兑现，档案一条链，一次查询可追溯。"""
    town = way.settle_down(scene, 10_000)
    nurses = town_issue.programme(scene, town.budget_id, institution_ids=(town.house,))
    town_issue.eligible(scene, ZHANG_SAN)
    registrar, city = town.registrar(), town_issue.publisher(scene)
    roster = [town_issue.newcomer(ZHANG_SAN)]
    filed = scene.do(registrar, lambda work: file_roster(work, nurses, roster, town.house))
    assert told(scene, registrar, lambda work: issuing.issue_roster(work, filed.id)).code == "role_missing"
    assert scene.do(city, lambda work: issuing.issue_roster(work, filed.id)).issued == 1
    voucher_id = town_issue.line(scene, filed.id).voucher_id
    assert voucher_id is not None
    held = town_issue.voucher(scene, voucher_id)
    assert (held.face_value_fen, scene.budget(town.budget_id).reserved_fen) == (1200_00, 1400_00)

    class_id = town_train.open_class(scene, town.house)
    mine = town_issue.worker(scene, ZHANG_SAN)
    enter = partial(enrol.enrol, voucher_id=voucher_id, class_id=class_id)
    assert told(scene, mine, enter).code == "voucher_not_accepted"
    scene.do(mine, lambda work: holding.accept(work, voucher_id))
    scene.at = town_train.morning(scene, class_id)
    digits = town_train.show(scene, ZHANG_SAN, voucher_id)
    scanned = partial(_redeem, digits=digits, class_id=class_id)
    scanner = town_train.staff(scene, town.house, Role.SCANNER)
    assert told(scene, scanner, scanned).code == "not_enrolled"
    scene.do(mine, enter)
    teacher = town_train.staff(scene, town.house, Role.TEACHER)
    first = town_train.sessions(scene, class_id)[0]
    scene.at = first.starts_at
    early = told(scene, teacher, lambda work: attend.attend(work, first.id, {voucher_id: 8}))
    assert early.code == "not_in_training"
    assert _claim_refused(scene, town, voucher_id) == "claim_without_redemption"
    town_train.scan(scene, ZHANG_SAN, voucher_id, class_id)
    assert _exam_refused(scene, town, voucher_id) == "candidate_not_trained"
    town_train.sit_through(scene, class_id, {voucher_id: 40})
    town_train.sign_off(scene, class_id, {voucher_id: 80_00})
    assert _claim_refused(scene, town, voucher_id) == "voucher_not_certified"

    town_assess.assessed(scene, town.evaluator, [ZHANG_SAN], [voucher_id], [(7500, 8000)])
    assert _claim_refused(scene, town, voucher_id) == "voucher_not_certified"
    assert scene.do("clock", attach_proofs) == 0, "no certificate, no money"
    town_assess.certified(scene, [ZHANG_SAN], number=CERT5)
    way.claim_and_pay(town, voucher_id)

    assert way.state(scene, voucher_id) == "settled"
    paid = way.claims_of(scene, voucher_id)
    assert {kind: (each.state, each.amount_fen, each.institution_id) for kind, each in paid.items()} == {
        "training": ("paid", 1200_00, town.house),
        "evaluation": ("paid", 200_00, town.evaluator),
    }
    fund = scene.budget(town.budget_id)
    assert (fund.reserved_fen, fund.spent_fen) == (0, 1400_00)
    assert way.life_of(scene, voucher_id) == [
        "issue", "accept", "enrol", "redeem", "finish", "pass", "certify", "settle",
    ]  # fmt: skip
    _archive_is_one_chain(scene, voucher_id)
    _payment_is_traced_in_one_query(scene, voucher_id, class_id)


def _redeem(work: Work, digits: str, class_id: int) -> Redemption:
    return redeem(work, Redeeming(digits, class_id, ZHANG_SAN[1][-4:], "前台二号机", "n-early"))


def _claim_refused(scene: Scene, town: way.Town, voucher_id: int) -> str:
    return told(scene, town.registrar(), lambda work: file_claims(work, TRAINING, [voucher_id], PLEDGED)).code


def _exam_refused(scene: Scene, town: way.Town, voucher_id: int) -> str:
    new = town_assess.new_batch(scene, town.evaluator, voucher_ids=(voucher_id,))
    return told(scene, town.admin(), lambda work: plan_batch(work, new)).code


def _archive_is_one_chain(scene: Scene, voucher_id: int) -> None:
    person_id = town_issue.person_id(scene, ZHANG_SAN)
    with scene.database.read() as session:
        (kept,) = list_archive(session, scene.keyring, person_id)
        (card,) = list_wallet(session, person_id)
    assert (kept.number, kept.voucher_id, kept.verified, kept.state_name) == (CERT5, voucher_id, True, "有效")
    assert (card.id, card.state) == (voucher_id, "settled")


def _payment_is_traced_in_one_query(scene: Scene, voucher_id: int, class_id: int) -> None:
    """From one bank result back to the voucher, and who signed on the way; the trail says the same."""
    with scene.database.read() as session:
        rows = session.execute(
            select(Claim.id, Claim.kind, Voucher.id, TrainingClass.id, Completion.hours_attended,
                   ExamResult.theory_hundredths, ExamResult.skill_hundredths, Certificate.number,
                   func.count(func.distinct(Signature.signer_person_id)), BankResult.outcome,
                   BankResult.amount_fen)
            .join(Payment, Payment.payment_line_id == BankResult.payment_line_id)
            .join(Claim, Claim.id == Payment.claim_id)
            .join(Voucher, Voucher.id == Claim.voucher_id)
            .join(Redemption, Redemption.voucher_id == Voucher.id)
            .join(TrainingClass, TrainingClass.id == Redemption.class_id)
            .join(Completion, Completion.voucher_id == Voucher.id)
            .join(Candidate, Candidate.voucher_id == Voucher.id)
            .join(ExamResult, ExamResult.candidate_id == Candidate.id)
            .join(VoucherProof, VoucherProof.voucher_id == Voucher.id)
            .join(Certificate, Certificate.id == VoucherProof.certificate_id)
            .join(Signature, Signature.claim_id == Claim.id)
            .where(Voucher.id == voucher_id)
            .group_by(Claim.id, Voucher.id, TrainingClass.id, Completion.id, ExamResult.id, Certificate.id,
                      BankResult.id)
            .order_by(Claim.id)
        ).all()  # fmt: skip
        told_of = {each.event: each.who for each in claim_timeline(session, rows[0][0])}
    assert [tuple(row[1:]) for row in rows] == [
        ("training", voucher_id, class_id, 40, 7500, 8000, CERT5, 3, "succeeded", 1200_00),
        ("evaluation", voucher_id, class_id, 40, 7500, 8000, CERT5, 3, "succeeded", 200_00),
    ]
    assert told_of["review_first"] == "初审员"
    assert told_of["review_second"] == "复核员"
    assert told_of["approve"] == "审批员"
    anchors = scene.folder / "anchors.jsonl"
    sealing.seal_all(scene.database, scene.keyring, scene.actor("clock"), scene.at, anchors)
    with scene.database.read() as session:
        assert verify_trail(session, scene.keyring, anchors).faults == []
    edit = text("UPDATE audit_row SET act = 'nothing' WHERE thing = 'claim' AND object_id = :claim")
    with rolled_back(scene.database, ("audit_row",)) as connection, Session(connection) as session:
        connection.execute(edit, {"claim": rows[0][0]})
        assert verify_trail(session, scene.keyring, anchors).faults != []


def test_抵用券没有面值_按标准表兑现(scene: Scene) -> None:
    """AC-A2：券面只写“抵用券，无面值”，兑现的 1200 由标准表算出，券只是资格凭证。"""
    town = way.settle_down(scene, 10_000)
    nurses = town_issue.programme(scene, town.budget_id, worth="offset")
    (voucher_id,) = way.certified(town, nurses, LI_SI)
    with scene.database.read() as session:
        (card,) = list_wallet(session, town_issue.person_id(scene, LI_SI))
    assert (card.worth_words, town_issue.voucher(scene, voucher_id).face_value_fen) == (
        "抵用券，无面值",
        None,
    )
    filed = way.claim(town, TRAINING, voucher_id).verdicts[0]
    assert filed.amount_fen == 1200_00
    assert "面值" not in filed.explanation
    assert way.claims_of(scene, voucher_id)["training"].institution_id == town.house


def test_专项能力证书和培训合格证书各按各的标准(scene: Scene) -> None:
    """AC-A8、AC-G7：专项 100 元、计入取证而无等级；培训合格证书没有评价补贴，培训补贴按学时至多 700。"""
    town = way.settle_down(scene)
    scene.file_evaluator(EV1, ["HNZX-005"], levels=[""])
    ability = town_issue.programme(
        scene, town.budget_id, name="专项", certificate_kind="special_skill", trade_code="HNZX-005",
        level=0, training_kind="project_based",
    )  # fmt: skip
    special = {"certificate_kind": "special_skill", "trade_code": "HNZX-005", "level": 0}
    (one,) = way.certified(
        town, ability, ZHANG_SAN, training_kind="project_based", **special,
        row={"kind": "专项职业能力证书", "trade": "HNZX-005", "level": "", "number": "ZX410001240000001"},
    )  # fmt: skip
    course = town_issue.programme(
        scene, town.budget_id, name="合格证", certificate_kind="training_completion", level=0
    )
    completion = {"certificate_kind": "training_completion", "level": 0}
    class_id = town_train.open_class(
        scene, town.house, hours=40, teacher="王老师", place="二号楼", **completion
    )
    (other,) = town_train.trained(scene, course, [LI_SI], class_id)
    assert scene.do(town.registrar(), lambda work: issue_completions(work, class_id)) == 1
    paid = way.claim(town, EVALUATION, one).verdicts[0]
    assert paid.amount_fen == 100_00
    nothing = way.claim(town, EVALUATION, other, login="operator").verdicts[0]
    assert (nothing.amount_fen, nothing.claim_id) == (0, None)
    hours = way.claim(town, TRAINING, other).verdicts[0]
    assert 0 < hours.amount_fen <= 700_00
    with scene.database.read() as session:
        kinds = session.execute(select(Certificate.kind, Certificate.level).order_by(Certificate.id)).all()
    assert [tuple(each) for each in kinds] == [("special_skill", 0), ("training_completion", 0)]


def test_两次培训一本证_人次与人数分开数(scene: Scene) -> None:
    """AC-K3、AC-D10：同等级不同职业是另一个资格；只取一本证，取证人数只算 1，培训人次算 2。"""
    town = way.settle_down(scene)
    nurses = town_issue.programme(scene, town.budget_id)
    keepers = town_issue.programme(scene, town.budget_id, name="家政", trade_code=HOUSEKEEPER)
    (first,) = way.certified(town, nurses, SUN_BA)
    (second,) = way.trained(town, keepers, SUN_BA, trade_code=HOUSEKEEPER)
    assert (way.state(scene, first), way.state(scene, second)) == ("certified", "trained")
    person_id = town_issue.person_id(scene, SUN_BA)
    with scene.database.read() as session:
        trained = session.scalar(
            select(func.count()).where(Completion.person_id == person_id, Completion.passed.in_((True,)))
        )
        certified = session.scalar(
            select(func.count(func.distinct(VoucherProof.person_id))).where(
                VoucherProof.person_id == person_id
            )
        )
    assert (trained, certified) == (2, 1)
