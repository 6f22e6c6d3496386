"""Taking back signed records: by who had them made, or because a certificate in them was revoked since."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from voucher.ledger import audit
from voucher.ledger.credentials.status import Place, Status, set_status
from voucher.plumbing.unit_of_work import Work
from voucher.rules.actor import Role, check_role
from voucher.rules.archive import SHARING_SOURCE
from voucher.rules.errors import Family, reason
from voucher.stages.certify.queries.revoked import count_revocations
from voucher.stages.oversee.archive.models import ArchiveCredential

THING = "archive_credential"
AT_MOST = 500

CREDENTIAL_MISSING = reason(
    "archive_credential_missing",
    "没有找到这份签名的档案文件，或已经失效",
    "请从“电子档案”里重新选择",
    SHARING_SOURCE,
    Family.MISSING,
)


def recall(work: Work, credential_id: int) -> ArchiveCredential:
    """Take one's own signed record back; whoever asks the status list finds it revoked.

    Raises Refused role_missing, archive_credential_missing (also for somebody else's and one that is over).
    """
    check_role(work.actor, Role.WORKER)
    found = work.session.scalars(
        select(ArchiveCredential)
        .where(
            ArchiveCredential.id == credential_id,
            ArchiveCredential.person_id == work.actor.person_id,
            ArchiveCredential.ended_at.is_(None),
            ArchiveCredential.until_at > work.at,
        )
        .with_for_update()
        .execution_options(populate_existing=True)
    ).first()
    if found is None:
        raise CREDENTIAL_MISSING.refused()
    _end(work, [found], "recalled")
    return found


def end_due(work: Work) -> int:
    """End every signed record whose holder has had a certificate revoked since, and return how many.

    By number, not by the clock: a revocation may begin before a signing and be written after it.
    Raises Refused role_missing.
    """
    check_role(work.actor, Role.CLOCK)
    live = (ArchiveCredential.ended_at.is_(None), ArchiveCredential.until_at > work.at)
    stale = count_revocations(ArchiveCredential.person_id) > ArchiveCredential.revocations_told
    found = work.session.scalars(
        select(ArchiveCredential)
        .where(*live, stale)
        .order_by(ArchiveCredential.id)
        .limit(AT_MOST)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    _end(work, found, "certificate_revoked")
    return len(found)


def list_signed(
    session: Session, person_id: int, *, before_id: int | None = None, limit: int = 10
) -> list[ArchiveCredential]:
    """Return a person's signed records, the newest first."""
    query = select(ArchiveCredential).where(ArchiveCredential.person_id == person_id)
    if before_id is not None:
        query = query.where(ArchiveCredential.id < before_id)
    return list(session.scalars(query.order_by(ArchiveCredential.id.desc()).limit(limit)))


def _end(work: Work, found: Sequence[ArchiveCredential], why: str) -> None:
    for each in found:
        each.ended_at, each.why_ended = work.at, why
    work.session.flush()
    set_status(work, [Place(each.sl, each.si) for each in found], Status.ENDED)
    for each in found:
        audit.record_one(work, THING, each.id, "end", why=why)
