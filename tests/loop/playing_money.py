"""The second half of the play: claims, signatures, notices, payment files, the bank, and money back."""

from __future__ import annotations

from functools import partial

from sqlalchemy import select

from tests import town_issue
from tests.loop.playing import Playing
from tests.loop.way import EVALUATION, TRAINING
from tests.paid_back import pay_back
from voucher.ledger.vouchers import Voucher
from voucher.plumbing.unit_of_work import Work
from voucher.registry import accounts
from voucher.registry.institutions import Institution
from voucher.rules.actor import Role
from voucher.rules.approval import Step
from voucher.rules.vocabulary import Problem
from voucher.stages.settle import (
    answering_denials,
    clear,
    denying,
    notice,
    objection,
    payment,
    reinstate,
    review,
    turn_down,
)
from voucher.stages.settle.correct import correct_bounced
from voucher.stages.settle.models.claims import Claim, SettlementBatch
from voucher.stages.settle.models.notices import Notice, Objection
from voucher.stages.settle.models.payments import Clawback, PaymentFile, PaymentLine
from voucher.stages.settle.resubmit import resubmit
from voucher.stages.settle.terms import PLEDGED
from voucher.stages.settle.voucher_claims import file_claims
from voucher.stages.settle.withdraw import withdraw

# whose turn it is with a batch, by where it stands
TURNS = {
    "filed": ("初审员", Step.FIRST_REVIEW),
    "first_reviewed": ("复核员", Step.SECOND_REVIEW),
    "cleared": ("审批员", Step.APPROVE),
}
# and with one claim
SIGNED_FOR = {"submitted": TURNS["filed"]} | {state: TURNS[state] for state in ("first_reviewed", "cleared")}
REFUSABLE = ("returned", "manual", "second_reviewed", "noticed", "cleared", "approved", "bounced", "objected")
DENIABLE = ("draft", "paid", "submitted", "first_reviewed", "approved")
UNPAID = ("draft", *REFUSABLE, "submitted", "first_reviewed", "paying")


def claim(play: Playing, voucher: Voucher) -> None:
    """Have both payees claim for a voucher."""
    found = play.class_of(voucher.id)
    if found is None:
        return
    for login, kind in (
        (play.staff(found.institution_id, Role.REGISTRAR), TRAINING),
        (play.at_evaluator(Role.EVALUATOR_ADMIN), EVALUATION),
    ):
        play.attempt(login, partial(file_claims, kind=kind, voucher_ids=[voucher.id], terms=PLEDGED))


def claims_of(play: Playing, *states: str) -> list[Claim]:
    """Return the claims in these states."""
    with play.scene.database.read() as session:
        return list(session.scalars(select(Claim).where(Claim.state.in_(states)).order_by(Claim.id)))


def review_all(play: Playing) -> None:
    """Take every batch one step on: whoever's turn it is signs."""
    with play.scene.database.read() as session:
        batches = session.scalars(select(SettlementBatch).order_by(SettlementBatch.id)).all()
    for each in batches:
        if each.state in TURNS:
            login, step = TURNS[each.state]
            play.attempt(login, partial(review.sign, batch_id=each.id, step=step, opinion="同意"))
        if each.state == "second_reviewed":
            play.attempt("复核员", partial(notice.post_notice, batch_id=each.id))


def refuse_one(play: Playing, number: int, *, back: bool) -> None:
    """Return or reject a claim at the review it waits for."""
    found = claims_of(play, *SIGNED_FOR)
    if not found:
        return
    each = found[number % len(found)]
    login, step = SIGNED_FOR[each.state]
    if back:
        act = partial(
            review.return_claims, batch_id=each.batch_id, step=step, claim_ids=[each.id], defects="缺表"
        )
    else:
        act = partial(review.reject, batch_id=each.batch_id, step=step, claim_ids=[each.id], opinion="不实")
    play.attempt(login, act)


def turn_down_one(play: Playing, number: int) -> None:
    """Refuse a claim for good where no review waits for it; which one, and whether, the tables say."""
    found = claims_of(play, *REFUSABLE)
    if found:
        each = found[number % len(found)]
        login = "审批员" if each.state in ("approved", "bounced") else "异议处理员"
        play.attempt(login, partial(turn_down.turn_down, claim_id=each.id, opinion="不实"))


def bring_back(play: Playing) -> None:
    """Submit every returned claim again, each by who filed it."""
    for each in claims_of(play, "returned"):
        play.attempt(_submitter(play, each), partial(resubmit, claim_ids=[each.id]))


def withdraw_one(play: Playing, number: int) -> None:
    """Withdraw a claim, wherever it stands."""
    found = claims_of(play, *UNPAID)
    if found:
        each = found[number % len(found)]
        play.attempt(_submitter(play, each), partial(withdraw, claim_ids=[each.id], why="金额有误"))


def clear_all(play: Playing) -> None:
    """Have two officers clear every claim the rules left to a person, at half of the standard."""
    for each in claims_of(play, "manual"):
        for login in ("初审员", "异议处理员"):
            fen = each.proposed_fen // 2
            play.attempt(login, partial(clear.clear, claim_id=each.id, amount_fen=fen, opinion="复查属实"))


def settle_day(play: Playing, which: int) -> None:
    """Have the operator settle the certificates of today that no voucher turned into."""
    today = town_issue.day(play.scene).isoformat()
    play.whole(lambda: play.scene.settle(play.budgets[which], since=today, until=today))


def _submitter(play: Playing, claim: Claim) -> str:
    if claim.voucher_id is None:
        return "operator"
    if claim.kind == str(TRAINING):
        return play.staff(claim.institution_id, Role.REGISTRAR)
    return play.at_evaluator(Role.EVALUATOR_ADMIN)


def object_to_one(play: Playing, number: int) -> None:
    """Have somebody object to a posted claim."""
    found = claims_of(play, "noticed")
    if not found:
        return
    each = found[number % len(found)]
    with play.scene.database.read() as session:
        posted = session.scalars(
            select(Notice.id).where(Notice.batch_id == each.batch_id).order_by(Notice.id.desc())
        ).first()
    if posted is not None:
        lodge = partial(objection.lodge, notice_id=posted, claim_id=each.id, words="有疑问", contact=None)
        play.attempt("clock", lodge)


def decide_all(play: Playing, *, uphold: bool) -> None:
    """Have an officer who has not signed decide on what is objected to."""
    with play.scene.database.read() as session:
        lodged = session.scalars(select(Objection.id).where(Objection.state == "lodged")).all()
    for each in lodged:
        decide = partial(objection.decide, objection_id=each, uphold=uphold, conclusion="查实")
        play.attempt("异议处理员", decide)


def pay(play: Playing, which: int, *, ends: str = "paid") -> None:
    """Make a payment file of a budget; it ends void, prepared, released, or paid but for a failing line."""
    file = play.attempt("制单员", partial(payment.prepare, budget_id=play.budgets[which]))
    if file is None:
        return
    if ends not in ("prepared", "void"):
        play.attempt("付款复核员", partial(payment.check, payment_file_id=file.id))
        play.attempt("签发员", partial(payment.release, payment_file_id=file.id))
    _go_on_with(play, file, ends)


def finish_files(play: Playing, *, ends: str) -> None:
    """Let every payment file that lies about come to its end."""
    with play.scene.database.read() as session:
        files = session.scalars(
            select(PaymentFile)
            .where(PaymentFile.state.in_(("prepared", "checked", "released")))
            .order_by(PaymentFile.id)
        ).all()
    for each in files:
        _go_on_with(play, each, ends)


def _go_on_with(play: Playing, file: PaymentFile, ends: str) -> None:
    with play.scene.database.read() as session:
        state = session.get_one(PaymentFile, file.id).state
        lines = session.scalars(
            select(PaymentLine.reference).where(PaymentLine.payment_file_id == file.id)
        ).all()
    if state != "released" and ends != "prepared":
        play.attempt("制单员", partial(payment.void, payment_file_id=file.id, why="未能签发"))
    elif state == "released" and ends in ("paid", "bounced"):
        play.whole(lambda: play.scene.bank_answers(file, failing=lines[:1] if ends == "bounced" else ()))


def correct_accounts(play: Playing) -> None:
    """Have two people give every bounced payee another account."""
    bounced = {each.institution_id for each in claims_of(play, "bounced")}
    with play.scene.database.read() as session:
        payees = session.scalars(select(Institution).where(Institution.id.in_(bounced))).all()
    for each in payees:
        play.scene.serials += 1
        number = f"2588{play.scene.serials:012d}"
        proposed = play.attempt("制单员", partial(_propose, institution=each, number=number))
        if proposed is not None:
            confirm = partial(accounts.confirm_account, payee_account_id=proposed, account=number)
            play.attempt("付款复核员", confirm)
        play.attempt("制单员", partial(correct_bounced, institution_code=each.code))


def _propose(work: Work, institution: Institution, number: str) -> int:
    return accounts.propose_account(
        work, institution.code, institution.name, "中国银行济源分行", number, "开户许可证"
    ).id


def put_back(play: Playing, voucher: Voucher) -> None:
    """Have an appeal upheld by two people: what is still owed is waived."""
    act = partial(reinstate.ask_reinstatement, voucher_id=voucher.id, why="复核属实")
    play.attempt("复核员", act)
    play.attempt("初审员", partial(reinstate.reinstate, voucher_id=voucher.id))


def repay_one(play: Playing, number: int, *, half: bool) -> None:
    """Book money that came back, all of what is open or half of it."""
    with play.scene.database.read() as session:
        owed = session.scalars(select(Clawback).where(Clawback.state == "opened").order_by(Clawback.id)).all()
    if owed:
        each = owed[number % len(owed)]
        open_fen = each.amount_fen - each.recovered_fen
        fen = open_fen // 2 if half else open_fen
        play.whole(lambda: pay_back(play.scene, each.id, fen, why="分次退回"))


def disown_one(play: Playing, number: int) -> None:
    """Have somebody say of a subsidy "this is not me", and two officers find it true."""
    found = claims_of(play, *DENIABLE)
    if not found:
        return
    each = found[number % len(found)]
    login, _ = play.people[each.person_id]
    case = play.attempt(login, partial(denying.deny, claim_id=each.id, problem=Problem.NOT_ME))
    if case is None:
        return
    answer = partial(answering_denials.answer, denial_id=case.id, upheld=True, words="电话核实")
    play.attempt("初审员", answer)
    play.attempt("异议处理员", partial(answering_denials.confirm, denial_id=case.id))
