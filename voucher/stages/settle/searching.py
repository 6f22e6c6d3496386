"""Finding claims across batches, masked, for lists and for programs."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from voucher.plumbing.secrets import Keyring
from voucher.registry import catalogue, people
from voucher.registry.institutions import Institution
from voucher.rules.privacy import mask_identity, mask_name
from voucher.stages.settle.models.claims import Claim
from voucher.stages.settle.models.payments import Payment
from voucher.stages.settle.queries.reach import Payees, claims_within


@dataclass(frozen=True, slots=True)
class ClaimSearch:
    """What is looked for; None asks for nothing."""

    state: str | None = None
    batch_id: int | None = None
    institution_code: str | None = None
    number: str | None = None
    payment_line_id: int | None = None


@dataclass(frozen=True, slots=True)
class ClaimView:
    """One claim as an officer may see it in a list."""

    id: int
    number: str
    state: str
    kind: str
    batch_id: int
    region_code: str
    masked_name: str
    masked_number: str
    trade_code: str
    trade_name: str
    level: int
    institution_code: str
    institution_name: str
    amount_fen: int
    explanation: str
    revision: int
    filed_on: date


def find_claims(
    session: Session,
    keyring: Keyring,
    regions: Collection[str],
    wanted: ClaimSearch,
    *,
    payees: Payees = (),
    before_id: int | None = None,
    limit: int = 50,
) -> list[ClaimView]:
    """Return the claims of these regions or paid to these institutions that are wanted, newest first."""
    query = (
        select(Claim, Institution.code, Institution.name)
        .join(Institution, Institution.id == Claim.institution_id)
        .where(claims_within(regions, payees))
        .order_by(Claim.id.desc())
        .limit(limit)
    )
    if before_id is not None:
        query = query.where(Claim.id < before_id)
    if wanted.state is not None:
        query = query.where(Claim.state == wanted.state)
    if wanted.batch_id is not None:
        query = query.where(Claim.batch_id == wanted.batch_id)
    if wanted.payment_line_id is not None:
        paid = select(Payment.claim_id).where(Payment.payment_line_id == wanted.payment_line_id)
        query = query.where(Claim.id.in_(paid))
    if wanted.institution_code is not None:
        query = query.where(Institution.code == wanted.institution_code)
    if wanted.number is not None:
        serial = wanted.number.rpartition("-")[2]
        if not (serial.isascii() and serial.isdigit() and len(serial) <= 18):
            return []
        query = query.where(Claim.id == int(serial))
    views = view_claims(session, keyring, session.execute(query).all())
    return [each for each in views if wanted.number in (None, each.number)]


def view_claims(
    session: Session, keyring: Keyring, rows: Sequence[tuple[Claim, str, str]]
) -> list[ClaimView]:
    """Return claims with their payee as lists show them: names and numbers masked."""
    named = people.read_people(session, keyring, [claim.person_id for claim, _, _ in rows])
    trades = catalogue.name_trades(session, [claim.trade_code for claim, _, _ in rows])
    views = []
    for claim, code, institution_name in rows:
        person = named.get(claim.person_id)
        views.append(
            ClaimView(
                id=claim.id,
                number=claim.number,
                state=claim.state,
                kind=claim.kind,
                batch_id=claim.batch_id,
                region_code=claim.region_code,
                masked_name=mask_name(person.name) if person else "",
                masked_number=mask_identity(person.number) if person and person.number else "",
                trade_code=claim.trade_code,
                trade_name=trades.get(claim.trade_code, claim.trade_code),
                level=claim.level,
                institution_code=code,
                institution_name=institution_name,
                amount_fen=claim.amount_fen,
                explanation=claim.explanation,
                revision=claim.revision,
                filed_on=claim.filed_on,
            )
        )
    return views
