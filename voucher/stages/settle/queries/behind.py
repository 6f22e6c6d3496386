"""What stands behind a line: its certificate, or the basis of a bonus, told in the same words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from voucher.rules.bonuses import name_claim_kind
from voucher.rules.vocabulary import METHOD_NAMES, Method
from voucher.stages.certify import queries as certificates
from voucher.stages.settle.models.bonuses import BonusBasis
from voucher.stages.settle.models.claims import SettlementLine

LOOKUP_CHUNK = 500


@dataclass(frozen=True, slots=True)
class Behind:
    """A certificate (trade, level, way, issuer) or a basis (item, kind, document, payee) of a line."""

    trade_code: str
    level: int
    method: str
    number: str
    institution_id: int
    issued_on: date


def read_behind(session: Session, lines: Sequence[SettlementLine]) -> dict[int, Behind]:
    """Return what stands behind each line, by line."""
    held = certificates.find_certificates(
        session, [each.certificate_id for each in lines if each.certificate_id is not None]
    )
    bases = _read_bases(session, [each.basis_id for each in lines if each.basis_id is not None])
    found: dict[int, Behind] = {}
    for line in lines:
        if line.basis_id is not None:
            found[line.id] = bases[line.basis_id]
        elif line.certificate_id is not None:
            certificate = held[line.certificate_id]
            found[line.id] = Behind(
                certificate.trade_code,
                certificate.level,
                METHOD_NAMES[Method(certificate.method)],
                certificate.number,
                certificate.institution_id,
                certificate.issued_on,
            )
    return found


def _read_bases(session: Session, basis_ids: Sequence[int]) -> dict[int, Behind]:
    found: dict[int, Behind] = {}
    ordered = sorted(set(basis_ids))
    for start in range(0, len(ordered), LOOKUP_CHUNK):
        for each in session.scalars(
            select(BonusBasis).where(BonusBasis.id.in_(ordered[start : start + LOOKUP_CHUNK]))
        ):
            found[each.id] = Behind(
                each.item_code,
                each.level,
                name_claim_kind(each.kind),
                each.document,
                each.institution_id,
                each.happened_on,
            )
    return found
