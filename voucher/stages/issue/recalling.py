"""Taking back what a programme has issued and nobody has begun to use, once it issues nothing more."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from voucher.ledger.holds import select_held
from voucher.ledger.vouchers import Voucher
from voucher.plumbing.unit_of_work import Work
from voucher.rules.errors import Family, reason
from voucher.rules.lifecycle import Thing
from voucher.rules.words import check_why
from voucher.stages.issue.ending import AT_ONCE, revoke
from voucher.stages.issue.reading import OFFICERS, SOURCE, lock_own_programme

# a place in a class is somebody else's plan as well: those are revoked one by one
UNBEGUN = ("issued", "accepted")

PROGRAMME_STILL_ISSUING = reason(
    "programme_still_issuing",
    "券种“{programme}”还在发放，不能收回已发的券",
    "请先停发或结束这个券种，再收回未使用的券",
    SOURCE,
    Family.CONFLICT,
)
NOTHING_TO_RECALL = reason(
    "nothing_to_recall",
    "券种“{programme}”没有可以收回的券",
    "只收回还没有报名的券；已报名、待处置的，请打开该券逐张办理",
    SOURCE,
    Family.CONFLICT,
)


def recall_unused(work: Work, programme_id: int, why: str) -> int:
    """Declare the vouchers of a programme void that nobody has enrolled with, and return how many.

    At most so many at once; held ones stay. Their money goes to whoever waits.
    Raises Refused role_missing, programme_missing, why_missing, programme_still_issuing, nothing_to_recall.
    """
    programme = lock_own_programme(work, programme_id, *OFFICERS)
    said = check_why(why)
    if programme.state not in ("stopped", "closed"):
        raise PROGRAMME_STILL_ISSUING.refused(programme=programme.name)
    ids = work.session.scalars(
        select(Voucher.id)
        .where(
            Voucher.programme_id == programme.id,
            Voucher.state.in_(UNBEGUN),
            Voucher.id.not_in(select_held(Thing.VOUCHER)),
        )
        .order_by(Voucher.id)
        .limit(AT_ONCE)
    ).all()
    if not ids:
        raise NOTHING_TO_RECALL.refused(programme=programme.name)
    return revoke(work, ids, said)


def count_unused(session: Session, programme_id: int) -> tuple[int, int]:
    """Return how many vouchers of a programme would be taken back, and the money that sets free, in fen."""
    count, kept_fen = session.execute(
        select(func.count(), func.coalesce(func.sum(Voucher.reserved_fen), 0)).where(
            Voucher.programme_id == programme_id,
            Voucher.state.in_(UNBEGUN),
            Voucher.id.not_in(select_held(Thing.VOUCHER)),
        )
    ).one()
    return count, int(kept_fen)
