"""Asking for a run of retention, confirming it as another person, or dropping it; the jobs do the rest."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from voucher.ledger import audit
from voucher.plumbing.jobs import add_job
from voucher.plumbing.unit_of_work import Work
from voucher.registry import correcting
from voucher.registry.catalogue import list_ancestry, list_subtree
from voucher.registry.second_hands import check_second_hand
from voucher.rules.actor import REGION_FOREIGN, check_role
from voucher.rules.errors import Family, reason
from voucher.rules.retention import SOURCE, check_told_long_enough
from voucher.rules.words import check_why
from voucher.stages.oversee.retention.models import RUN_OPEN, RetentionItem, RetentionRun

JOB_KIND, THING = "retention", "retention_run"
LIST, CARRY_OUT = "list", "carry_out"

RUN_MISSING = reason(
    "retention_run_missing",
    "没有找到这次到期清除，或已经办结",
    "请从“到期清除”列表重新选择",
    SOURCE,
    Family.MISSING,
)
RUN_NOT_LISTED = reason(
    "retention_run_not_listed",
    "名单还没有列完，不能确认",
    "请稍后刷新；列完以后先看名单再确认",
    SOURCE,
    Family.CONFLICT,
)
RUN_CONFIRMED = reason(
    "retention_run_confirmed",
    "这次到期清除已经确认，正在办理，不能再确认或作废",
    "请刷新看办理的进度；不能清的人请办理依法保全",
    SOURCE,
    Family.CONFLICT,
)
RETENTION_TELLER = reason(
    "retention_teller",
    "名单上有您登记的书面告知，不能由您确认",
    "请由没有登记过告知的另一名审核人员确认，上级的也可以；同一人的不同账号视为同一人",
    SOURCE,
    Family.FORBIDDEN,
)


def ask_run(work: Work, region_code: str) -> RetentionRun:
    """List what of a region and below is held longer than its time; nothing is destroyed by it.

    Raises Refused role_missing, region_foreign, retention_run_open.
    """
    check_role(work.actor, *correcting.DECIDERS)
    if region_code not in work.actor.regions_as(*correcting.DECIDERS):
        raise REGION_FOREIGN.refused(region=region_code)
    _check_no_overlap(work, region_code)
    made = RetentionRun(
        region_code=region_code,
        on_day=work.today,
        asked_by_person_id=work.actor.person_id,
        asked_at=work.at,
    )
    work.session.add(made)
    work.session.flush()
    add_job(work, JOB_KIND, {"run": made.id, "step": LIST})
    audit.record_one(work, THING, made.id, "ask", region=region_code)
    return made


def _check_no_overlap(work: Work, region_code: str) -> None:
    """Refuse a run above or below an open one, which lists the same people. Raises retention_run_open."""
    around = {*list_subtree(work.session, region_code), *list_ancestry(work.session, region_code)}
    open_in = work.session.scalars(select(RetentionRun.region_code).where(RetentionRun.ended_at.is_(None)))
    if around.intersection(open_in):
        raise RUN_OPEN.refused()


def confirm_run(work: Work, run_id: int) -> RetentionRun:
    """Confirm a list as another person than asked and told, once those on it had their time.

    The job destroys what is due. Raises Refused role_missing, retention_run_missing (also for a foreign one),
    retention_run_confirmed, retention_run_not_listed, second_person_needed, second_person_reset_lately,
    retention_teller, retention_too_early.
    """
    found = lock_run(work, run_id)
    if found.from_on is None:
        raise RUN_NOT_LISTED.refused()
    check_second_hand(work, found.asked_by_person_id)
    tellers = list_tellers(work.session, found.id)
    if work.actor.person_id in tellers:
        raise RETENTION_TELLER.refused()
    for each in sorted(tellers):
        check_second_hand(work, each)
    check_told_long_enough(found.from_on, work.today)
    found.confirmed_by_person_id, found.confirmed_at = work.actor.person_id, work.at
    work.session.flush()
    add_job(work, JOB_KIND, {"run": found.id, "step": CARRY_OUT})
    audit.record_one(work, THING, found.id, "confirm")
    return found


def list_tellers(session: Session, run_id: int) -> frozenset[int]:
    """Return who wrote down having told somebody who is due in a run, for an earlier run or for this one."""
    told_by = select(RetentionItem.told_by_person_id).distinct()
    found = session.scalars(
        told_by.where(
            RetentionItem.run_id == run_id,
            RetentionItem.code.is_(None),
            RetentionItem.told_by_person_id.is_not(None),
        )
    )
    return frozenset(each for each in found if each is not None)


def drop_run(work: Work, run_id: int, why: str) -> RetentionRun:
    """Drop a run before it is confirmed, with why; the list stays to be read.

    Raises Refused role_missing, retention_run_missing, retention_run_confirmed, why_missing.
    """
    said = check_why(why)
    found = lock_run(work, run_id)
    found.ending, found.ended_at, found.why = "dropped", work.at, said
    work.session.flush()
    audit.record_one(work, THING, found.id, "drop", why=said)
    return found


def lock_run(work: Work, run_id: int) -> RetentionRun:
    """Return an open, unconfirmed run of the actor's regions, locked.

    Raises Refused role_missing, retention_run_missing, retention_run_confirmed.
    """
    check_role(work.actor, *correcting.DECIDERS)
    found = work.session.scalars(
        select(RetentionRun).where(RetentionRun.id == run_id).with_for_update()
    ).first()
    if found is None or found.region_code not in work.actor.regions_as(*correcting.DECIDERS):
        raise RUN_MISSING.refused()
    if found.ended_at is not None:
        raise RUN_MISSING.refused()
    if found.confirmed_at is not None:
        raise RUN_CONFIRMED.refused()
    return found
