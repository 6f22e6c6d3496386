"""Files for the national register as their evaluator reads them: when, of what, how many, by whom."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, exists, func, select
from sqlalchemy.orm import Session, aliased

from voucher.plumbing.secrets import Keyring
from voucher.registry.card_numbers import open_numbers
from voucher.registry.people import read_people
from voucher.rules.card_numbers import find_digest
from voucher.rules.register_files import UploadAct
from voucher.rules.vocabulary import CertificateKind
from voucher.stages.certify.models import Certificate
from voucher.stages.certify.models_uploads import RegisterUpload, RegisterUploadLine

CHUNK = 500


@dataclass(frozen=True, slots=True)
class UploadView:
    """A file with how many of its lines are new, corrected and revoked."""

    upload: RegisterUpload
    new: int
    corrected: int
    revoked: int


def list_uploads(
    session: Session, institution_ids: Collection[int], *, before_id: int | None = None, limit: int = 20
) -> list[UploadView]:
    """Return the files of these evaluators, the newest first."""
    query = select(RegisterUpload).where(RegisterUpload.institution_id.in_(sorted(institution_ids)))
    if before_id is not None:
        query = query.where(RegisterUpload.id < before_id)
    found = session.scalars(query.order_by(RegisterUpload.id.desc()).limit(limit)).all()
    counted: dict[tuple[int, str], int] = {
        (upload_id, act): int(count)
        for upload_id, act, count in session.execute(
            select(RegisterUploadLine.upload_id, RegisterUploadLine.act, func.count())
            .where(RegisterUploadLine.upload_id.in_([each.id for each in found]))
            .group_by(RegisterUploadLine.upload_id, RegisterUploadLine.act)
        )
    }
    return [
        UploadView(each, *(counted.get((each.id, act), 0) for act in ("new", "correct", "revoke")))
        for each in found
    ]


@dataclass(frozen=True, slots=True)
class Unsent:
    """What an evaluator has not sent, told without reading anybody's name or number.

    `batches` are the exams with certificates never sent, the newest first, with how many.
    """

    new: int
    revoked: int
    batches: list[tuple[str, int]]


def count_unsent(session: Session, institution_id: int, *, batches_most: int = 100) -> Unsent:
    """Return how many certificates were never sent, and how many were revoked since they were.

    What was corrected since is known only once the lines are written again, when a file is made.
    """
    new, revoked = _select_new(institution_id), _select_revoked(institution_id)
    listed = session.execute(
        select(Certificate.evaluation_batch, func.count())
        .where(new, Certificate.evaluation_batch.is_not(None))
        .group_by(Certificate.evaluation_batch)
        .order_by(func.max(Certificate.id).desc())
        .limit(batches_most)
    )
    return Unsent(
        session.scalar(select(func.count()).select_from(Certificate).where(new)) or 0,
        session.scalar(select(func.count()).select_from(Certificate).where(revoked)) or 0,
        [(str(batch), int(count)) for batch, count in listed],
    )


def _select_new(institution_id: int) -> ColumnElement[bool]:
    return and_(
        Certificate.institution_id == institution_id,
        Certificate.kind != CertificateKind.TRAINING_COMPLETION,
        Certificate.state != "revoked",
        ~exists().where(RegisterUploadLine.certificate_id == Certificate.id),
    )


def _select_revoked(institution_id: int) -> ColumnElement[bool]:
    later = aliased(RegisterUploadLine)
    newest = ~exists().where(
        later.certificate_id == RegisterUploadLine.certificate_id,
        later.revision > RegisterUploadLine.revision,
    )
    return and_(
        Certificate.institution_id == institution_id,
        Certificate.state == "revoked",
        exists().where(
            RegisterUploadLine.certificate_id == Certificate.id,
            RegisterUploadLine.act != UploadAct.REVOKE,
            newest,
        ),
    )


def list_closed(session: Session, keyring: Keyring, institution_id: int) -> list[Certificate]:
    """Return an evaluator's certificates that stand in no file, as `find_closed` does."""
    kept = select(Certificate).where(
        Certificate.institution_id == institution_id, Certificate.number.contains("~")
    )
    return find_closed(session, keyring, session.scalars(kept.order_by(Certificate.id)).all())


def find_closed(session: Session, keyring: Keyring, certificates: Sequence[Certificate]) -> list[Certificate]:
    """Return those not revoked whose number carries one that is not, and was not, their holder's.

    Of erased people nothing is told, and they are not among them.
    """
    standing = [each for each in certificates if each.state != "revoked" and find_digest(each.number)]
    named = read_people(session, keyring, [each.person_id for each in standing])
    whole = open_numbers(session, keyring, [(each.person_id, each.number) for each in standing])
    return [
        each
        for each in standing
        if each.person_id in named
        and named[each.person_id].number is not None
        and find_digest(whole[each.person_id, each.number]) is not None
    ]


def find_newest_lines(session: Session, certificate_ids: Sequence[int]) -> dict[int, tuple[int, str]]:
    """Return the newest revision and digest of each certificate that was sent before."""
    found: dict[int, tuple[int, str]] = {}
    for start in range(0, len(certificate_ids), CHUNK):
        wanted = certificate_ids[start : start + CHUNK]
        last = (
            select(RegisterUploadLine.certificate_id, func.max(RegisterUploadLine.revision).label("revision"))
            .where(RegisterUploadLine.certificate_id.in_(wanted))
            .group_by(RegisterUploadLine.certificate_id)
            .subquery()
        )
        rows = session.execute(
            select(
                RegisterUploadLine.certificate_id, RegisterUploadLine.revision, RegisterUploadLine.digest
            ).join(
                last,
                (last.c.certificate_id == RegisterUploadLine.certificate_id)
                & (last.c.revision == RegisterUploadLine.revision),
            )
        )
        found.update({certificate_id: (revision, digest) for certificate_id, revision, digest in rows})
    return found
