"""Certificates as a settlement reads them: what was issued, by whom, what the register said of it last."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from sys import intern
from typing import Any

from sqlalchemy import Select, exists, func, select
from sqlalchemy.orm import Session

from voucher.plumbing.bulk import among
from voucher.registry.institutions import EvaluatorFiling, Institution
from voucher.stages.certify.models import Certificate, Verification

LOOKUP_CHUNK = 500


@dataclass(frozen=True, slots=True)
class Issued:
    """What a certificate says of itself, its name aside; scores in hundredths, the fee in fen."""

    id: int
    number: str
    person_id: int
    kind: str
    trade_code: str
    level: int
    issued_on: date
    institution_id: int
    filing_id: int | None
    method: str
    theory_hundredths: int | None
    skill_hundredths: int | None
    comprehensive_hundredths: int | None
    fee_fen: int | None


ISSUED = tuple(getattr(Certificate, each) for each in Issued.__slots__)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A certificate with who issued it under which filing, and its newest look-up in the register."""

    certificate: Issued
    evaluator_code: str
    evaluator_name: str
    filing_number: str
    verification_id: int | None
    verified: bool
    canonical_trade_code: str | None
    codes: tuple[dict[str, object], ...]


def list_candidates(
    session: Session,
    region_codes: Sequence[str],
    from_on: date,
    until_on: date,
    certificate_ids: Sequence[int] | None = None,
) -> list[Candidate]:
    """Return the certificates issued in a period by evaluators filed in these regions, in order of issue.

    With `certificate_ids` those of them, as `list_candidate_ids` has found them, and they are asked for by
    nothing else: of a table nobody has looked through yet PostgreSQL takes a period for the better condition,
    and reads all of it for each piece.
    """
    if certificate_ids is not None:
        query = _candidates().where(among(session, Certificate.id, certificate_ids))
    else:
        query = _candidates().where(
            EvaluatorFiling.region_code.in_(region_codes),
            Certificate.issued_on >= from_on,
            Certificate.issued_on <= until_on,
        )
    return [_candidate(row) for row in session.execute(query)]


def list_candidate_ids(
    session: Session,
    region_codes: Sequence[str],
    from_on: date,
    until_on: date,
    of: Sequence[int] | None = None,
) -> list[int]:
    """Return the ids of the certificates issued in a period by evaluators filed in these regions."""
    asked = (
        select(Certificate.id)
        .join(EvaluatorFiling, EvaluatorFiling.id == Certificate.filing_id)
        .where(
            EvaluatorFiling.region_code.in_(region_codes),
            Certificate.issued_on.between(from_on, until_on),
        )
        .order_by(Certificate.id)
    )
    if of is not None:
        asked = asked.where(among(session, Certificate.id, of))
    return list(session.scalars(asked))


def list_verified_before(session: Session, numbers: Sequence[str]) -> list[int]:
    """Return the certificates among these numbers that have been held against the register already."""
    asked = exists().where(Verification.certificate_id == Certificate.id)
    return list(
        session.scalars(
            select(Certificate.id)
            .where(among(session, Certificate.number, numbers), Certificate.filing_id.is_not(None), asked)
            .order_by(Certificate.id)
        )
    )


def find_candidates(session: Session, certificate_ids: Sequence[int]) -> dict[int, Candidate]:
    """Return certificates by id, wherever and whenever issued; a 培训合格证书 stands under no filing."""
    found: dict[int, Candidate] = {}
    ordered = sorted(set(certificate_ids))
    for start in range(0, len(ordered), LOOKUP_CHUNK):
        query = _candidates(unfiled=True).where(Certificate.id.in_(ordered[start : start + LOOKUP_CHUNK]))
        found.update({row[0]: _candidate(row) for row in session.execute(query)})
    return found


def _candidates(*, unfiled: bool = False) -> Select[Any]:
    # of each certificate by itself: over all of them it would be read through for every piece anew
    newest = (
        select(func.max(Verification.id))
        .where(Verification.certificate_id == Certificate.id)
        .correlate(Certificate)
        .scalar_subquery()
    )
    return (
        select(
            *ISSUED, Institution.code, Institution.name, EvaluatorFiling.filing_number,
            Verification.id, Verification.verified, Verification.trade_code, Verification.codes,
        )
        .join(EvaluatorFiling, EvaluatorFiling.id == Certificate.filing_id, isouter=unfiled)
        .join(Institution, Institution.id == Certificate.institution_id)
        .outerjoin(Verification, Verification.id == newest)
        .order_by(Certificate.issued_on, Certificate.number)
    )  # fmt: skip


def _candidate(row: Any) -> Candidate:
    # words the same in most rows, and days, are one object for all of them: a batch may be long
    number, person_id, kind, trade_code, level, issued_on, institution_id, filing_id, method = row[1:10]
    code, name, filing_number, verification_id, verified, canonical, codes = row[len(ISSUED) :]
    return Candidate(
        Issued(
            row[0], number, person_id, intern(kind), intern(trade_code), level, _one_day(issued_on),
            institution_id, filing_id, intern(method), *row[10 : len(ISSUED)],
        ),
        evaluator_code=intern(code),
        evaluator_name=intern(name),
        filing_number=intern(filing_number or ""),
        verification_id=verification_id,
        verified=bool(verified),
        canonical_trade_code=None if canonical is None else intern(canonical),
        codes=tuple(codes or ()),
    )  # fmt: skip


@lru_cache(maxsize=4096)
def _one_day(day: date) -> date:
    return day
