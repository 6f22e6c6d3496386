"""Stars as the public, the institution and the office read them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from voucher.registry.institutions import Institution
from voucher.stages.oversee.quality.models import StarRating, StarReply


@dataclass(frozen=True, slots=True)
class Given:
    """Stars as they stand: those given, or what was counted anew where an objection was right."""

    rating: StarRating
    reply: StarReply | None

    @property
    def is_corrected(self) -> bool:
        """Return whether an objection changed what was given."""
        return self.reply is not None and self.reply.is_upheld

    @property
    def stars(self) -> int | None:
        """Return the stars that count; None where too few people are left to be fair to."""
        return self.reply.stars if self.reply is not None and self.is_corrected else self.rating.stars

    @property
    def total_tenths(self) -> int | None:
        """Return the points that count, in tenths."""
        corrected = self.reply is not None and self.is_corrected
        return self.reply.total_tenths if self.reply is not None and corrected else self.rating.total_tenths


def find_newest(session: Session, institution_id: int) -> Given | None:
    """Return the stars of the last year an institution was judged for."""
    found = list_ratings(session, [institution_id], limit=1)
    return found[0] if found else None


def list_ratings(session: Session, houses: Collection[int], *, limit: int) -> list[Given]:
    """Return the stars of institutions, the newest year first."""
    rows = session.execute(
        select(StarRating, StarReply)
        .outerjoin(StarReply, StarReply.rating_id == StarRating.id)
        .where(StarRating.institution_id.in_(sorted(houses)))
        .order_by(StarRating.year.desc(), StarRating.id)
        .limit(limit)
    )
    return [Given(rating, reply) for rating, reply in rows]


def list_starred(
    session: Session, year: int, *, after_id: int = 0, limit: int
) -> list[tuple[Given, Institution]]:
    """Return who was given stars for a year, in the order they were given."""
    rows = session.execute(
        select(StarRating, StarReply, Institution)
        .join(Institution, Institution.id == StarRating.institution_id)
        .outerjoin(StarReply, StarReply.rating_id == StarRating.id)
        .where(StarRating.year == year, StarRating.id > after_id)
        .order_by(StarRating.id)
        .limit(limit)
    )
    return [(Given(rating, reply), institution) for rating, reply, institution in rows]
