"""公示: a reviewed batch is shown to the public, masked, for the working days the parameter says."""

from __future__ import annotations

from datetime import date

from sqlalchemy import select

from voucher.ledger import holds, states
from voucher.plumbing.clock import day_of
from voucher.plumbing.unit_of_work import Work
from voucher.registry import catalogue, tables
from voucher.rules.actor import Role, check_reach, check_role
from voucher.rules.approval import Step, check_order, required_steps
from voucher.rules.bonuses import name_claim_kind
from voucher.rules.calendar import notice_period
from voucher.rules.errors import Family, reason
from voucher.rules.lifecycle import Thing
from voucher.rules.vocabulary import SubsidyKind
from voucher.stages.settle.following import follow
from voucher.stages.settle.models.claims import Claim, SettlementBatch
from voucher.stages.settle.models.notices import Notice
from voucher.stages.settle.published import keep_list
from voucher.stages.settle.reading import get_batch, list_signed_steps, lock_claims

SOURCE = "豫人社规〔2022〕2号 公示; 济源示范区 2024-03-06 公示; AC-H3"

NOTHING_TO_POST = reason(
    "nothing_to_post",
    "本批没有已复核、可以公示的申领",
    "请先完成初审和复核；仍在转人工或审核中的，请先办结或退回",
    SOURCE,
    Family.CONFLICT,
)
LINES_NOT_READY = reason(
    "lines_not_ready",
    "本批还有 {count} 条申领没有审核完毕",
    "请先办理初审、复核、转人工核定，或退回、不予通过后再公示",
    SOURCE,
    Family.CONFLICT,
)
UNREADY = ("submitted", "manual", "first_reviewed")
PUBLISHED_AS: dict[str, str] = {
    SubsidyKind.EVALUATION: "职业技能评价补贴",
    SubsidyKind.TRAINING: "职业培训补贴",
}


def post_notice(work: Work, batch_id: int) -> Notice:
    """Post the batch's reviewed lines and return the notice with its period by the calendar.

    Raises Refused role_missing, batch_missing, lines_not_ready, nothing_to_post, step_skipped,
    calendar_year_missing, parameter_missing.
    """
    batch = get_batch(work, batch_id)
    check_reach(work.actor, batch.region_code, Role.OFFICER_COUNTY, Role.OFFICER_CITY, Role.OFFICER_PROVINCE)
    claims = _take_ready(work, batch)
    regions = catalogue.list_ancestry(work.session, batch.region_code)
    workdays = tables.read_parameter_number(work.session, "notice_workdays", work.today, regions) or 0
    first_counts = tables.read_flag(work.session, "notice_first_day_counts", work.today, regions)
    period = notice_period(
        work.today, workdays, tables.read_calendar(work.session), first_day_counts=first_counts
    )
    region = catalogue.get_region(work.session, batch.region_code)
    notice = Notice(
        number=f"GS-{batch.region_code}-{work.today.year}-{batch.id:04d}",
        batch_id=batch.id,
        title=f"{region.name}{_name_kind(batch.kind)}公示"
        f"（{_name_days(batch.from_on, batch.until_on)}{_name_day(batch.kind)}）",
        from_on=period.from_on,
        until_on=period.until_on,
        workdays=workdays,
        first_day_counts=int(first_counts),
        posted_by_person_id=work.actor.person_id,
        posted_at=work.at,
        **states.first_state(Thing.NOTICE, "post"),
    )
    work.session.add(notice)
    work.session.flush()
    states.begin(work, Thing.NOTICE, [notice.id], "post")
    states.move(work, Claim, claims, "post", reason=notice.number)
    states.move(work, SettlementBatch, [batch], "post", reason=notice.number)
    keep_list(work, notice)
    return notice


def _name_days(from_on: date, until_on: date) -> str:
    """Return the days of a batch as its title says them: one day is one, not a span."""
    return from_on.isoformat() if from_on == until_on else f"{from_on.isoformat()}至{until_on.isoformat()}"


def _name_kind(kind: str) -> str:
    return PUBLISHED_AS[kind] if kind in PUBLISHED_AS else name_claim_kind(kind)


def _name_day(kind: str) -> str:
    """Return what the days of a batch are of: certificates are issued, what a bonus is for happens."""
    return "发证" if kind in PUBLISHED_AS else "事项"


def _take_ready(work: Work, batch: SettlementBatch) -> list[Claim]:
    unready = lock_claims(work, Claim.batch_id == batch.id, Claim.state.in_(UNREADY))
    if unready:
        raise LINES_NOT_READY.refused(count=len(unready))
    claims = lock_claims(work, Claim.batch_id == batch.id, Claim.state == "second_reviewed")
    if not claims:
        raise NOTHING_TO_POST.refused()
    required = required_steps(
        batch.declared_total_fen, day_of(batch.created_at), tables.read_bands(work.session)
    )
    reviews = [step for step in required if step is not Step.APPROVE]
    signed = list_signed_steps(work.session, [each.id for each in claims])
    for claim in claims:
        done = {Step.SUBMIT, *(Step(word) for word in signed.get((claim.id, claim.revision), ()))}
        missing = [step for step in reviews if step not in done]
        if missing:
            # naming the last review asks for every one before it
            check_order(Step.APPROVE, done, required)
    return claims


def close_due_notices(work: Work) -> int:
    """Close the notices whose last day has passed and clear their lines; return how many were closed.

    A notice with an undecided objection closes; the objected line stays where it is until it is decided,
    and holds up no other. So does a line on hold; it is cleared here once its hold is closed.
    Raises Refused role_missing.
    """
    check_role(work.actor, Role.CLOCK)
    due = work.session.scalars(
        select(Notice)
        .where(Notice.state == "posted", Notice.until_on < work.today)
        .order_by(Notice.id)
        .with_for_update()
    ).all()
    for notice in due:
        batch = work.session.scalars(
            select(SettlementBatch).where(SettlementBatch.id == notice.batch_id).with_for_update()
        ).one()
        states.move(work, Notice, [notice], "close")
        clear_lines(work, batch)
    _clear_left_behind(work)
    return len(due)


def _clear_left_behind(work: Work) -> None:
    """Clear lines that a hold, or an objection decided at that moment, kept behind a closed notice."""
    behind = (
        select(Claim.batch_id)
        .join(Notice, Notice.batch_id == Claim.batch_id)
        .where(
            Notice.state == "closed",
            Claim.state == "noticed",
            Claim.id.not_in(holds.select_held(Thing.CLAIM)),
        )
    )
    batches = work.session.scalars(
        select(SettlementBatch)
        .where(SettlementBatch.id.in_(behind))
        .order_by(SettlementBatch.id)
        .with_for_update()
    ).all()
    for batch in batches:
        clear_lines(work, batch)


def clear_lines(work: Work, batch: SettlementBatch) -> None:
    """Clear the noticed lines of a batch whose notice is closed, and let the batch go on.

    A line on hold stays behind, and holds up no other.
    """
    claims = lock_claims(
        work,
        Claim.batch_id == batch.id,
        Claim.state == "noticed",
        Claim.id.not_in(holds.select_held(Thing.CLAIM)),
    )
    states.move(work, Claim, claims, "close", reason="公示期满无异议")
    if batch.state == "noticed":
        states.move(work, SettlementBatch, [batch], "close_notice")
    follow(work, [batch.id])
