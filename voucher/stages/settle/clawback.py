"""Recovering: a receivable per payee for what should not have been paid, met by repayments; no interest."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import select

from voucher.ledger import audit, states
from voucher.ledger import budget as budgets
from voucher.ledger.vouchers import Voucher, advance
from voucher.plumbing.unit_of_work import Work
from voucher.rules.actor import Role, check_reach, check_role
from voucher.rules.approval import check_two_people
from voucher.rules.errors import Family, reason
from voucher.rules.lifecycle import Thing
from voucher.stages.certify import queries as certificates
from voucher.stages.settle.ending import money_of
from voucher.stages.settle.models.bonuses import BonusBasis
from voucher.stages.settle.models.claims import Claim
from voucher.stages.settle.models.payments import Clawback, Payment, Repayment
from voucher.stages.settle.reading import check_apart, get_claim, lock_claims
from voucher.stages.settle.review import OPINION_MISSING

SOURCE = "豫办〔2021〕29号 第4、16项; S2-16f; S2-04p; AC-I1"
OFFICE = (Role.OFFICER_COUNTY, Role.OFFICER_CITY, Role.OFFICER_PROVINCE, Role.SUPERVISOR)

CLAWBACK_MISSING = reason(
    "clawback_missing", "没有找到这张追回单", "请从追回单列表重新进入", SOURCE, Family.MISSING
)


def open_clawback(work: Work, claim_id: int, why: str) -> Clawback:
    """Open a receivable for a paid claim against its payee.

    Raises Refused claim_missing, role_missing, opinion_missing, involved, event_not_allowed,
    second_person_needed.
    """
    if not why.strip():
        raise OPINION_MISSING.refused()
    claim = get_claim(work, claim_id)
    check_reach(work.actor, claim.region_code, *OFFICE)
    check_apart(work, [claim], "追回")
    return open_clawbacks(work, [claim], why)[0]


def open_due_clawbacks(work: Work) -> int:
    """Open a receivable for every paid claim whose certificate has been revoked; return how many.

    A claim made of a voucher is recovered with its voucher (`voucher.stages.settle.voucher_ends`).
    Raises Refused role_missing.
    """
    check_role(work.actor, Role.CLOCK)
    revoked = certificates.list_revoked_certificates(work.session)
    claims = lock_claims(
        work, Claim.state == "paid", Claim.voucher_id.is_(None), Claim.certificate_id.in_(revoked)
    )
    open_clawbacks(work, claims, "证书已被撤销，无证无价")
    return len(claims)


def open_clawbacks(
    work: Work, claims: Sequence[Claim], why: str, *, amounts_fen: Mapping[int, int] | None = None
) -> list[Clawback]:
    """Open a receivable against the payee of each paid claim, for what was paid unless told less by claim.

    Raises Refused event_not_allowed, second_person_needed (who entered the settlement of an advance).
    """
    _check_not_enterer(work, claims)
    states.move(work, Claim, claims, "recover", reason=why)
    opened = []
    for claim in claims:
        payment = work.session.scalars(
            select(Payment).where(Payment.claim_id == claim.id, Payment.state == "succeeded")
        ).one()
        clawback = Clawback(
            claim_id=claim.id,
            payment_id=payment.id,
            institution_id=claim.institution_id,
            amount_fen=(amounts_fen or {}).get(claim.id, payment.computed_fen),
            recovered_fen=0,
            why=why,
            opened_at=work.at,
            opened_by_person_id=work.actor.person_id,
            **states.first_state(Thing.CLAWBACK, "open"),
        )
        work.session.add(clawback)
        work.session.flush()
        states.begin(work, Thing.CLAWBACK, [clawback.id], "open")
        opened.append(clawback)
    return opened


def _check_not_enterer(work: Work, claims: Sequence[Claim]) -> None:
    """Refuse whoever entered what settles an advance to open the receivable of that advance."""
    bases = [each.basis_id for each in claims if each.basis_id is not None]
    if not bases:
        return
    entered = select(BonusBasis.entered_by_person_id).where(BonusBasis.settles_basis_id.in_(bases))
    for person_id in work.session.scalars(entered):
        check_two_people(person_id, work.actor.person_id)


def meet(
    work: Work,
    clawback: Clawback,
    claim: Claim,
    amount_fen: int,
    document: str,
    payment_id: int | None = None,
) -> None:
    """Book fen that meet a receivable, by bank or by the payment named; all of it recovers the claim.

    Budget, voucher, claim and receivable are locked already.
    """
    work.session.add(
        Repayment(
            clawback_id=clawback.id,
            payment_id=payment_id,
            way="bank" if payment_id is None else "offset",
            amount_fen=amount_fen,
            document=document,
            received_at=work.at,
            received_by_person_id=work.actor.person_id,
        )
    )
    clawback.recovered_fen += amount_fen
    work.session.flush()
    # heard by the statistics, which count what stays paid
    audit.record_one(work, str(Thing.CLAIM), claim.id, "repay", amount_fen=amount_fen)
    budgets.take_back(work, claim.budget_id, [money_of(claim, amount_fen)])
    if clawback.recovered_fen == clawback.amount_fen:
        states.move(work, Clawback, [clawback], "meet", reason=document)
        states.move(work, Claim, [claim], "recovered", reason=document)
        recover_vouchers(work, [claim.voucher_id] if claim.voucher_id is not None else [])


def recover_vouchers(work: Work, voucher_ids: Collection[int]) -> None:
    """Move vouchers on whose receivables are all met; they are locked before their claims."""
    still_out = (
        select(Claim.id)
        .where(Claim.voucher_id == Voucher.id, Claim.state.in_(("paid", "recovering")))
        .exists()
    )
    met = work.session.scalars(
        select(Voucher)
        .where(Voucher.id.in_(voucher_ids), Voucher.state == "recovering", ~still_out)
        .order_by(Voucher.id)
    ).all()
    advance(work, met, "recover", reason="应收款已全部收回")
