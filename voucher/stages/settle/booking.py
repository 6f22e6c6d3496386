"""What becomes of the claims behind the lines of a payment file: confirmed with their offsets, or bounced."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Select, select

from voucher.ledger import budget as budgets
from voucher.ledger import entitlements, states
from voucher.plumbing.unit_of_work import Work
from voucher.stages.settle import offsetting
from voucher.stages.settle.denying import hold_bounced
from voucher.stages.settle.ending import money_of
from voucher.stages.settle.following import follow
from voucher.stages.settle.models.claims import Claim
from voucher.stages.settle.models.payments import Payment, PaymentFile, PaymentLine
from voucher.stages.settle.reading import lock_claims, lock_funds
from voucher.stages.settle.voucher_ends import close_vouchers


def lock_behind(work: Work, lines: Sequence[PaymentLine]) -> None:
    """Lock the money, vouchers and claims of these lines, and of the receivables they meet, in order."""
    behind = _payments_behind(lines)
    claim_ids = select(Payment.claim_id).where(Payment.id.in_(behind))
    wanted: ColumnElement[bool] = Claim.id.in_(claim_ids)
    if met := offsetting.claims_met(work, behind):
        wanted = wanted | Claim.id.in_(met)
    lock_funds(work, wanted)
    lock_claims(work, wanted)


def book_lines(
    work: Work, file: PaymentFile, succeeded: Sequence[PaymentLine], failed: Sequence[PaymentLine]
) -> None:
    """Confirm or bounce the claims of lines that came to an end; a voucher closes with its last claim.

    What is behind the lines is locked already.
    """
    for lines, payment_event, claim_event in (
        (succeeded, "succeed", "confirm"),
        (failed, "fail", "bounce"),
    ):
        if not lines:
            continue
        behind = _payments_behind(lines)
        claims = lock_claims(work, Claim.id.in_(select(Payment.claim_id).where(Payment.id.in_(behind))))
        payments = list(
            work.session.scalars(
                select(Payment).where(Payment.id.in_(behind)).order_by(Payment.id).with_for_update()
            )
        )
        states.move(work, Payment, payments, payment_event)
        states.move(work, Claim, claims, claim_event, reason=file.number)
        if claim_event == "bounce":
            offsetting.let_go(work, payments)
            hold_bounced(work, claims)
            continue
        entitlements.consume(work, [each.entitlement_id for each in claims])
        budgets.spend(work, file.budget_id, [money_of(each, each.amount_fen) for each in claims])
        for claim in claims:
            claim.reserved_fen = 0
        work.session.flush()
        close_vouchers(work, {each.voucher_id for each in claims if each.voucher_id is not None})
        offsetting.book(work, payments, file.number)


def close_when_done(work: Work, file: PaymentFile, *, sent: int, answered: int) -> None:
    """Bring a file and its batches up to where its lines stand; a file is closed with its last answer."""
    states.move(work, PaymentFile, [file], "answer")
    if answered == sent:
        states.move(work, PaymentFile, [file], "close")
    follow(
        work,
        work.session.scalars(
            select(Claim.batch_id)
            .join(Payment, Payment.claim_id == Claim.id)
            .where(Payment.payment_file_id == file.id)
            .distinct()
        ),
    )


def list_unsent(work: Work, file: PaymentFile) -> Sequence[PaymentLine]:
    """Return the rows that come to nothing by offset: no bank is asked about them."""
    return work.session.scalars(
        select(PaymentLine)
        .where(PaymentLine.payment_file_id == file.id, PaymentLine.amount_fen == 0)
        .order_by(PaymentLine.id)
    ).all()


def settle_unsent(work: Work, file: PaymentFile, unsent: Sequence[PaymentLine]) -> None:
    """Settle what is met by offset in full with the release; a file of nothing else is closed by it."""
    if not unsent:
        return
    book_lines(work, file, unsent, [])
    if len(unsent) == file.line_count:
        close_when_done(work, file, sent=0, answered=0)
        return
    behind = _payments_behind(unsent)
    batches = select(Claim.batch_id).join(Payment, Payment.claim_id == Claim.id).where(Payment.id.in_(behind))
    follow(work, work.session.scalars(batches.distinct()))


def _payments_behind(lines: Sequence[PaymentLine]) -> Select[int]:
    return select(Payment.id).where(Payment.payment_line_id.in_([each.id for each in lines]))
