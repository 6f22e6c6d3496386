"""What a voucher has promised, per subsidy: the key it holds and the money kept for it, until either ends."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, select, text
from sqlalchemy.orm import Mapped, mapped_column

from voucher.ledger import budget as budgets
from voucher.ledger import entitlements
from voucher.ledger.entitlements import TAKEN, Entitlement
from voucher.ledger.postings import Line
from voucher.ledger.vouchers import Voucher, advance
from voucher.plumbing.constraints import CHANGED_MEANWHILE, translate
from voucher.plumbing.db import Model
from voucher.plumbing.types import Day, Int64, Text, UtcTime
from voucher.plumbing.unit_of_work import Work

OPEN = text("ended_at IS NULL")


class Commitment(Model):
    """One subsidy a voucher has locked for its holder at enrolment: key, amount in fen, and the sum's words.

    `priced_on` is the day whose standards gave the amount.
    """

    __tablename__ = "commitment"
    __table_args__ = (
        CheckConstraint("amount_fen > 0", name="amount_above_zero"),
        CheckConstraint("kind IN ('training','evaluation')", name="kind"),
        UniqueConstraint("entitlement_id"),
        Index("uq_commitment_open", "voucher_id", "kind", unique=True, sqlite_where=OPEN,
              postgresql_where=OPEN),
        {"sqlite_strict": True},
    )  # fmt: skip

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    voucher_id: Mapped[int] = mapped_column(Int64, ForeignKey("voucher.id"), nullable=False)
    kind: Mapped[str] = mapped_column(Text, nullable=False)
    entitlement_id: Mapped[int] = mapped_column(Int64, ForeignKey("entitlement.id"), nullable=False)
    amount_fen: Mapped[int] = mapped_column(Int64, nullable=False)
    explanation: Mapped[str] = mapped_column(Text, nullable=False)
    priced_on: Mapped[date] = mapped_column(Day, nullable=False)
    made_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    ended_at: Mapped[datetime | None] = mapped_column(UtcTime)


translate("uq_commitment_open", "commitment.voucher_id, commitment.kind", CHANGED_MEANWHILE)
translate("uq_commitment_entitlement_id", "commitment.entitlement_id", CHANGED_MEANWHILE)


def find_open(work: Work, voucher_ids: Iterable[int]) -> dict[int, list[Commitment]]:
    """Return the open commitments of each voucher that has any."""
    found: dict[int, list[Commitment]] = {}
    ordered = sorted(set(voucher_ids))
    for start in range(0, len(ordered), entitlements.LOOKUP_CHUNK):
        for each in work.session.scalars(
            select(Commitment)
            .where(
                Commitment.voucher_id.in_(ordered[start : start + entitlements.LOOKUP_CHUNK]),
                Commitment.ended_at.is_(None),
            )
            .order_by(Commitment.id)
        ):
            found.setdefault(each.voucher_id, []).append(each)
    return found


def free(work: Work, voucher_ids: Iterable[int]) -> None:
    """End the open commitments of vouchers and give back every key among them that is still taken."""
    open_ones = [each for held in find_open(work, voucher_ids).values() for each in held]
    for each in open_ones:
        each.ended_at = work.at
    work.session.flush()
    taken: list[int] = []
    ids = [each.entitlement_id for each in open_ones]
    for start in range(0, len(ids), entitlements.LOOKUP_CHUNK):
        taken += work.session.scalars(
            select(Entitlement.id)
            .where(
                Entitlement.id.in_(ids[start : start + entitlements.LOOKUP_CHUNK]), Entitlement.state == TAKEN
            )
            .order_by(Entitlement.id)
        )
    if taken:
        entitlements.free(work, taken)


def end_of(work: Work, entitlement_ids: Sequence[int]) -> None:
    """End the open commitments that stand on these keys: the claims made of them ended without payment."""
    for start in range(0, len(entitlement_ids), entitlements.LOOKUP_CHUNK):
        for each in work.session.scalars(
            select(Commitment).where(
                Commitment.entitlement_id.in_(entitlement_ids[start : start + entitlements.LOOKUP_CHUNK]),
                Commitment.ended_at.is_(None),
            )
        ):
            each.ended_at = work.at
    work.session.flush()


def money_of(voucher: Voucher, amount_fen: int) -> Line:
    """Return a ledger line for a voucher, with the project it is for."""
    return Line(amount_fen=amount_fen, voucher_id=voucher.id, project_id=voucher.project_id)


def release(work: Work, vouchers: Sequence[Voucher]) -> None:
    """Give back all the money still kept for vouchers."""
    for budget_id in sorted({each.budget_id for each in vouchers}):
        mine = [each for each in vouchers if each.budget_id == budget_id and each.reserved_fen]
        budgets.release(work, budget_id, [money_of(each, each.reserved_fen) for each in mine])
        for each in mine:
            each.reserved_fen = 0
    work.session.flush()


def end_vouchers(work: Work, vouchers: Sequence[Voucher], event: str, reason: str | None = None) -> None:
    """Move vouchers to where nothing is paid: keys given back, money released.

    The vouchers come from `lock_vouchers(money=True)`; claims made of them have ended before.
    Raises Refused event_not_allowed, on_hold.
    """
    advance(work, vouchers, event, reason=reason)
    free(work, [each.id for each in vouchers])
    release(work, vouchers)
