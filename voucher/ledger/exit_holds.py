"""Vouchers held because their institution may not go on (待处置), until it is back or they have moved."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.orm import Session

from voucher.ledger import holds
from voucher.ledger.holds import ON_HOLD, Hold
from voucher.ledger.vouchers import Voucher, lock_vouchers
from voucher.plumbing.bulk import among
from voucher.plumbing.unit_of_work import Work
from voucher.rules.lifecycle import Thing


def hold_vouchers(work: Work, institution_id: int, chosen: Select[int], why: str) -> int:
    """Hold the chosen vouchers for an institution's exit and return how many it holds.

    What another institution or an officer holds is held once more: that one may end before this.
    """
    vouchers = lock_vouchers(work, Voucher.id.in_(chosen))
    held = set(work.session.scalars(_select_of(institution_id).with_only_columns(Hold.object_id)))
    for each in vouchers:
        if each.id not in held:
            holds.open_hold(work, Thing.VOUCHER, each.id, why, institution_id=institution_id)
    return len(vouchers)


def release_vouchers(work: Work, institution_id: int, chosen: Select[int], conclusion: str) -> int:
    """Let the chosen vouchers go on that an institution's exit holds and return how many."""
    vouchers = lock_vouchers(work, Voucher.id.in_(chosen))
    found = work.session.scalars(
        _select_of(institution_id)
        .where(among(work.session, Hold.object_id, [each.id for each in vouchers]))
        .order_by(Hold.id)
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


def check_not_held_then(
    session: Session, voucher_id: int, institution_ids: Collection[int], at: datetime
) -> None:
    """Refuse a voucher that a hold stopped when its code was shown. Raises Refused on_hold.

    Holds of these institutions' exits count as they stood at that moment, every other one as it stands now.
    """
    of_exit = and_(Hold.institution_id.is_not(None), Hold.institution_id.in_(sorted(institution_ids)))
    stood = and_(of_exit, Hold.opened_at <= at, or_(Hold.closed_at.is_(None), Hold.closed_at > at))
    found = session.scalars(
        select(Hold)
        .where(
            Hold.thing == str(Thing.VOUCHER),
            Hold.object_id == voucher_id,
            or_(stood, and_(~of_exit, Hold.closed_at.is_(None))),
        )
        .order_by(Hold.id)
        .limit(1)
    ).first()
    if found is not None:
        raise ON_HOLD.refused(why=found.why, object=voucher_id)


def _select_of(institution_id: int) -> Select[Hold]:
    return select(Hold).where(
        Hold.thing == str(Thing.VOUCHER),
        Hold.closed_at.is_(None),
        Hold.institution_id == institution_id,
    )
