"""Money in a storm: every release, result and clawback sent twice, and what comes back told twice.

Every change meets a small one; STORM_SIZE=full makes 500 files, 500 results and 500 receivables of them.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial

import pytest
from sqlalchemy import ColumnElement, func, select

from tests.loop.telling import person
from tests.scene import EV1, LIMITS, Scene, on
from tests.storms.gale import results, rush, surprises
from voucher.ledger.postings import Account
from voucher.plumbing.constraints import CHANGED_MEANWHILE
from voucher.plumbing.db import Model
from voucher.plumbing.unit_of_work import Work, perform
from voucher.rules.approval import Step
from voucher.rules.errors import Refused
from voucher.stages.oversee.invariants import find_violations
from voucher.stages.settle import bank, offset_stays, payment, review
from voucher.stages.settle.clawback import open_clawback
from voucher.stages.settle.models.claims import Claim
from voucher.stages.settle.models.credits import BankCredit
from voucher.stages.settle.models.offsets import OffsetStay
from voucher.stages.settle.models.payments import BankResult, Clawback, Payment, PaymentFile, PaymentLine
from voucher.stages.settle.repaying import repay

pytestmark = pytest.mark.storm

FULL = os.environ.get("STORM_SIZE") == "full"
MANY = 500 if FULL else 8
# twins who act on one thing at the same moment; all of them fit one process's connections
TEAMS = 10 if FULL else 4
SUBSIDY_FEN = 200_00

Act = Callable[[Work, int], object]
Told = Counter[str]


def approved(scene: Scene) -> tuple[int, int, list[int]]:
    """Return a budget and the batch of so many approved claims in it."""
    scene.hire_everybody()
    scene.at = on("2024-01-10")
    budget = scene.open_budget(MANY * SUBSIDY_FEN // 100)
    scene.file_evaluator(EV1)
    scene.certify(*(scene.certificate(person(serial)) for serial in range(MANY)))
    batch = scene.settle(budget).batch_id
    scene.review_and_post(batch)
    scene.close_notices()
    scene.open_accounts()
    with scene.database.read() as session:
        return budget, batch, list(session.scalars(select(Claim.id).order_by(Claim.id)))


def make_files(scene: Scene, budget: int, batch: int, claims: Sequence[int]) -> list[int]:
    """Make and check one payment file for every claim."""
    made = []
    for claim_id in claims:
        scene.do(
            "审批员",
            partial(review.sign, batch_id=batch, step=Step.APPROVE, claim_ids=[claim_id], opinion="同意"),
        )
        file = scene.do("制单员", partial(payment.prepare, budget_id=budget))
        scene.do("付款复核员", partial(payment.check, payment_file_id=file.id))
        made.append(file.id)
    return made


def twice(scene: Scene, login: str, things: Sequence[int], act: Act) -> tuple[list[object], Told]:
    """Have two do the same with each thing at the same moment; return what came of it, and the refusals."""
    actor = scene.actor(login)

    def run(number: int) -> tuple[list[object], Told]:
        done, refused = [], Told()
        for thing in things[number // 2 :: TEAMS]:
            try:
                done.append(
                    perform(scene.database, scene.keyring, actor, scene.at, partial(_call, act, thing))
                )
            except Refused as heard:
                refused[heard.refusal.code] += 1
        return done, refused

    outcomes = rush(run, clients=2 * TEAMS)
    assert surprises(outcomes) == []
    told = sum((refused for _, refused in results(outcomes)), Told())
    return [each for done, _ in results(outcomes) for each in done], told


def _call(act: Act, thing: int, work: Work) -> object:
    return act(work, thing)


def answer(lines: dict[int, tuple[str, int]], work: Work, file_id: int) -> bank.BankReport:
    """Import the bank's answer to a file of one line."""
    reference, fen = lines[file_id]
    content = f"参考号,金额,结果,原因\n{reference},{fen // 100}.{fen % 100:02d},成功,\n".encode()
    return bank.record_results(work, file_id, content, "回盘.csv", LIMITS)


def count(scene: Scene, model: type[Model], *where: ColumnElement[bool]) -> int:
    with scene.database.read() as session:
        return session.scalar(select(func.count()).select_from(model).where(*where)) or 0


def balances(scene: Scene) -> dict[str, int]:
    """Return what stands on the accounts of the budget, in fen by role."""
    with scene.database.read() as session:
        rows = session.execute(select(Account.role, func.sum(Account.balance_fen)).group_by(Account.role))
        return {role: int(fen) for role, fen in rows if fen}


def test_every_release_result_and_clawback_sent_twice_takes_effect_once(scene: Scene) -> None:
    """500 of each, each by two at once: 500 effects, 500 refusals, and the ledger comes to nothing."""
    budget, batch, claims = approved(scene)
    files = make_files(scene, budget, batch, claims)

    done, refused = twice(scene, "签发员", files, payment.release)
    assert (len(done), refused.total()) == (MANY, MANY)
    assert set(refused) <= {"event_not_allowed", CHANGED_MEANWHILE.code}
    assert count(scene, PaymentFile, PaymentFile.released_at.is_not(None)) == MANY

    with scene.database.read() as session:
        rows = session.scalars(select(PaymentLine)).all()
    lines = {each.payment_file_id: (each.reference, each.amount_fen) for each in rows}
    reports, refused = twice(scene, "制单员", files, partial(answer, lines))
    told = [each for each in reports if isinstance(each, bank.BankReport)]
    assert sum(each.matched for each in told) == sum(each.succeeded for each in told) == MANY
    assert sum(each.repeated for each in told) + refused.total() == MANY, "known already, or told so"
    assert set(refused) <= {CHANGED_MEANWHILE.code}
    assert count(scene, BankResult) == count(scene, Payment, Payment.state == "succeeded") == MANY
    assert balances(scene) == {"treasury": -MANY * SUBSIDY_FEN, "spent": MANY * SUBSIDY_FEN}

    done, refused = twice(scene, "初审员", claims, partial(open_clawback, why="抽查不符"))
    assert (len(done), refused.total()) == (MANY, MANY)
    assert set(refused) <= {"event_not_allowed", CHANGED_MEANWHILE.code}
    with scene.database.read() as session:
        debts = list(session.scalars(select(Clawback.id)))
    assert len(debts) == MANY

    register = partial(pay_back, fen=SUBSIDY_FEN)
    done, refused = twice(scene, "制单员", debts, register)
    assert (len(done), refused.total()) == (MANY, MANY)
    # the second of the same person may find it registered, or just being registered
    assert set(refused) <= {"second_person_needed", "repayment_imported", CHANGED_MEANWHILE.code}
    assert count(scene, BankCredit) == MANY
    done, refused = twice(scene, "付款复核员", debts, register)
    assert (len(done), refused.total()) == (MANY, MANY)
    assert set(refused) <= {"bank_credit_decided", CHANGED_MEANWHILE.code}
    assert count(scene, Clawback, Clawback.state == "met") == MANY
    assert balances(scene) == {"treasury": -MANY * SUBSIDY_FEN, "returned": MANY * SUBSIDY_FEN}
    with scene.database.read() as session:
        assert find_violations(session) == []


def pay_back(work: Work, clawback_id: int, fen: int) -> BankCredit:
    return repay(work, clawback_id, fen, f"缴款书 {clawback_id}")


def test_a_stay_asked_and_agreed_and_an_offset_planned_twice_at_once_stand_once(scene: Scene) -> None:
    """A receivable is kept out by one row, let in by one, and two files at once plan it once."""
    budget, batch, claims = approved(scene)
    first, *others = claims
    (file_id,) = make_files(scene, budget, batch, [first])
    scene.do("签发员", partial(payment.release, payment_file_id=file_id))
    with scene.database.read() as session:
        line = session.scalars(select(PaymentLine)).one()
    scene.do("制单员", partial(answer, {file_id: (line.reference, line.amount_fen)}, file_id=file_id))
    debt = scene.do("初审员", partial(open_clawback, claim_id=first, why="抽查不符")).id

    for stays, found in ((True, 1), (False, 2)):
        ask = partial(offset_stays.ask_stay, why="分期缴款协议", stays=stays)
        done, refused = twice(scene, "制单员", [debt] * TEAMS, ask)
        assert (len(done), refused.total()) == (1, 2 * TEAMS - 1)
        assert set(refused) <= {"offset_stay_asked_already", CHANGED_MEANWHILE.code}
        done, refused = twice(scene, "付款复核员", [debt] * TEAMS, offset_stays.agree_stay)
        assert (len(done), refused.total()) == (1, 2 * TEAMS - 1)
        assert (
            count(scene, OffsetStay, OffsetStay.agreed_at.is_not(None)) == count(scene, OffsetStay) == found
        )

    approve = partial(review.sign, step=Step.APPROVE, opinion="同意")
    scene.do("审批员", partial(approve, batch_id=batch, claim_ids=others))
    done, _ = twice(scene, "制单员", [budget] * TEAMS, payment.prepare)
    assert len(done) == 1
    with scene.database.read() as session:
        planned = session.get_one(Clawback, debt).planned_fen
        assert (planned, find_violations(session)) == (SUBSIDY_FEN, [])
