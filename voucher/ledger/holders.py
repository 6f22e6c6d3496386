"""Who holds a key, and what a person has had before: the numbers of vouchers and claims a person is told."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from voucher.ledger.budget import Budget
from voucher.ledger.commitments import Commitment
from voucher.ledger.entitlements import CONSUMED, FREED, LOOKUP_CHUNK, TAKEN, Entitlement
from voucher.ledger.vouchers import Voucher
from voucher.plumbing.bulk import among
from voucher.plumbing.clock import day_of
from voucher.plumbing.db import Model
from voucher.rules.duplicates import HELD_BY_VOUCHER, EarlierClaim
from voucher.rules.levels import Level
from voucher.rules.vocabulary import SubsidyKind

# what has been paid out stays a benefit had, also while it is asked back
PAID = ("paid", "recovering", "recovered")


@dataclass(frozen=True, slots=True)
class Holder:
    """What a person is told of a key that is not free: the number, and the voucher where it is one."""

    number: str
    voucher_id: int | None = None


def claim_number(region_code: str, year: int, claim_id: int) -> str:
    """Return the number of a claim, e.g. SL-419001-2024-00000123."""
    return f"SL-{region_code}-{year}-{claim_id:08d}"


def find_holders(session: Session, keys: Sequence[str]) -> dict[str, Holder]:
    """Return who holds each key that is taken or consumed: a claim (首次申领编号), or else a voucher."""
    found: dict[str, Holder] = {}
    ordered = sorted(set(keys))
    # the ledger's rows refer to claims by their table; the room above is nothing it could import
    claim = Model.metadata.tables["claim"].c
    for start in range(0, len(ordered), LOOKUP_CHUNK):
        live = [
            Entitlement.key.in_(ordered[start : start + LOOKUP_CHUNK]),
            Entitlement.state.in_((TAKEN, CONSUMED)),
        ]
        vouchers = (
            select(Entitlement.key, Voucher)
            .join(Commitment, Commitment.entitlement_id == Entitlement.id)
            .join(Voucher, Voucher.id == Commitment.voucher_id)
            .where(*live)
        )
        for key, voucher in session.execute(vouchers):
            found[key] = Holder(voucher.number, voucher.id)
        claims = (
            select(Entitlement.key, claim.region_code, claim.filed_on, claim.id)
            .join(claim.id.table, claim.entitlement_id == Entitlement.id)
            .where(*live)
        )
        for key, region_code, filed_on, claim_id in session.execute(claims):
            held = found.get(key)
            number = claim_number(region_code, filed_on.year, claim_id)
            found[key] = Holder(number, held.voucher_id if held is not None else None)
    return found


def find_earned_days(session: Session, keys: Sequence[str]) -> dict[str, date]:
    """Return, for keys that stand, the day of the card behind, else the last day of the class.

    The card is the one claimed for or, before there is a claim, the one the voucher turned into. A key whose
    voucher is in no class yet has no such day.
    """
    claim, card = Model.metadata.tables["claim"].c, Model.metadata.tables["certificate"].c
    seat, offered = Model.metadata.tables["enrolment"].c, Model.metadata.tables["training_class"].c
    proof, proven = Model.metadata.tables["voucher_proof"].c, Model.metadata.tables["certificate"].alias()
    taught = (
        select(Entitlement.key, func.coalesce(proven.c.issued_on, offered.ends_on))
        .join(Commitment, Commitment.entitlement_id == Entitlement.id)
        .join(seat.id.table, seat.voucher_id == Commitment.voucher_id)
        .join(offered.id.table, offered.id == seat.class_id)
        .outerjoin(proof.voucher_id.table, proof.voucher_id == Commitment.voucher_id)
        .outerjoin(proven, proven.c.id == proof.certificate_id)
        .where(among(session, Entitlement.key, keys), Commitment.ended_at.is_(None), seat.ended_at.is_(None))
    )
    carded = (
        select(Entitlement.key, card.issued_on)
        .join(claim.id.table, claim.entitlement_id == Entitlement.id)
        .join(card.id.table, card.id == claim.certificate_id)
        .where(among(session, Entitlement.key, keys))
        .order_by(claim.id)
    )
    return dict(session.execute(taught).all()) | dict(session.execute(carded).all())


@dataclass(frozen=True, slots=True)
class Earlier:
    """Something a person has had, has filed or has been promised: as the rules judge it, and whose money.

    `institution_id` is None and `amount_fen` what is kept where it is still a voucher that holds the key.
    """

    claim: EarlierClaim
    trade_code: str
    fund: str
    region_code: str
    amount_fen: int
    institution_id: int | None = None


def list_earlier(session: Session, person_ids: Sequence[int]) -> dict[int, list[Earlier]]:
    """Return what people have claimed or been promised, province-wide, of every fund and whatever year.

    Claims that ended without payment stay in the list as history; the rules know what they count for.
    """
    found: dict[int, list[Earlier]] = {}
    for person_id, earlier in (*_claimed(session, person_ids), *_promised(session, person_ids)):
        found.setdefault(person_id, []).append(earlier)
    return found


def _claimed(session: Session, person_ids: Sequence[int]) -> Iterator[tuple[int, Earlier]]:
    claim = Model.metadata.tables["claim"].c
    rows = session.execute(
        select(claim.id.table, Budget.source, Entitlement.state.label("key_state"))
        .join(Budget, Budget.id == claim.budget_id)
        .join(Entitlement, Entitlement.id == claim.entitlement_id)
        .where(among(session, claim.person_id, person_ids), claim.basis_id.is_(None))
        .order_by(claim.id)
    )
    for row in rows:
        yield (
            row.person_id,
            Earlier(
                EarlierClaim(
                    number=claim_number(row.region_code, row.filed_on.year, row.id),
                    kind=SubsidyKind(row.kind),
                    key=row.entitlement_key,
                    occupation_code=row.trade_code if row.level else None,
                    level=Level(row.level) if row.level else None,
                    state=row.state,
                    filed_on=row.filed_on,
                    paid=row.state in PAID,
                    released=row.state in PAID and row.key_state == FREED,
                ),
                row.trade_code,
                row.source,
                row.region_code,
                row.amount_fen,
                row.institution_id,
            ),
        )


def _promised(session: Session, person_ids: Sequence[int]) -> Iterator[tuple[int, Earlier]]:
    claim = Model.metadata.tables["claim"].c
    filed = select(claim.id).where(claim.entitlement_id == Entitlement.id).exists()
    rows = session.execute(
        select(Entitlement, Voucher, Commitment, Budget.source)
        .join(Commitment, Commitment.entitlement_id == Entitlement.id)
        .join(Voucher, Voucher.id == Commitment.voucher_id)
        .join(Budget, Budget.id == Voucher.budget_id)
        .where(among(session, Entitlement.person_id, person_ids), Commitment.ended_at.is_(None), ~filed)
        .order_by(Entitlement.id)
    )
    for entitlement, voucher, commitment, fund in rows:
        yield (
            entitlement.person_id,
            Earlier(
                EarlierClaim(
                    number=voucher.number,
                    kind=SubsidyKind(entitlement.kind),
                    key=entitlement.key,
                    occupation_code=entitlement.trade_code if entitlement.level else None,
                    level=Level(entitlement.level) if entitlement.level else None,
                    state=HELD_BY_VOUCHER,
                    filed_on=day_of(commitment.made_at),
                    paid=False,
                ),
                entitlement.trade_code,
                fund,
                voucher.region_code,
                commitment.amount_fen,
            ),
        )
