"""Certificates earned in competitions (以赛代评): trades, batches and people of a period."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from voucher.rules.vocabulary import Method
from voucher.stages.certify.models import Certificate
from voucher.stages.certify.queries.archive import select_narrowed, select_within


@dataclass(frozen=True, slots=True)
class CompetitionFigures:
    """How many trades, evaluation batches and people."""

    trades: int
    events: int
    people: int


def read_competitions(
    session: Session,
    regions: Collection[str],
    from_on: date,
    until_on: date,
    *,
    trade_code: str | None = None,
    level: int | None = None,
) -> CompetitionFigures:
    """Return what competitions came to in these regions, by the day of issue, revoked ones left out.

    Where an occupation or a level is named, certificates of it only.
    """
    row = session.execute(
        select(
            func.count(Certificate.trade_code.distinct()),
            func.count(Certificate.evaluation_batch.distinct()),
            func.count(Certificate.person_id.distinct()),
        ).where(
            Certificate.method == str(Method.COMPETITION),
            Certificate.state != "revoked",
            Certificate.issued_on >= from_on,
            Certificate.issued_on <= until_on,
            Certificate.id.in_(select_within(regions)),
            *select_narrowed(trade_code, level),
        )
    ).one()
    return CompetitionFigures(int(row[0]), int(row[1]), int(row[2]))
