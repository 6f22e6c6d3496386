"""Money that came back, told from its document: one person registers it, another books it."""

from __future__ import annotations

import hashlib

from sqlalchemy import select

from voucher.ledger import audit
from voucher.ledger import budget as budgets
from voucher.plumbing.unit_of_work import Work
from voucher.registry.institutions import Institution
from voucher.rules.actor import Role, check_reach
from voucher.rules.clawback import check_recovery
from voucher.rules.errors import Family, reason
from voucher.rules.lifecycle import Thing, check_event
from voucher.stages.settle.bank_reading import printable
from voucher.stages.settle.clawback import CLAWBACK_MISSING
from voucher.stages.settle.deciding_credits import CREDIT_DECIDED, SOURCE, book_credits
from voucher.stages.settle.models.claims import Claim
from voucher.stages.settle.models.credits import BOOKED, BY_HAND, BankCredit
from voucher.stages.settle.models.payments import Clawback
from voucher.stages.settle.offset_plans import check_not_planned
from voucher.stages.settle.reading import lock_claims
from voucher.stages.settle.review import OPINION_MISSING
from voucher.stages.settle.twins import find_told_by_bank

REPAYMENT_DIFFERS = reason(
    "repayment_differs",
    "凭证 {document} 已用于另一笔到账，或登记的追回单、金额与这次不同",
    "请核对凭证编号、追回单和金额；已导入的到账请在追回款到账页面确认",
    SOURCE,
    Family.CONFLICT,
)
REPAYMENT_IMPORTED = reason(
    "repayment_imported",
    "同一追回单、同一金额已有一笔到账待确认（{known}）",
    "请在追回款到账页面确认那一笔；确属另一笔的，先办结那一笔再登记",
    SOURCE,
    Family.CONFLICT,
)
REPAYMENT_BOOKED = reason(
    "repayment_booked_already",
    "同一追回单、同一金额已有一笔到账入账（{known}）",
    "同一笔钱不必再登记；确属另一笔的，请写明为什么是另一笔再登记",
    SOURCE,
    Family.CONFLICT,
)
REPAYMENT_TOLD = reason(
    "repayment_told_by_bank",
    "同一付款单位、同一金额已有一笔银行到账（{known}，{where}），可能是同一笔钱",
    "是同一笔的，请在追回款到账页面办理那一笔，不必再登记；确属另一笔的，请写明为什么是另一笔再登记",
    SOURCE,
    Family.CONFLICT,
)


def repay(work: Work, clawback_id: int, amount_fen: int, document: str, why: str = "") -> BankCredit:
    """Register money that came back by its document; the same told by another person books it.

    Where as much has been booked on the receivable before, or the bank told of as much from the same payee,
    `why` says that this is another payment.
    Raises Refused clawback_missing (also for a foreign one), role_missing, opinion_missing,
    recovery_exceeds_paid, amount_not_positive, event_not_allowed, offset_under_way, repayment_differs,
    repayment_imported, repayment_booked_already, repayment_told_by_bank, bank_credit_decided,
    second_person_needed.
    """
    reference = printable(document).strip()
    if not reference:
        raise OPINION_MISSING.refused()
    clawback = work.session.get(Clawback, clawback_id)
    if clawback is None:
        raise CLAWBACK_MISSING.refused()
    claim = work.session.get_one(Claim, clawback.claim_id)
    if claim.region_code not in work.actor.regions:
        raise CLAWBACK_MISSING.refused()
    check_reach(work.actor, claim.region_code, Role.FINANCE_MAKER, Role.FINANCE_CHECKER)
    if amount_fen <= 0:
        raise budgets.AMOUNT_NOT_POSITIVE.refused()
    known = work.session.scalars(
        select(BankCredit).where(
            BankCredit.region_code == claim.region_code, BankCredit.bank_reference == reference
        )
    ).one_or_none()
    if known is None:
        return _register(work, clawback_id, claim, amount_fen, reference, printable(why).strip())
    if (known.line, known.clawback_id, known.amount_fen) != (BY_HAND, clawback_id, amount_fen):
        raise REPAYMENT_DIFFERS.refused(document=reference)
    if known.decision is not None:
        raise CREDIT_DECIDED.refused()
    return book_credits(work, [known.id])[0]


def _register(
    work: Work, clawback_id: int, claim: Claim, amount_fen: int, reference: str, why: str
) -> BankCredit:
    lock_claims(work, Claim.id == claim.id, money=True)
    clawback = work.session.scalars(
        select(Clawback)
        .where(Clawback.id == clawback_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
    check_event(Thing.CLAWBACK, clawback.state, "meet")
    check_recovery(amount_fen, clawback.amount_fen, clawback.recovered_fen)
    check_not_planned(work.session, [clawback], amount_fen)
    same = work.session.scalars(
        select(BankCredit)
        .where(BankCredit.clawback_id == clawback_id, BankCredit.amount_fen == amount_fen)
        .order_by(BankCredit.id.desc())
    ).all()
    for each in same:
        known = each.bank_reference or each.payer_name
        if each.decision is None:
            raise REPAYMENT_IMPORTED.refused(known=known)
        if each.decision == BOOKED and not why:
            raise REPAYMENT_BOOKED.refused(known=known)
    if not why:
        _check_not_told(work, clawback, claim.region_code, amount_fen)
    told = f"{claim.region_code}\n{clawback_id}\n{amount_fen}\n{reference}\n{work.at.isoformat()}"
    credit = BankCredit(
        region_code=claim.region_code,
        source_sha256=hashlib.sha256(told.encode()).hexdigest(),
        line=BY_HAND,
        bank_reference=reference,
        payer_name=work.session.get_one(Institution, clawback.institution_id).name,
        remark=f"人工登记 {reference}",
        another_why=why or None,
        amount_fen=amount_fen,
        clawback_id=clawback_id,
        proposed_by_person_id=work.actor.person_id,
        proposed_at=work.at,
    )
    work.session.add(credit)
    work.session.flush()
    told_why = {"another_why": why} if why else {}
    audit.record_one(work, "bank_credit", credit.id, "register", amount_fen=amount_fen, **told_why)
    return credit


def _check_not_told(work: Work, clawback: Clawback, region_code: str, amount_fen: int) -> None:
    found = find_told_by_bank(work.session, clawback, region_code, amount_fen)
    if found is not None:
        known = found.bank_reference or found.payer_name
        where = "待核对" if found.clawback_id is None else "待确认" if found.decision is None else "已入账"
        raise REPAYMENT_TOLD.refused(known=known, where=where)
