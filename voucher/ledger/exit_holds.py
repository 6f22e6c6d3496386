"""Vouchers held because their institution may not go on (待处置), until it is back or they have moved."""

from __future__ import annotations

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from voucher.ledger import holds
from voucher.ledger.holds import Hold, is_held
from voucher.ledger.vouchers import Voucher, lock_vouchers
from voucher.plumbing.unit_of_work import Work
from voucher.rules.lifecycle import Thing


def hold_vouchers(work: Work, institution_id: int, chosen: Select[int], why: str) -> int:
    """Hold the chosen vouchers for an institution's exit and return how many are newly held."""
    vouchers = lock_vouchers(work, Voucher.id.in_(chosen))
    fresh = [each for each in vouchers if not is_held(work, Thing.VOUCHER, each.id)]
    for each in fresh:
        holds.open_hold(work, Thing.VOUCHER, each.id, why, institution_id=institution_id)
    return len(fresh)


def release_vouchers(work: Work, institution_id: int, chosen: Select[int], conclusion: str) -> int:
    """Let the chosen vouchers go on that an institution's exit holds and return how many."""
    vouchers = lock_vouchers(work, Voucher.id.in_(chosen))
    found = work.session.scalars(
        _select_of(institution_id).where(Hold.object_id.in_([each.id for each in vouchers])).order_by(Hold.id)
    ).all()
    for each in found:
        holds.close_hold(work, each, conclusion)
    return len(found)


def count_held(session: Session, institution_id: int, chosen: Select[int]) -> tuple[int, int]:
    """Return how many of the chosen vouchers an institution's exit holds, and of how many people."""
    held = _select_of(institution_id).with_only_columns(Hold.object_id)
    count, people = session.execute(
        select(func.count(), func.count(func.distinct(Voucher.holder_person_id))).where(
            Voucher.id.in_(chosen), Voucher.id.in_(held)
        )
    ).one()
    return int(count), int(people)


def _select_of(institution_id: int) -> Select[Hold]:
    return select(Hold).where(
        Hold.thing == str(Thing.VOUCHER),
        Hold.closed_at.is_(None),
        Hold.institution_id == institution_id,
    )
