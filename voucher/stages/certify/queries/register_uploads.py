"""Files for the national register as their evaluator reads them: when, of what, how many, by whom."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from voucher.stages.certify.models_uploads import RegisterUpload, RegisterUploadLine


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
