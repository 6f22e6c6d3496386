"""The letter that goes with a clawback: what was paid, why it comes back, how much and by which day."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from voucher.plumbing.clock import day_of
from voucher.registry import catalogue, tables
from voucher.registry.institutions import Institution
from voucher.rules.bonuses import name_claim_kind
from voucher.rules.clawback import due_on
from voucher.stages.settle.clawback import CLAWBACK_MISSING
from voucher.stages.settle.models.claims import Claim
from voucher.stages.settle.models.payments import Clawback, Payment, PaymentFile
from voucher.stages.settle.offset_plans import letter_number
from voucher.stages.settle.queries.reach import Payees, claims_within

DAYS = "clawback_days"


@dataclass(frozen=True, slots=True)
class ClawbackLetter:
    """A letter to a payee; amounts in fen, `due_on` is the last day to pay back, no interest runs."""

    number: str
    region_name: str
    payee_name: str
    claim_number: str
    kind_name: str
    file_number: str
    paid_fen: int
    asked_fen: int
    recovered_fen: int
    why: str
    state: str
    opened_on: date
    due_on: date
    days: int


def read_letter(
    session: Session, clawback_id: int, regions: Collection[str], payees: Payees = ()
) -> ClawbackLetter:
    """Return the letter of a clawback of these regions or against these payees.

    Raises Refused clawback_missing, the same for a foreign one, parameter_missing.
    """
    found = session.execute(
        select(Clawback, Claim, Institution.name, Payment, PaymentFile.number)
        .join(Claim, Claim.id == Clawback.claim_id)
        .join(Institution, Institution.id == Clawback.institution_id)
        .join(Payment, Payment.id == Clawback.payment_id)
        .join(PaymentFile, PaymentFile.id == Payment.payment_file_id)
        .where(Clawback.id == clawback_id, claims_within(regions, payees))
    ).first()
    if found is None:
        raise CLAWBACK_MISSING.refused()
    clawback, claim, payee_name, payment, file_number = found
    opened_on = day_of(clawback.opened_at)
    days = read_days(session, claim.region_code, opened_on)
    return ClawbackLetter(
        number=letter_number(clawback, claim.region_code),
        region_name=catalogue.get_region(session, claim.region_code).name,
        payee_name=payee_name,
        claim_number=claim.number,
        kind_name=name_claim_kind(claim.kind),
        file_number=file_number,
        paid_fen=payment.computed_fen,
        asked_fen=clawback.amount_fen,
        recovered_fen=clawback.recovered_fen,
        why=clawback.why,
        state=clawback.state,
        opened_on=opened_on,
        due_on=due_on(opened_on, days),
        days=days,
    )


def read_days(session: Session, region_code: str, on: date) -> int:
    """Return how many calendar days a payee has after the day of the letter. Raises parameter_missing."""
    regions = catalogue.list_ancestry(session, region_code)
    return tables.read_parameter_number(session, DAYS, on, regions) or 0


def list_due_days(session: Session, owed: Collection[tuple[Clawback, Claim]]) -> dict[int, date]:
    """Return the last day of each of these clawbacks."""
    found: dict[int, date] = {}
    days: dict[tuple[str, date], int] = {}
    for clawback, claim in owed:
        opened_on = day_of(clawback.opened_at)
        asked = (claim.region_code, opened_on)
        if asked not in days:
            days[asked] = read_days(session, *asked)
        found[clawback.id] = due_on(opened_on, days[asked])
    return found
