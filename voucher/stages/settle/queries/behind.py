"""What stands behind a line: its certificate, or the basis of a bonus, told in the same words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from voucher.rules.bonus_kinds import KINDS
from voucher.rules.bonuses import FIRM_SIZE_NAMES, FirmSize, name_claim_kind
from voucher.rules.money import format_yuan
from voucher.rules.vocabulary import METHOD_NAMES, Method
from voucher.stages.certify import queries as certificates
from voucher.stages.settle.models.bonuses import BonusBasis
from voucher.stages.settle.models.claims import SettlementLine

LOOKUP_CHUNK = 500


@dataclass(frozen=True, slots=True)
class Behind:
    """A certificate (trade, level, way, issuer) or a basis (item, kind, document, payee) of a line.

    `typed` is what the applicant of a bonus typed and its money depends on, each with its label.
    """

    trade_code: str
    level: int
    method: str
    number: str
    institution_id: int
    issued_on: date
    typed: tuple[tuple[str, str], ...] = ()


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
                _name_typed(each),
            )
    return found


def _name_typed(basis: BonusBasis) -> tuple[tuple[str, str], ...]:
    told = {
        KINDS[basis.kind].occasion_label: basis.occasion or None,
        "企业规模": FIRM_SIZE_NAMES[FirmSize(basis.firm_size)] if basis.firm_size else None,
        "备案人数": f"{basis.heads:,} 人" if basis.heads is not None else None,
        "完成人数": f"{basis.completed:,} 人" if basis.completed is not None else None,
        "填写金额": f"{format_yuan(basis.asked_fen)} 元" if basis.asked_fen is not None else None,
    }
    return tuple((label, words) for label, words in told.items() if words is not None)
