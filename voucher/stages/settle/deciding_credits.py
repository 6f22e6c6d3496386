"""A credit that came in is assigned or explained by one person, and booked or set aside by another."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from voucher.ledger import audit
from voucher.plumbing.unit_of_work import Work
from voucher.rules.actor import Role, check_reach
from voucher.rules.approval import check_two_people
from voucher.rules.errors import Family, reason
from voucher.rules.lifecycle import Thing, check_event
from voucher.rules.words import check_why
from voucher.stages.settle.bank_reading import printable
from voucher.stages.settle.clawback import meet
from voucher.stages.settle.importing_credits import list_owed
from voucher.stages.settle.models.claims import Claim
from voucher.stages.settle.models.credits import BOOKED, BY_HAND, SET_ASIDE, BankCredit
from voucher.stages.settle.models.payments import Clawback
from voucher.stages.settle.offset_plans import check_not_planned
from voucher.stages.settle.reading import lock_claims
from voucher.stages.settle.twins import find_twin, list_by_hand

SOURCE = "AC-I1 追回; PAGES 4.6 回单匹配; 【设】到账须另一人确认"

CREDIT_MISSING = reason(
    "bank_credit_missing", "没有找到这笔到账", "请从追回款到账页面重新进入", SOURCE, Family.MISSING
)
CREDIT_DECIDED = reason(
    "bank_credit_decided",
    "这笔到账已由两人办结",
    "不必再办；请刷新追回款到账页面",
    SOURCE,
    Family.CONFLICT,
)
CREDIT_UNMATCHED = reason(
    "bank_credit_unmatched",
    "这笔到账还没有对上追回单",
    "请先指定追回单，或写明不是追回款，再由另一人确认",
    SOURCE,
    Family.CONFLICT,
)
LETTER_UNKNOWN = reason(
    "letter_number_unknown",
    "{number} 不是本地区未收清的追回单编号",
    "请按退回资金通知书抄写编号，例如 TH-419001-2024-000001",
    SOURCE,
)
NOT_EXPLAINED = reason(
    "bank_credit_not_explained",
    "还没有写明这笔到账为什么不是追回款",
    "请先由一人写明，再由另一人确认",
    SOURCE,
    Family.CONFLICT,
)
REGISTERED_BY_HAND = reason(
    "repayment_registered_already",
    "同一追回单或同一付款单位的同一金额已有人工登记（{letter}，凭证 {document}），可能是同一笔钱",
    "是同一笔的，请写明“已人工登记”，不必再入账；确属另一笔的，请写明为什么是另一笔再指定",
    SOURCE,
    Family.CONFLICT,
)
EXPLAINED = "已写明不是追回款"


def assign_credit(work: Work, credit_id: int, letter: str, why: str = "") -> BankCredit:
    """Say by the number on its letter which receivable a credit is for; another person books it.

    What was explained before no longer stands: only the last proposal can be decided. Where as much was
    registered by hand, on that receivable or on any of the same payer, `why` says that this is another
    payment.
    Raises Refused bank_credit_missing (also for a foreign one), role_missing, bank_credit_decided,
    letter_number_unknown, repayment_registered_already.
    """
    credit = _take_up(work, [credit_id])[0]
    number = letter.strip().upper()
    owed = {each.letter_number: each for each in list_owed(work.session, credit.region_code)}
    if number not in owed:
        raise LETTER_UNKNOWN.refused(number=number)
    wanted = owed[number]
    words = printable(why).strip()
    by_hand = list_by_hand(work.session, credit.region_code, credit.amount_fen)
    others = [each for each in by_hand if each.credit_id != credit.id]
    twin = find_twin(credit, wanted.clawback_id, others, wanted.names)
    if twin is not None and not words:
        raise REGISTERED_BY_HAND.refused(letter=twin.letter_number, document=twin.reference)
    credit.clawback_id, credit.problem, credit.note = wanted.clawback_id, None, None
    credit.another_why = words or None
    _propose(work, credit, "assign", letter=number, **({"another_why": words} if words else {}))
    return credit


def explain_credit(work: Work, credit_id: int, note: str) -> BankCredit:
    """Say why a credit is no repayment; another person sets it aside.

    What it was matched to no longer stands: only the last proposal can be decided.
    Raises Refused bank_credit_missing (also for a foreign one), role_missing, bank_credit_decided,
    why_missing.
    """
    credit = _take_up(work, [credit_id])[0]
    credit.note = check_why(note)
    credit.clawback_id, credit.problem, credit.another_why = None, EXPLAINED, None
    _propose(work, credit, "explain", why=credit.note)
    return credit


def _propose(work: Work, credit: BankCredit, act: str, **told: str) -> None:
    credit.proposed_by_person_id, credit.proposed_at = work.actor.person_id, work.at
    work.session.flush()
    audit.record_one(work, "bank_credit", credit.id, act, **told)


def book_credits(work: Work, credit_ids: Sequence[int]) -> list[BankCredit]:
    """Book credits on their receivables, all or none, as another person than proposed each.

    What is more than is owed is not booked; it stands beside as paid too much. Raises Refused
    bank_credit_missing (also for a foreign one), role_missing, bank_credit_decided, bank_credit_unmatched,
    second_person_needed, event_not_allowed, offset_under_way.
    """
    wanted = select(Clawback.claim_id).join(BankCredit, BankCredit.clawback_id == Clawback.id)
    claim_ids = work.session.scalars(wanted.where(BankCredit.id.in_(credit_ids))).all()
    claims = {each.id: each for each in lock_claims(work, Claim.id.in_(claim_ids), money=True)}
    debts = {
        each.id: each
        for each in work.session.scalars(
            select(Clawback)
            .where(Clawback.claim_id.in_(claims))
            .order_by(Clawback.id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
    }
    found = _take_up(work, credit_ids)
    for credit in found:
        debt = debts.get(credit.clawback_id or 0)
        # a credit from before one proposal took the place of the other may stand with both
        if debt is None or credit.note is not None:
            raise CREDIT_UNMATCHED.refused()
        check_two_people(credit.proposed_by_person_id, work.actor.person_id)
        check_event(Thing.CLAWBACK, debt.state, "meet")
        left_fen = debt.amount_fen - debt.recovered_fen
        check_not_planned(work.session, [debt], credit.amount_fen)
        applied_fen = min(credit.amount_fen, left_fen)
        words = credit.bank_reference or credit.payer_name
        words = words if credit.line == BY_HAND else f"银行到账 {words}"
        meet(work, debt, claims[debt.claim_id], applied_fen, words)
        credit.applied_fen = applied_fen
        _decide(work, credit, BOOKED)
    return found


def set_aside(work: Work, credit_id: int) -> BankCredit:
    """Agree, as another person, that a credit is no repayment, as was explained: it is booked on nothing.

    Raises Refused bank_credit_missing (also for a foreign one), role_missing, bank_credit_decided,
    bank_credit_not_explained, second_person_needed.
    """
    credit = _take_up(work, [credit_id])[0]
    if credit.note is None or credit.clawback_id is not None:
        raise NOT_EXPLAINED.refused()
    check_two_people(credit.proposed_by_person_id, work.actor.person_id)
    if credit.line == BY_HAND:
        credit.bank_reference = None  # the document was told wrongly and can be told rightly
    _decide(work, credit, SET_ASIDE)
    return credit


def _decide(work: Work, credit: BankCredit, decision: str) -> None:
    credit.decision = decision
    credit.decided_by_person_id, credit.decided_at = work.actor.person_id, work.at
    work.session.flush()
    audit.record_one(work, "bank_credit", credit.id, decision, applied_fen=credit.applied_fen or 0)


def _take_up(work: Work, credit_ids: Sequence[int]) -> list[BankCredit]:
    """Return credits nobody has decided on, locked in their order."""
    found = work.session.scalars(
        select(BankCredit)
        .where(BankCredit.id.in_(sorted(set(credit_ids))))
        .order_by(BankCredit.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    if not found or len(found) != len(set(credit_ids)):
        raise CREDIT_MISSING.refused()
    for each in found:
        if each.region_code not in work.actor.regions:
            raise CREDIT_MISSING.refused()
        check_reach(work.actor, each.region_code, Role.FINANCE_MAKER, Role.FINANCE_CHECKER)
        if each.decision is not None:
            raise CREDIT_DECIDED.refused()
    return list(found)
