"""A town in which everything has happened once, so that every invariant has something to look at."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import select

from tests import town_issue
from tests.paid_back import pay_back
from tests.scene import (
    COOK,
    ELECTRICIAN,
    EV1,
    EV2,
    FENG_YI,
    LI_SI,
    NURSE,
    QIAN_QI,
    SUN_BA,
    TURNER,
    ZHANG_SAN,
    ZHAO_LIU,
    Scene,
    on,
    staff_number,
)
from tests.town_certified import REGISTRAR, certified, hire_at
from voucher.demo.signing import pass_all
from voucher.ledger.sealing import seal_all
from voucher.plumbing.db import Database
from voucher.plumbing.secrets import Keyring
from voucher.registry import renaming
from voucher.registry.renumbering import propose_number
from voucher.rules.actor import Role
from voucher.rules.approval import Step
from voucher.rules.corrections import FormerUse
from voucher.rules.vocabulary import FundSource, Outcome, SubsidyKind
from voucher.stages.certify.renumber import approve_number
from voucher.stages.issue import issuing
from voucher.stages.settle import clawback, clear, objection, payment, review, waiting
from voucher.stages.settle.draft import Settled
from voucher.stages.settle.models.claims import Claim
from voucher.stages.settle.models.notices import Notice
from voucher.stages.settle.terms import PLEDGED
from voucher.stages.settle.voucher_claims import file_claims

ANCHORS = "anchors.jsonl"


@dataclass(frozen=True, slots=True)
class Town:
    """A database in which everything has happened, its keys and its anchors."""

    database: Database
    keyring: Keyring
    anchors: Path


def build_town(database: Database, keyring: Keyring, folder: Path, at: datetime) -> Scene:
    """Return a scene with paid, recovered, approved, cleared, objected, waiting and refused claims."""
    scene = Scene(database, keyring, folder, at)
    scene.hire_everybody()
    scene.file_evaluator(EV1)
    scene.file_evaluator(EV2)
    scene.at = on("2024-01-10")
    budget = scene.open_budget(2000)
    _seal(scene)
    _pay_and_recover(scene, budget)
    _seal(scene)
    _leave_approved(scene, budget)
    _seal(scene)
    _live_with_vouchers(scene)
    _run_out_of_money(scene)
    _rename(scene)
    _renumber(scene)
    _seal(scene)
    return scene


def _seal(scene: Scene) -> None:
    seal_all(scene.database, scene.keyring, scene.actor("clock"), scene.at, scene.folder / ANCHORS)


def claims_of(scene: Scene, settled: Settled) -> list[int]:
    """Return the claims of a batch in order."""
    with scene.database.read() as session:
        return list(
            session.scalars(select(Claim.id).where(Claim.batch_id == settled.batch_id).order_by(Claim.id))
        )


def _pay_and_recover(scene: Scene, budget: int) -> None:
    scene.certify(
        scene.certificate(ZHANG_SAN, NURSE, "五级"),
        scene.certificate(LI_SI, COOK, "四级"),
        scene.certificate(QIAN_QI, COOK, "五级", evaluator=EV2),
    )
    settled = scene.settle(budget)
    assert len(settled.with_outcome(Outcome.PAYABLE)) == 3
    scene.pay(settled, budget)
    first, second, _ = claims_of(scene, settled)
    _recover(scene, first, 50_00)
    _recover(scene, second, None)


def _recover(scene: Scene, claim_id: int, amount_fen: int | None) -> None:
    """Open a receivable and have some of it paid back, or all."""
    opened = scene.do("初审员", lambda work: clawback.open_clawback(work, claim_id, "证书存疑"))
    repaid = amount_fen or opened.amount_fen
    pay_back(scene, opened.id, repaid)


def _leave_approved(scene: Scene, budget: int) -> None:
    """Leave one claim approved in a prepared file, one with an objection dismissed, one cleared by two."""
    scene.certify(
        scene.certificate(ZHANG_SAN, TURNER, "四级", issued="2024-01-15"),
        scene.certificate(LI_SI, TURNER, "五级", issued="2024-01-16", method="破格"),
        scene.certificate(QIAN_QI, ELECTRICIAN, "五级", issued="2024-01-17", evaluator=EV2),
        scene.certificate(ZHANG_SAN, TURNER, "四级", issued="2024-01-18"),
    )
    settled = scene.settle(budget, since="2024-01-01", until="2024-03-31")
    assert len(settled.with_outcome(Outcome.PAYABLE)) == 2
    manual = settled.with_outcome(Outcome.MANUAL)[0].claim_id
    assert manual is not None
    scene.do("初审员", lambda work: clear.clear(work, manual, 100_00, "破格材料齐全"))
    scene.do("复核员", lambda work: clear.clear(work, manual, 100_00, "同意"))
    withdrawn = settled.with_outcome(Outcome.PAYABLE)[1].claim_id
    assert withdrawn is not None
    scene.do(
        "初审员", lambda work: review.reject(work, settled.batch_id, Step.FIRST_REVIEW, [withdrawn], "不符")
    )
    scene.review_and_post(settled.batch_id)
    with scene.database.read() as session:
        notice_id = session.scalars(select(Notice.id).where(Notice.batch_id == settled.batch_id)).one()
    lodged = scene.do("clock", lambda work: objection.lodge(work, notice_id, manual, "此人未参加考试", None))
    scene.do(
        "异议处理员", lambda work: objection.decide(work, lodged.id, uphold=False, conclusion="查无此事")
    )
    scene.close_notices()
    scene.do("审批员", lambda work: pass_all(work, settled.batch_id, Step.APPROVE, "同意"))
    scene.do("制单员", lambda work: payment.prepare(work, budget))


def _run_out_of_money(scene: Scene) -> None:
    """Leave one claim waiting for money and serve another one from the queue."""
    scene.at = on("2024-07-01")
    budget = scene.open_budget(1, year=2025)
    scene.certify(
        scene.certificate(ZHANG_SAN, COOK, "三级", issued="2024-04-01"),
        scene.certificate(LI_SI, NURSE, "三级", issued="2024-04-02"),
        scene.certificate(QIAN_QI, COOK, "四级", issued="2024-04-03", evaluator=EV2),
    )
    scene.settle(budget, since="2024-04-01", until="2024-06-30")
    scene.open_budget(320, year=2025)
    assert scene.do("operator", lambda work: waiting.serve_queue(work, budget)) == 1


def _rename(scene: Scene) -> None:
    proposed = scene.do("初审员", lambda work: renaming.propose_name(work, QIAN_QI[1], "钱小七", "户口本"))
    scene.do("复核员", lambda work: renaming.approve_name(work, proposed.id))


def _renumber(scene: Scene) -> None:
    number = staff_number("310101199001014010")
    scene.import_people([{"姓名": "周九", "证件号码": number}])
    new, why = staff_number("310101199001014030"), "济公证〔2024〕第 3 号"
    proposed = scene.do("初审员", lambda work: propose_number(work, number, new, FormerUse.CHANGED, why))
    scene.do("复核员", lambda work: approve_number(work, proposed.id, new))


def _live_with_vouchers(scene: Scene) -> None:
    """Leave two vouchers claimed for, one in a class, one issued, and somebody waiting for one."""
    budget = scene.open_budget(10_000, source=FundSource.FISCAL)
    hire_at(scene, REGISTRAR, Role.REGISTRAR, "310101199001010310", EV2)
    town = certified(scene, budget, SUN_BA, FENG_YI)
    scene.do(REGISTRAR, lambda work: file_claims(work, SubsidyKind.TRAINING, town.voucher_ids, PLEDGED))
    certified(scene, budget, ZHAO_LIU, until="enrolled", name="养老护理员五级二期")
    town_issue.issue_to(scene, town_issue.programme(scene, budget, name="三期"), LI_SI)
    poor = scene.open_budget(1, source=FundSource.LOCAL_TALENT)
    programme = town_issue.programme(scene, poor, name="四期", trade_code=COOK)
    people = [town_issue.newcomer(LI_SI)]
    waiting_for = scene.do("operator", lambda work: issuing.issue_at_once(work, programme, people))
    assert waiting_for.waiting == 1
