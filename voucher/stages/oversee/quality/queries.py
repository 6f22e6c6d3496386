"""Stars as the public, the institution and the office read them."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from voucher.registry.institutions import Institution
from voucher.stages.oversee.quality.models import StarRating


def find_newest(session: Session, institution_id: int) -> StarRating | None:
    """Return the stars of the last year an institution was judged for."""
    return session.scalars(
        select(StarRating)
        .where(StarRating.institution_id == institution_id)
        .order_by(StarRating.year.desc())
        .limit(1)
    ).first()


def list_ratings(session: Session, houses: Collection[int], *, limit: int) -> list[StarRating]:
    """Return the stars of institutions, the newest year first."""
    rows = select(StarRating).where(StarRating.institution_id.in_(sorted(houses)))
    return list(session.scalars(rows.order_by(StarRating.year.desc(), StarRating.id).limit(limit)))


def list_starred(
    session: Session, year: int, *, after_id: int = 0, limit: int
) -> list[tuple[StarRating, Institution]]:
    """Return who was given stars for a year, in the order they were given."""
    rows = session.execute(
        select(StarRating, Institution)
        .join(Institution, Institution.id == StarRating.institution_id)
        .where(StarRating.year == year, StarRating.id > after_id)
        .order_by(StarRating.id)
        .limit(limit)
    )
    return [(rating, institution) for rating, institution in rows]
