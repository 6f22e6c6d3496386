"""What every act on an appeal reads and locks first, and how its next last day is found.

Locks are taken in the order person, voucher, batch, appeal, ids ascending.
"""

from __future__ import annotations

from datetime import date

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from voucher.ledger.vouchers import Voucher, lock_vouchers
from voucher.plumbing.unit_of_work import Work
from voucher.registry import catalogue, people, subjects, tables
from voucher.rules.actor import Role, check_reach, check_role
from voucher.rules.appeals import SOURCE
from voucher.rules.errors import Family, reason
from voucher.rules.pace import promised_on
from voucher.stages.assess.models import Candidate
from voucher.stages.assess.models_appeals import OVER, Appeal, AppealHand

ANSWERERS = (Role.EVALUATOR_ADMIN, Role.EXAMINER)
OFFICERS = (Role.OFFICER_COUNTY, Role.OFFICER_CITY, Role.OFFICER_PROVINCE)
ACCEPT, ANSWER = "appeal_accept_workdays", "appeal_answer_workdays"
ESCALATE, REVIEW = "appeal_escalate_workdays", "appeal_review_workdays"
SETTLE = "appeal_settle_workdays"

APPEAL_MISSING = reason(
    "appeal_missing",
    "没有找到这件复核申请",
    "请从复核申请列表重新进入",
    SOURCE,
    Family.MISSING,
)
STEP_LATE = reason(
    "appeal_step_late",
    "提请复查的期限 {until} 已过，原复核决定生效",
    "对原决定仍有疑问的，请拨打 12333 咨询",
    SOURCE,
    Family.CONFLICT,
)


def lock_mine(work: Work, appeal_id: int) -> Appeal:
    """Return one's own appeal as it stands, locked. Raises role_missing, appeal_missing (also foreign)."""
    check_role(work.actor, Role.WORKER)
    return _lock(work, appeal_id, select(Appeal).where(Appeal.person_id == work.actor.person_id))


def lock_served(work: Work, appeal_id: int) -> Appeal:
    """Return an appeal to the actor's own evaluator as it stands, locked.

    Raises role_missing, appeal_missing (also for a foreign one).
    """
    return _lock(work, appeal_id, _select_served(work))


def get_served(work: Work, appeal_id: int) -> Appeal:
    """Return an appeal to the actor's own evaluator, not locked yet, for what is locked before it.

    Raises role_missing, appeal_missing (also for a foreign one).
    """
    found = work.session.scalars(_select_served(work).where(Appeal.id == appeal_id)).first()
    if found is None:
        raise APPEAL_MISSING.refused()
    return found


def lock_reached(work: Work, appeal_id: int) -> Appeal:
    """Return an appeal of the actor's regions as it stands, locked.

    Raises role_missing, region_foreign, appeal_missing (also for a foreign one).
    """
    check_role(work.actor, *OFFICERS)
    found = _lock(work, appeal_id, _select_reached(work))
    check_reach(work.actor, found.region_code, *OFFICERS)
    return found


def lock_behind(work: Work, appeal_id: int) -> list[Voucher]:
    """Return the voucher behind an appeal of the actor's regions, locked before the appeal itself.

    Raises role_missing, appeal_missing (also for a foreign one).
    """
    check_role(work.actor, *OFFICERS)
    found = work.session.scalars(_select_reached(work).where(Appeal.id == appeal_id)).first()
    if found is None:
        raise APPEAL_MISSING.refused()
    voucher_id = voucher_of(work.session, found)
    return lock_vouchers(work, Voucher.id == voucher_id) if voucher_id is not None else []


def _select_reached(work: Work) -> Select[Appeal]:
    return select(Appeal).where(Appeal.region_code.in_(sorted(work.actor.regions)))


def _select_served(work: Work) -> Select[Appeal]:
    check_role(work.actor, *ANSWERERS)
    houses = {
        each.institution_id
        for each in work.actor.grants
        if each.role in ANSWERERS and each.institution_id is not None
    }
    return select(Appeal).where(Appeal.institution_id.in_(sorted(houses)))


def _lock(work: Work, appeal_id: int, within: Select[Appeal]) -> Appeal:
    found = work.session.scalars(
        within.where(Appeal.id == appeal_id).with_for_update().execution_options(populate_existing=True)
    ).first()
    if found is None:
        raise APPEAL_MISSING.refused()
    return found


def due_on(work: Work, region_code: str, parameter: str) -> date:
    """Return the last day of a step that begins today. Raises parameter_missing, calendar_year_missing."""
    regions = catalogue.list_ancestry(work.session, region_code)
    days = tables.require_parameter_number(work.session, parameter, work.today, regions)
    return promised_on(work.today, days, tables.read_calendar(work.session))


def read_hands(session: Session, appeal: Appeal) -> set[int]:
    """Return everybody who may not decide an appeal: who had a hand in it, and who appeals."""
    hands = select(AppealHand.person_id).where(AppealHand.appeal_id == appeal.id)
    return {appeal.person_id, *session.scalars(hands)}


def seal_words(work: Work, words: str, context: str) -> bytes:
    """Return what the person at work says, sealed under their own key."""
    person = people.hold_person(work, work.actor.person_id)
    key = subjects.open_keys(work, [person.blind_index])[person.blind_index]
    return work.keyring.seal(key, context, words)


def select_appealed() -> Select[int]:
    """Return the vouchers whose holders wait for the answer to an appeal."""
    behind = func.coalesce(Candidate.voucher_id, Appeal.voucher_id)
    return (
        select(behind)
        .select_from(Appeal)
        .outerjoin(Candidate, Candidate.id == Appeal.candidate_id)
        .where(Appeal.state.not_in(OVER), behind.is_not(None))
    )


def voucher_of(session: Session, appeal: Appeal) -> int | None:
    """Return the voucher behind an appeal, where there is one."""
    if appeal.candidate_id is None:
        return appeal.voucher_id
    return session.get_one(Candidate, appeal.candidate_id).voucher_id
