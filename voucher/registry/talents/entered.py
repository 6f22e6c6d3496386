"""Places and honours as they were entered, for whoever works in the region that entered them."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from voucher.plumbing.bulk import among
from voucher.registry.talents.awarding import SHAPES, Row
from voucher.registry.talents.awards import AwardFile, AwardKind


def list_entered(
    session: Session,
    kind: AwardKind,
    regions: Collection[str],
    own_person_id: int | None,
    before_id: int | None,
    limit: int,
    persons: ColumnElement[bool] | None = None,
) -> list[Row]:
    """Return the rows entered from these regions, the newest first, from one downwards.

    Of those one person entered alone, before two were needed, only this person's, or with None all.
    `persons` narrows them by whose they are.
    """
    model = SHAPES[kind].model
    sent_in = select(AwardFile.id).where(among(session, AwardFile.region_code, regions))
    alone: ColumnElement[bool] = model.award_file_id.is_(None)
    if own_person_id is not None:
        alone &= model.recorded_by_person_id == own_person_id
    query = select(model).order_by(model.id.desc()).limit(limit)
    query = query.where(model.award_file_id.in_(sent_in) | alone)
    if persons is not None:
        query = query.where(persons)
    if before_id is not None:
        query = query.where(model.id < before_id)
    return list(session.scalars(query))
