"""What later stages may ask about certificates: the candidates of a period and the proof they stand on."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from voucher.ledger.holds import select_held
from voucher.plumbing.bulk import among
from voucher.registry.institutions import EvaluatorScope
from voucher.rules.certificates import Scope
from voucher.rules.errors import Family, reason
from voucher.rules.levels import Level
from voucher.rules.lifecycle import Thing
from voucher.stages.certify.models import Certificate, RegisterEntry, Verification, VoucherProof

LOOKUP_CHUNK = 500

CERTIFICATE_NUMBER_UNKNOWN = reason(
    "certificate_number_unknown",
    "没有登记过这个证书编号",
    "请核对证书编号；确已发证的，请评价机构先上传证书",
    "豫办〔2021〕29号 第16项; S2-16e",
    Family.MISSING,
)


def level_of(ordinal: int) -> Level | None:
    """Return the level behind a stored ordinal; 0 stands for none."""
    return Level(ordinal) if ordinal else None


def read_scopes(session: Session, filing_ids: Sequence[int | None]) -> dict[int | None, list[Scope]]:
    """Return what each filing covers, and when; a 培训合格证书 stands under none."""
    scopes: dict[int | None, list[Scope]] = {filing_id: [] for filing_id in filing_ids}
    known = sorted({each for each in filing_ids if each is not None})
    rows = session.scalars(select(EvaluatorScope).where(EvaluatorScope.filing_id.in_(known)))
    for row in rows:
        scopes[row.filing_id].append(Scope(row.trade_code, level_of(row.level), row.since, row.until))
    return scopes


def find_newest_entries(session: Session, numbers: Sequence[str]) -> dict[str, RegisterEntry]:
    """Return the newest register row of each certificate number that has one."""
    rows = session.scalars(
        select(RegisterEntry)
        .where(among(session, RegisterEntry.number, numbers))
        .order_by(RegisterEntry.revision)
    )
    return {row.number: row for row in rows}


def find_certificates(session: Session, certificate_ids: Sequence[int]) -> dict[int, Certificate]:
    """Return certificates by id."""
    found: dict[int, Certificate] = {}
    ordered = sorted(set(certificate_ids))
    for start in range(0, len(ordered), LOOKUP_CHUNK):
        rows = session.scalars(
            select(Certificate).where(Certificate.id.in_(ordered[start : start + LOOKUP_CHUNK]))
        )
        found.update({row.id: row for row in rows})
    return found


def find_latest_verification(session: Session, certificate_id: int) -> Verification | None:
    """Return the newest look-up of a certificate."""
    return session.scalars(
        select(Verification)
        .where(Verification.certificate_id == certificate_id)
        .order_by(Verification.id.desc())
        .limit(1)
    ).first()


def list_verified_certificates(session: Session, certificate_ids: Sequence[int]) -> set[int]:
    """Return those certificates that are valid and whose newest look-up says that they match."""
    standing: set[int] = set()
    ordered = sorted(set(certificate_ids))
    for start in range(0, len(ordered), LOOKUP_CHUNK):
        newest = (
            select(func.max(Verification.id))
            .where(Verification.certificate_id.in_(ordered[start : start + LOOKUP_CHUNK]))
            .group_by(Verification.certificate_id)
        )
        standing.update(
            session.scalars(
                select(Verification.certificate_id)
                .join(Certificate, Certificate.id == Verification.certificate_id)
                .where(
                    Verification.id.in_(newest),
                    Verification.verified.in_((True,)),
                    Certificate.state == "valid",
                )
            )
        )
    return standing


def select_certificates_of(institution_ids: Collection[int]) -> Select[int]:
    """Return the query for the ids of the certificates these institutions issued."""
    return select(Certificate.id).where(Certificate.institution_id.in_(sorted(institution_ids)))


def select_certificates_for(voucher_ids: Select[int]) -> Select[int]:
    """Return the query for the ids of the certificates that vouchers of another query turned into."""
    return select(VoucherProof.certificate_id).where(VoucherProof.voucher_id.in_(voucher_ids))


def select_vouchers_for(certificate_ids: Select[int]) -> Select[int]:
    """Return the query for the ids of the vouchers that turned into certificates of another query."""
    return select(VoucherProof.voucher_id).where(VoucherProof.certificate_id.in_(certificate_ids))


def select_proven_vouchers() -> Select[int]:
    """Return the query for the ids of the vouchers whose certificate stands; a revoked one counts no more."""
    return (
        select(VoucherProof.voucher_id)
        .join(Certificate, Certificate.id == VoucherProof.certificate_id)
        .where(Certificate.state != "revoked")
    )


def list_revoked_certificates(session: Session) -> list[int]:
    """Return the certificates the register has revoked."""
    return list(session.scalars(select(Certificate.id).where(Certificate.state == "revoked")))


def find_proofs(session: Session, voucher_ids: Sequence[int]) -> dict[int, VoucherProof]:
    """Return, per voucher, the certificate it turned into and the look-up that counted."""
    found: dict[int, VoucherProof] = {}
    ordered = sorted(set(voucher_ids))
    for start in range(0, len(ordered), LOOKUP_CHUNK):
        rows = session.scalars(
            select(VoucherProof).where(VoucherProof.voucher_id.in_(ordered[start : start + LOOKUP_CHUNK]))
        )
        found.update({row.voucher_id: row for row in rows})
    return found


def find_proven(session: Session, certificate_ids: Sequence[int]) -> dict[int, int]:
    """Return, per certificate that a voucher turned into, that voucher."""
    found: dict[int, int] = {}
    ordered = sorted(set(certificate_ids))
    for start in range(0, len(ordered), LOOKUP_CHUNK):
        rows = session.execute(
            select(VoucherProof.certificate_id, VoucherProof.voucher_id).where(
                VoucherProof.certificate_id.in_(ordered[start : start + LOOKUP_CHUNK])
            )
        )
        found.update(rows.all())
    return found


def find_held(session: Session, certificate_ids: Collection[int]) -> set[int]:
    """Return those of some certificates that an open hold stops."""
    held = select_held(Thing.CERTIFICATE).subquery().c[0]
    return set(session.scalars(select(held).where(among(session, held, certificate_ids))))


def list_decertified_vouchers(session: Session) -> list[int]:
    """Return the vouchers whose certificate has been revoked since, whatever became of them."""
    return list(
        session.scalars(
            select(VoucherProof.voucher_id)
            .join(Certificate, Certificate.id == VoucherProof.certificate_id)
            .where(Certificate.state == "revoked")
            .order_by(VoucherProof.voucher_id)
        )
    )
