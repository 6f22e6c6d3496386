"""抵扣: a payee's next payments first meet what it owes, the oldest debt first, never another's.

Planned when a payment file is made, held by a counter on the receivable, and booked with the bank's answer;
a file that is voided and a payment that bounces take nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import date

from sqlalchemy import Select, func, insert, select
from sqlalchemy.orm import Session

from voucher.ledger import holds
from voucher.ledger.budget import Budget
from voucher.plumbing.unit_of_work import Work
from voucher.registry.standards import get_value_at
from voucher.rules.clawback import Met, plan_offsets
from voucher.rules.lifecycle import Thing
from voucher.stages.settle.clawback import meet
from voucher.stages.settle.models.claims import Claim
from voucher.stages.settle.models.offsets import OffsetStay, PaymentOffset
from voucher.stages.settle.models.payments import Clawback, Payment
from voucher.stages.settle.reading import LOOKUP_CHUNK

ALLOWED, SHARE = "clawback_offset", "clawback_offset_share"


def select_stayed() -> Select[int]:
    """Return the query for the receivables that two people have kept out of offsets."""
    agreed = select(func.max(OffsetStay.id)).where(OffsetStay.agreed_at.is_not(None))
    newest = agreed.group_by(OffsetStay.clawback_id)
    return select(OffsetStay.clawback_id).where(OffsetStay.id.in_(newest), OffsetStay.stays.in_((True,)))


def plan(
    session: Session, budget: Budget, claims: Sequence[Claim], on: date, *, lock: bool = False
) -> list[Met]:
    """Return what claims about to be paid from a budget meet of their payees' open receivables.

    Receivables of the same region and fund source only, none on hold, none that two people have kept out;
    the debts of all payees are read at once. Raises parameter_missing.
    """
    if get_value_at(session, ALLOWED, on, budget.region_code) != "1":
        return []
    due: dict[int, list[tuple[int, int]]] = {}
    for each in claims:
        due.setdefault(each.institution_id, []).append((each.id, each.amount_fen))
    debts: dict[int, list[tuple[int, int]]] = {}
    for debt in _find_debts(session, budget, sorted(due), lock=lock):
        left_fen = debt.amount_fen - debt.recovered_fen - debt.planned_fen
        debts.setdefault(debt.institution_id, []).append((debt.id, left_fen))
    if not debts:
        return []
    basis_points = int(get_value_at(session, SHARE, on, budget.region_code) or 0)
    return [met for payee in debts for met in plan_offsets(due[payee], debts[payee], basis_points)]


def _find_debts(session: Session, budget: Budget, payees: Sequence[int], *, lock: bool) -> Sequence[Clawback]:
    kin = select(Budget.id).where(Budget.region_code == budget.region_code, Budget.source == budget.source)
    wanted = (
        select(Clawback)
        .join(Claim, Claim.id == Clawback.claim_id)
        .where(
            Clawback.state == "opened",
            Clawback.institution_id.in_(payees),
            Clawback.recovered_fen + Clawback.planned_fen < Clawback.amount_fen,
            Claim.budget_id.in_(kin),
            Clawback.id.not_in(select_stayed()),
            Clawback.claim_id.not_in(holds.select_held(Thing.CLAIM)),
        )
        .order_by(Clawback.id)
        .execution_options(populate_existing=True)
    )
    return session.scalars(wanted.with_for_update(of=Clawback) if lock else wanted).all()


def sum_by_claim(met: Iterable[Met]) -> dict[int, int]:
    """Return what each claim meets of receivables, in fen."""
    sums: dict[int, int] = {}
    for each in met:
        sums[each.claim_id] = sums.get(each.claim_id, 0) + each.amount_fen
    return sums


def hold_back(work: Work, met: Sequence[Met], payments: dict[int, tuple[int, int]]) -> None:
    """Write what payments meet, claim → (payment, payee), and count it as planned; debts are locked."""
    if not met:
        return
    work.session.execute(
        insert(PaymentOffset),
        [
            {
                "payment_id": payments[each.claim_id][0],
                "clawback_id": each.clawback_id,
                "institution_id": payments[each.claim_id][1],
                "amount_fen": each.amount_fen,
            }
            for each in met
        ],
    )
    _count(work, [(each.clawback_id, each.amount_fen) for each in met], 1)


def let_go(work: Work, payments: Sequence[Payment]) -> None:
    """Take nothing of what payments that were voided or bounced were to meet."""
    rows = _find_offsets(work.session, payments)
    _count(work, [(each.clawback_id, each.amount_fen) for each in rows], -1)


def book(work: Work, payments: Sequence[Payment], number: str) -> None:
    """Book what payments that have succeeded meet, in the words of their file's number.

    Budgets, vouchers and claims of the debts are locked already (`claims_met`).
    """
    rows = _find_offsets(work.session, payments)
    debts = _count(work, [(each.clawback_id, each.amount_fen) for each in rows], -1)
    for each in rows:
        debt = debts[each.clawback_id]
        claim = work.session.get_one(Claim, debt.claim_id)
        meet(work, debt, claim, each.amount_fen, f"拨付文件 {number} 抵扣", payment_id=each.payment_id)


def claims_met(work: Work, payment_ids: Select[int]) -> list[int]:
    """Return the claims whose receivables these payments meet."""
    return list(
        work.session.scalars(
            select(Clawback.claim_id)
            .join(PaymentOffset, PaymentOffset.clawback_id == Clawback.id)
            .where(PaymentOffset.payment_id.in_(payment_ids))
            .distinct()
        )
    )


def _find_offsets(session: Session, payments: Sequence[Payment]) -> list[PaymentOffset]:
    ids = [each.id for each in payments if each.offset_fen]
    found: list[PaymentOffset] = []
    for start in range(0, len(ids), LOOKUP_CHUNK):
        found += session.scalars(
            select(PaymentOffset)
            .where(PaymentOffset.payment_id.in_(ids[start : start + LOOKUP_CHUNK]))
            .order_by(PaymentOffset.payment_id, PaymentOffset.clawback_id)
        )
    return found


def _count(work: Work, parts: Collection[tuple[int, int]], sign: int) -> dict[int, Clawback]:
    """Change what is planned of receivables, locked in their order, and return them."""
    if not parts:
        return {}
    sums: dict[int, int] = {}
    for clawback_id, amount_fen in parts:
        sums[clawback_id] = sums.get(clawback_id, 0) + sign * amount_fen
    debts = {
        each.id: each
        for each in work.session.scalars(
            select(Clawback)
            .where(Clawback.id.in_(sorted(sums)))
            .order_by(Clawback.id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
    }
    for clawback_id, change_fen in sums.items():
        debts[clawback_id].planned_fen += change_fen
    work.session.flush()
    return debts
