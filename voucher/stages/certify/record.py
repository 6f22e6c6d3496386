"""Certificates one by one, as an evaluator's own system sends them; the checks are those of the upload."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from voucher.ledger.vouchers import Voucher, lock_vouchers
from voucher.plumbing.bulk import among
from voucher.plumbing.spreadsheets import Cell, Row
from voucher.plumbing.unit_of_work import Work
from voucher.registry.card_numbers import look_up_as
from voucher.registry.importing.frame import OFFICE, Report, take_rows
from voucher.registry.institutions import EvaluatorFiling
from voucher.rules.actor import Role, check_role
from voucher.rules.assessment import format_score
from voucher.rules.levels import Level, name_level
from voucher.rules.money import format_yuan
from voucher.rules.vocabulary import CERTIFICATE_KIND_NAMES, METHOD_NAMES, CertificateKind, Method
from voucher.stages.certify import upload
from voucher.stages.certify.attach import attach_proofs
from voucher.stages.certify.models import Certificate
from voucher.stages.certify.queries.register import CERTIFICATE_NUMBER_UNKNOWN, LOOKUP_CHUNK
from voucher.stages.certify.queries.unverified import list_waiting
from voucher.stages.certify.upload import CertificatesImporter
from voucher.stages.certify.verify import verify


@dataclass(frozen=True, slots=True)
class NewCertificate:
    """A certificate as it is sent; scores in hundredths, the fee in fen, empty where not recorded."""

    name: str
    identity_number: str
    kind: CertificateKind
    trade_code: str
    level: Level | None
    number: str
    issued_on: date
    evaluator_code: str
    method: Method
    theory_hundredths: int | None = None
    skill_hundredths: int | None = None
    fee_fen: int | None = None
    evaluation_batch: str | None = None
    comprehensive_hundredths: int | None = None


@dataclass(frozen=True, slots=True)
class Recorded:
    """What became of the rows, and how many vouchers were certified by them at once."""

    report: Report
    certified: int


def record_certificates(work: Work, rows: Sequence[NewCertificate]) -> Recorded:
    """Record certificates, all of them or none, and certify the vouchers that waited for them.

    Raises Refused role_missing, and ImportRefused (import_refused) with a line per problem; lines count
    from one in the order given.
    """
    check_role(work.actor, Role.OPERATOR, Role.EVALUATOR_ADMIN)
    told = [Row(line, _as_cells(each)) for line, each in enumerate(rows, 1)]
    report = take_rows(work, CertificatesImporter, told)
    numbers = [look_up_as(work.keyring, each.number) for each in rows]
    return Recorded(report, attach_proofs(work, _list_waiting(work, numbers)))


def _as_cells(new: NewCertificate) -> dict[str, Cell]:
    """Return a certificate in the words of the upload, so that both go through the same checks."""
    scores = {
        upload.THEORY: new.theory_hundredths,
        upload.SKILL: new.skill_hundredths,
        upload.COMPREHENSIVE: new.comprehensive_hundredths,
    }
    return {
        upload.NAME: new.name,
        upload.IDENTITY: new.identity_number,
        upload.KIND: CERTIFICATE_KIND_NAMES[new.kind],
        upload.TRADE: new.trade_code,
        upload.LEVEL: name_level(new.level) if new.level is not None else "",
        upload.NUMBER: new.number,
        upload.ISSUED: new.issued_on,
        upload.EVALUATOR: new.evaluator_code,
        upload.METHOD: METHOD_NAMES[new.method],
        upload.FEE: format_yuan(new.fee_fen) if new.fee_fen is not None else "",
        upload.BATCH: new.evaluation_batch or "",
        **{column: format_score(score) if score is not None else "" for column, score in scores.items()},
    }


def verify_certificates(work: Work, numbers: Sequence[str]) -> int:
    """Ask the register again, certify what waited for the answers, and return how many changed.

    Raises Refused role_missing, certificate_number_unknown (also for a foreign one).
    """
    check_role(work.actor, *OFFICE, Role.EVALUATOR_ADMIN)
    wanted = {look_up_as(work.keyring, each) for each in numbers}
    ids, known = _list_own(work, sorted(wanted))
    if len(known) < len(wanted):
        raise CERTIFICATE_NUMBER_UNKNOWN.refused()
    # vouchers before certificates, in the order in which whoever certifies them locks both
    waiting = _list_waiting(work, sorted(wanted))
    lock_vouchers(work, among(work.session, Voucher.id, waiting))
    changed = verify(work, ids)
    attach_proofs(work, waiting)
    return changed


def _list_own(work: Work, numbers: Sequence[str]) -> tuple[list[int], set[str]]:
    """Return the certificates among these numbers that the actor issued, or whose filing it reaches.

    Beside them are their numbers: of a renewed card there are several certificates of one.
    """
    actor = work.actor
    reached = frozenset().union(*(actor.reach.get(role, frozenset()) for role in OFFICE))
    own: list[int] = []
    known: set[str] = set()
    for start in range(0, len(numbers), LOOKUP_CHUNK):
        rows = work.session.execute(
            select(
                Certificate.id, Certificate.number, Certificate.institution_id, EvaluatorFiling.region_code
            )
            .join(EvaluatorFiling, EvaluatorFiling.id == Certificate.filing_id)
            .where(Certificate.number.in_(numbers[start : start + LOOKUP_CHUNK]))
        )
        for certificate_id, number, institution_id, region_code in rows:
            if region_code in reached or actor.serves(institution_id, Role.EVALUATOR_ADMIN):
                own.append(certificate_id)
                known.add(number)
    return own, known


def _list_waiting(work: Work, numbers: Sequence[str]) -> list[int]:
    return list_waiting(work.session, among(work.session, Certificate.number, numbers))
