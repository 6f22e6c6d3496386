"""What was proposed and decided of certificates above the level of a voucher."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from voucher.ledger.vouchers import Voucher
from voucher.registry import catalogue
from voucher.rules.errors import Refused
from voucher.rules.proofs import check_higher
from voucher.stages.certify.models import Certificate
from voucher.stages.certify.models_higher import HigherCertificate
from voucher.stages.certify.queries.proofs import list_offered, offer_of, read_wanted
from voucher.stages.certify.queries.register import LOOKUP_CHUNK, find_proven

# the column that names the hand, and the one that says when
HIGHER_HANDS = (
    (HigherCertificate.proposed_by_person_id, HigherCertificate.proposed_at),
    (HigherCertificate.decided_by_person_id, HigherCertificate.decided_at),
)


@dataclass(frozen=True, slots=True)
class HigherView:
    """One proposal for one voucher, with the certificate's number and level, and what became of it."""

    voucher_id: int
    number: str
    level: int
    why: str
    evidence: str
    proposed_by_person_id: int
    proposed_at: datetime
    decided_by_person_id: int | None
    decided_at: datetime | None
    declined_why: str | None


def list_higher(session: Session, voucher_id: int) -> list[HigherView]:
    """Return what was proposed for a voucher, the newest first."""
    rows = session.execute(
        select(HigherCertificate, Certificate)
        .join(Certificate, Certificate.id == HigherCertificate.certificate_id)
        .where(HigherCertificate.voucher_id == voucher_id)
        .order_by(HigherCertificate.id.desc())
    )
    return [
        HigherView(
            each.voucher_id, certificate.number, certificate.level, each.why, each.evidence,
            each.proposed_by_person_id, each.proposed_at, each.decided_by_person_id, each.decided_at,
            each.declined_why,
        )
        for each, certificate in rows
    ]  # fmt: skip


def list_higher_offered(session: Session, voucher: Voucher) -> list[Certificate]:
    """Return the holder's certificates that two people may take for a voucher; the act checks again."""
    wanted = read_wanted(session, [voucher.id]).get(voucher.id)
    if wanted is None or voucher.state != "assessed":
        return []
    offered = list_offered(session, [voucher.holder_person_id]).get(voucher.holder_person_id, [])
    proven = find_proven(session, [each.id for each in offered])
    aliases = catalogue.read_aliases(session)
    fitting = []
    for each in offered:
        try:
            check_higher(wanted, offer_of(each), aliases)
        except Refused:
            continue
        if each.id not in proven and each.state != "revoked":
            fitting.append(each)
    return fitting


def list_open_higher(session: Session, regions: Collection[str]) -> Sequence[HigherCertificate]:
    """Return what waits for another person in these regions, the oldest first."""
    here = select(Voucher.id).where(Voucher.region_code.in_(sorted(regions)))
    return session.scalars(
        select(HigherCertificate)
        .where(HigherCertificate.decided_at.is_(None), HigherCertificate.voucher_id.in_(here))
        .order_by(HigherCertificate.id)
    ).all()


def count_open_higher(
    session: Session, regions: Collection[str], *, person_id: int
) -> tuple[int, datetime | None]:
    """Return how many of them wait for this person, who did not propose, and since when the oldest does."""
    waiting = [each for each in list_open_higher(session, regions) if each.proposed_by_person_id != person_id]
    return len(waiting), waiting[0].proposed_at if waiting else None


def find_accepted_higher(session: Session, voucher_ids: Sequence[int]) -> dict[int, HigherCertificate]:
    """Return, per voucher, what two people took for it though its level is higher."""
    found: dict[int, HigherCertificate] = {}
    for start in range(0, len(voucher_ids), LOOKUP_CHUNK):
        rows = session.scalars(
            select(HigherCertificate)
            .where(
                HigherCertificate.voucher_id.in_(voucher_ids[start : start + LOOKUP_CHUNK]),
                HigherCertificate.decided_at.is_not(None),
                HigherCertificate.declined_why.is_(None),
            )
            .order_by(HigherCertificate.id)
        )
        found.update({each.voucher_id: each for each in rows})
    return found


def list_higher_deciders(session: Session, voucher_ids: Select[int | None]) -> set[int]:
    """Return everybody who proposed, or agreed to, a certificate above the level of any of these vouchers."""
    rows = session.execute(
        select(HigherCertificate.proposed_by_person_id, HigherCertificate.decided_by_person_id).where(
            HigherCertificate.voucher_id.in_(voucher_ids), HigherCertificate.declined_why.is_(None)
        )
    )
    return {person_id for row in rows for person_id in row if person_id is not None}


def select_higher_decided(person_id: int) -> Select[int]:
    """Return the query for the vouchers whose higher certificate a person proposed or agreed to."""
    return select(HigherCertificate.voucher_id).where(
        HigherCertificate.declined_why.is_(None),
        or_(
            HigherCertificate.proposed_by_person_id == person_id,
            HigherCertificate.decided_by_person_id == person_id,
        ),
    )
