"""Ending claims without payment: the key is freed, the money released, the queue served."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from voucher.ledger import budget as budgets
from voucher.ledger import entitlements, states
from voucher.ledger.postings import Line
from voucher.plumbing.unit_of_work import Work
from voucher.rules.actor import Role
from voucher.rules.approval import Step, check_fixed_role
from voucher.rules.errors import Family, reason
from voucher.stages.settle.denying import let_go_ended
from voucher.stages.settle.following import follow
from voucher.stages.settle.models.claims import Claim
from voucher.stages.settle.models.payments import Payment, PaymentFile
from voucher.stages.settle.promises import end_promises
from voucher.stages.settle.reading import LOOKUP_CHUNK, check_filed_by_others, list_hands
from voucher.stages.settle.waiting import leave_queue, serve_queue

AFTER_APPROVAL = ("approved", "bounced")

CLAIM_IN_FILE = reason(
    "claim_in_payment_file",
    "申领已列入尚未签发的拨付文件 {file}",
    "请先作废该拨付文件，再办理撤回或不予通过；其余申领可重新制单",
    "LIFECYCLE Claim approved; S2-Z3",
    Family.CONFLICT,
)


def money_of(claim: Claim, amount_fen: int) -> Line:
    """Return a ledger line for a claim, with the project and institution it is for."""
    return Line(
        amount_fen=amount_fen,
        claim_id=claim.id,
        project_id=claim.project_id,
        institution_id=claim.institution_id,
    )


def end_claims(work: Work, claims: Sequence[Claim], event: str, why: str) -> None:
    """Reject, withdraw or uphold against claims that have not been paid, and end what vouchers promised.

    What a person's case stopped of them is stopped no more: there is nothing left to pay.
    The claims come from `lock_claims(money=True)`: budget before voucher before claim.
    Raises Refused claim_in_payment_file, event_not_allowed, same_hand (whoever filed one denies none),
    fixed_role.
    """
    if event == "reject":
        check_filed_by_others(work.session, work.actor.person_id, [each.id for each in claims])
        _check_no_approver_denies(work, claims)
    _check_outside_files(work, [each.id for each in claims])
    states.move(work, Claim, claims, event, reason=why)
    let_go_ended(work, claims, f"申领已终止：{why}")
    end_promises(work, claims)
    entitlements.free(work, [each.entitlement_id for each in claims])
    leave_queue(work, [each.id for each in claims])
    for budget_id in sorted({each.budget_id for each in claims}):
        mine = [each for each in claims if each.budget_id == budget_id]
        budgets.release(work, budget_id, [money_of(each, each.reserved_fen) for each in mine])
        for each in mine:
            each.reserved_fen = 0
        work.session.flush()
        serve_queue(work, budget_id)
    follow(work, [each.batch_id for each in claims])


def _check_no_approver_denies(work: Work, claims: Sequence[Claim]) -> None:
    """Refuse whoever approves for the treasury to deny what was approved after another hand in it.

    An officer may, who takes back what is fraud. Raises Refused fixed_role.
    """
    if Role.FINANCE_APPROVER not in work.actor.reach:
        return
    approved = [each.id for each in claims if each.state in AFTER_APPROVAL]
    for hands in list_hands(work.session, approved).values():
        for step, person_id in hands:
            if person_id == work.actor.person_id:
                check_fixed_role(Step.APPROVE, Step(step))


def _check_outside_files(work: Work, claim_ids: Sequence[int]) -> None:
    for start in range(0, len(claim_ids), LOOKUP_CHUNK):
        number = work.session.scalar(
            select(PaymentFile.number)
            .join(Payment, Payment.payment_file_id == PaymentFile.id)
            .where(Payment.claim_id.in_(claim_ids[start : start + LOOKUP_CHUNK]), Payment.state == "pending")
            .limit(1)
        )
        if number is not None:
            raise CLAIM_IN_FILE.refused(file=number)
