"""What carrying a budget into its next year would move, before anybody does it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session, aliased

from voucher.ledger.budget import Budget, Waiting
from voucher.ledger.vouchers import Voucher
from voucher.ledger.year_ends import YearEnd, home_of, select_family
from voucher.registry.standards import get_value_at
from voucher.stages.settle.models.claims import Claim
from voucher.stages.settle.models.payments import PaymentFile

RESERVED, REST = "year_end_carries_reserved", "year_end_carries_rest"


@dataclass(frozen=True, slots=True)
class YearEndPreview:
    """What would move, in fen and in things; `short_fen` is what the next year lacks where it must pay."""

    budget: Budget
    into: Budget | None
    carries_reserved: bool
    carries_rest: bool
    vouchers: int
    voucher_fen: int
    claims: int
    claim_fen: int
    rest_fen: int
    waiting: int
    files_out: int
    over: bool

    @property
    def reserved_fen(self) -> int:
        """Return what is kept for vouchers and claims together."""
        return self.voucher_fen + self.claim_fen

    @property
    def short_fen(self) -> int:
        """Return what the next year's budget lacks to keep all of it from its own money.

        Where what is left over is carried, what was given back comes along with it and nothing lacks.
        """
        have_fen = self.into.available_fen if self.into is not None else 0
        carries = self.carries_reserved or self.carries_rest
        return 0 if carries else max(0, self.reserved_fen - have_fen)


def preview_year_end(
    session: Session, budget: Budget, today: date, asked: YearEnd | None = None
) -> YearEndPreview:
    """Return what would happen today, as it was asked for or else as the parameters of today say.

    Raises parameter_missing.
    """
    family = select_family(budget.id).scalar_subquery()
    vouchers, voucher_fen = session.execute(
        select(func.count(), func.coalesce(func.sum(Voucher.reserved_fen), 0)).where(
            Voucher.budget_id.in_(family), Voucher.reserved_fen > 0
        )
    ).one()
    claims, claim_fen = session.execute(
        select(func.count(), func.coalesce(func.sum(Claim.reserved_fen), 0)).where(
            Claim.budget_id.in_(family), Claim.reserved_fen > 0
        )
    ).one()
    next_id = session.scalar(
        select(Budget.id).where(
            Budget.region_code == budget.region_code,
            Budget.year == budget.year + 1,
            Budget.source == budget.source,
        )
    )
    into = session.get_one(Budget, home_of(session, next_id)) if next_id is not None else None
    if asked is not None:
        carries_reserved, carries_rest = asked.carries_reserved, asked.carries_rest
    else:
        carries_reserved, carries_rest = (
            get_value_at(session, name, today, budget.region_code) == "1" for name in (RESERVED, REST)
        )
    waiting = select(func.count()).where(Waiting.budget_id.in_(family), Waiting.ended_at.is_(None))
    out = select(func.count()).where(
        PaymentFile.budget_id.in_(family), PaymentFile.state.in_(("prepared", "checked", "released"))
    )
    return YearEndPreview(
        budget=budget,
        into=into,
        carries_reserved=carries_reserved,
        carries_rest=carries_rest,
        vouchers=vouchers,
        voucher_fen=int(voucher_fen),
        claims=claims,
        claim_fen=int(claim_fen),
        rest_fen=budget.available_fen,
        waiting=session.scalar(waiting) or 0,
        files_out=session.scalar(out) or 0,
        over=today.year > budget.year,
    )


def list_due_year_ends(
    session: Session, regions: Collection[str], today: date
) -> list[tuple[Budget, YearEnd | None]]:
    """Return the budgets of these regions whose year is over, but not carried, with what was asked for each.

    Only those that still have money, kept or left over, or whom somebody still waits for, who would not be
    served by the next year otherwise; the oldest year first.
    """
    left = Budget.granted_fen > Budget.spent_fen + Budget.returned_fen
    origin = aliased(Budget)
    awaited = exists().where(
        Waiting.budget_id == origin.id,
        Waiting.ended_at.is_(None),
        func.coalesce(origin.carried_into_id, origin.id) == Budget.id,
    )
    open_ = (YearEnd.budget_id == Budget.id) & YearEnd.done_at.is_(None) & YearEnd.dropped_at.is_(None)
    found = session.execute(
        select(Budget, YearEnd)
        .join(YearEnd, open_, isouter=True)
        .where(
            Budget.region_code.in_(sorted(regions)),
            Budget.year < today.year,
            Budget.carried_into_id.is_(None),
            left | awaited,
        )
        .order_by(Budget.year, Budget.id)
    )
    return [(budget, asked) for budget, asked in found]


def count_due_year_ends(
    session: Session, regions: Collection[str], today: date, *, makes: bool, checks: bool, person_id: int
) -> tuple[int, datetime | None]:
    """Return how many year ends wait for this person, to be asked for or carried, and since when."""
    waiting = [
        asked
        for _, asked in list_due_year_ends(session, regions, today)
        if (asked is None and makes) or (asked and checks and asked.asked_by_person_id != person_id)
    ]
    return len(waiting), min((each.asked_at for each in waiting if each is not None), default=None)
