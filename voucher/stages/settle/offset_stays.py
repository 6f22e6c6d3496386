"""暂缓、恢复抵扣: one asks that a receivable be kept out of offsets, or let back in; another agrees."""

from __future__ import annotations

from sqlalchemy import select

from voucher.ledger import audit
from voucher.plumbing.unit_of_work import Work
from voucher.rules.actor import Role, check_reach
from voucher.rules.approval import check_two_people
from voucher.rules.errors import Family, reason
from voucher.rules.lifecycle import Thing, check_event
from voucher.rules.words import check_why
from voucher.stages.settle.clawback import CLAWBACK_MISSING
from voucher.stages.settle.models.claims import Claim
from voucher.stages.settle.models.offsets import STAY_ASKED, OffsetStay
from voucher.stages.settle.models.payments import Clawback
from voucher.stages.settle.offset_plans import SOURCE, check_not_planned
from voucher.stages.settle.reading import check_apart, lock_claims

STAY_NOT_ASKED = reason(
    "offset_stay_not_asked",
    "对这张追回单没有待确认的暂缓或恢复抵扣",
    "请先由一人写明原因提出，再由另一人确认",
    SOURCE,
    Family.CONFLICT,
)
STAY_THE_SAME = reason(
    "offset_stay_the_same",
    "这张追回单现在就是{standing}",
    "不必再提出；请刷新追回单页面",
    SOURCE,
    Family.CONFLICT,
)


def ask_stay(work: Work, clawback_id: int, why: str, *, stays: bool) -> OffsetStay:
    """Ask that an open receivable be kept out of offsets (暂缓抵扣), or let back in (恢复抵扣).

    Raises Refused clawback_missing (also for a foreign one), role_missing, involved, why_missing,
    event_not_allowed, offset_stay_the_same, offset_stay_asked_already, offset_under_way.
    """
    clawback = _take_up(work, clawback_id)
    told = check_why(why)
    newest = _newest(work, clawback_id)
    if newest is not None and newest.agreed_at is None:
        raise STAY_ASKED.refused()
    if stays == (newest is not None and newest.stays):
        raise STAY_THE_SAME.refused(standing="暂缓抵扣" if stays else "可以抵扣")
    check_not_planned(work.session, [clawback])
    asked = OffsetStay(
        clawback_id=clawback.id,
        stays=stays,
        why=told,
        asked_by_person_id=work.actor.person_id,
        asked_at=work.at,
    )
    work.session.add(asked)
    work.session.flush()
    audit.record_one(work, str(Thing.CLAWBACK), clawback.id, "ask_offset_stay", stays=stays, why=told)
    return asked


def agree_stay(work: Work, clawback_id: int) -> OffsetStay:
    """Agree, as another person, to what was asked; from the next payment file on it is in force.

    Raises Refused clawback_missing (also for a foreign one), role_missing, involved, event_not_allowed,
    offset_stay_not_asked, second_person_needed, offset_under_way.
    """
    clawback = _take_up(work, clawback_id)
    asked = _newest(work, clawback_id)
    if asked is None or asked.agreed_at is not None:
        raise STAY_NOT_ASKED.refused()
    check_two_people(asked.asked_by_person_id, work.actor.person_id)
    check_not_planned(work.session, [clawback])
    asked.agreed_by_person_id, asked.agreed_at = work.actor.person_id, work.at
    work.session.flush()
    audit.record_one(work, str(Thing.CLAWBACK), clawback.id, "agree_offset_stay", stays=asked.stays)
    return asked


def _take_up(work: Work, clawback_id: int) -> Clawback:
    """Return an open receivable of the actor's regions, locked after its claim."""
    claim_id = work.session.scalar(select(Clawback.claim_id).where(Clawback.id == clawback_id))
    if claim_id is None:
        raise CLAWBACK_MISSING.refused()
    claim = lock_claims(work, Claim.id == claim_id)[0]
    if claim.region_code not in work.actor.regions:
        raise CLAWBACK_MISSING.refused()
    check_reach(work.actor, claim.region_code, Role.FINANCE_MAKER, Role.FINANCE_CHECKER)
    check_apart(work, [claim], "暂缓、恢复抵扣")
    clawback = work.session.scalars(
        select(Clawback)
        .where(Clawback.id == clawback_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
    check_event(Thing.CLAWBACK, clawback.state, "meet")
    return clawback


def _newest(work: Work, clawback_id: int) -> OffsetStay | None:
    return work.session.scalars(
        select(OffsetStay)
        .where(OffsetStay.clawback_id == clawback_id)
        .order_by(OffsetStay.id.desc())
        .limit(1)
        .with_for_update()
    ).first()
