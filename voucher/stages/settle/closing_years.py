"""年末结转: one person asks, another carries it out; promised money is never lost, whichever way it goes."""

from __future__ import annotations

from sqlalchemy import select

from voucher.ledger import audit, carrying
from voucher.ledger import budget as budgets
from voucher.ledger.budget import BUDGET_MISSING, Budget
from voucher.ledger.commitments import money_of as money_of_voucher
from voucher.ledger.postings import Line
from voucher.ledger.vouchers import Voucher
from voucher.ledger.year_ends import SOURCE, YearEnd, select_family
from voucher.plumbing.unit_of_work import Work
from voucher.rules.actor import Role, check_reach
from voucher.rules.approval import check_two_people
from voucher.rules.errors import Family, reason
from voucher.rules.money import format_yuan
from voucher.stages.settle.ending import money_of
from voucher.stages.settle.models.claims import Claim
from voucher.stages.settle.queries.year_ends import preview_year_end
from voucher.stages.settle.waiting import serve_queue

YEAR_NOT_OVER = reason(
    "year_not_over",
    "{year} 年度还没有过完，不能年末结转",
    "请在 {next_year} 年 1 月 1 日以后办理；年内不再需要的占用可逐项释放",
    SOURCE,
    Family.CONFLICT,
)
YEAR_END_MISSING = reason(
    "year_end_missing", "没有找到这次年末结转", "请从预算页面重新进入", SOURCE, Family.MISSING
)
YEAR_END_OVER = reason(
    "year_end_over",
    "这次年末结转已经办理或已撤销",
    "请刷新预算页面查看；办理了的不能重来，须由新年度另行调整",
    SOURCE,
    Family.CONFLICT,
)
YEAR_END_DOCUMENT = reason(
    "year_end_document_missing", "没有填写结转的批准文号", "请填写财政部门批准结转或收回的文号", SOURCE
)
YEAR_END_CHANGED = reason(
    "year_end_changed",
    "确认的金额与现在的不一致：现在占用 {reserved} 元、余额 {rest} 元",
    "页面打开以后又有办理，请按刷新后的数字再确认",
    SOURCE,
    Family.CONFLICT,
)


def ask_year_end(work: Work, budget_id: int, document: str) -> YearEnd:
    """Ask for a budget whose year is over to be carried into the next, the way the parameters of today say.

    Raises Refused budget_missing (also for a foreign one), role_missing, year_end_document_missing,
    year_not_over, budget_year_over, year_end_asked_already, parameter_missing.
    """
    found = _lock_budget(work, budget_id)
    check_reach(work.actor, found.region_code, Role.FINANCE_MAKER)
    if not document.strip():
        raise YEAR_END_DOCUMENT.refused()
    budgets.check_year_open(work, found)
    seen = preview_year_end(work.session, found, work.today)
    if not seen.over:
        raise YEAR_NOT_OVER.refused(year=found.year, next_year=found.year + 1)
    asked = YearEnd(
        budget_id=found.id,
        carries_reserved=seen.carries_reserved,
        carries_rest=seen.carries_rest,
        document=document.strip(),
        asked_by_person_id=work.actor.person_id,
        asked_at=work.at,
    )
    work.session.add(asked)
    work.session.flush()
    audit.record_one(
        work, "budget", found.id, "ask_year_end", document=asked.document,
        carries_reserved=seen.carries_reserved, carries_rest=seen.carries_rest,
        reserved_fen=seen.reserved_fen, rest_fen=seen.rest_fen,
    )  # fmt: skip
    return asked


def drop_year_end(work: Work, year_end_id: int) -> YearEnd:
    """Drop what was asked and not carried out.

    Raises Refused year_end_missing (also for a foreign one), role_missing, year_end_over.
    """
    asked, found = _lock_asked(work, year_end_id)
    check_reach(work.actor, found.region_code, Role.FINANCE_MAKER, Role.FINANCE_CHECKER)
    asked.dropped_by_person_id, asked.dropped_at = work.actor.person_id, work.at
    work.session.flush()
    audit.record_one(work, "budget", found.id, "drop_year_end", year_end=asked.id)
    return asked


def carry_year_end(work: Work, year_end_id: int, reserved_fen: int, rest_fen: int) -> YearEnd:
    """Carry a budget into its next year as another person, with the two sums that person has seen.

    Every voucher and claim keeps what it was promised. Where the kept money is not carried, the next year's
    own takes its place, all or nothing. Whoever waits for money is served from the next year.
    Raises Refused year_end_missing (also for a foreign one), role_missing, year_end_over,
    second_person_needed, year_end_changed, budget_exhausted, month_closed.
    """
    asked, old = _lock_asked(work, year_end_id)
    check_reach(work.actor, old.region_code, Role.FINANCE_CHECKER)
    check_two_people(asked.asked_by_person_id, work.actor.person_id)
    next_year = budgets.find_or_open(work, old.region_code, old.year + 1, old.source, asked.document)
    # a year that was skipped goes straight to where the next one's money stands by now
    into = budgets.get_home(work, next_year.id)
    lines = _list_kept(work, old)
    kept_fen, left_fen = sum(line.amount_fen for line in lines), old.available_fen
    if (kept_fen, left_fen) != (reserved_fen, rest_fen):
        raise YEAR_END_CHANGED.refused(reserved=format_yuan(kept_fen), rest=format_yuan(left_fen))
    if asked.carries_reserved:
        carrying.carry_reserved(work, old, into, lines)
        rest_fen = left_fen
        carrying.clear_rest(work, old, into, rest_fen, carried=asked.carries_rest)
    else:
        # what was given back is left over as well, and where that is carried the next year has it first
        budgets.release(work, old.id, lines)
        rest_fen = left_fen + kept_fen
        carrying.clear_rest(work, old, into, rest_fen, carried=asked.carries_rest)
        budgets.reserve(work, into.id, lines)
    carrying.close(work, old, into)
    asked.into_budget_id, asked.moved_count, asked.moved_fen = into.id, len(lines), kept_fen
    asked.rest_fen, asked.done_by_person_id, asked.done_at = rest_fen, work.actor.person_id, work.at
    work.session.flush()
    audit.record_one(
        work, "budget", old.id, "year_end", into=into.id, lines=len(lines), moved_fen=kept_fen,
        rest_fen=rest_fen,
    )  # fmt: skip
    serve_queue(work, into.id)
    return asked


def _lock_budget(work: Work, budget_id: int) -> Budget:
    found = budgets.get_budget(work, budget_id, lock=True)
    if found.region_code not in work.actor.regions:
        raise BUDGET_MISSING.refused(budget=budget_id)
    return found


def _lock_asked(work: Work, year_end_id: int) -> tuple[YearEnd, Budget]:
    """Return what was asked with its budget, both locked; whoever books under the budget holds it too.

    All years of its purse are locked in one go: whichever of them the money goes to is among them.
    """
    budget_id = work.session.scalar(select(YearEnd.budget_id).where(YearEnd.id == year_end_id))
    if budget_id is None:
        raise YEAR_END_MISSING.refused()
    found = budgets.get_budget(work, budget_id)
    years = select(Budget.id).where(Budget.region_code == found.region_code, Budget.source == found.source)
    work.session.execute(years.order_by(Budget.id).with_for_update()).all()
    found = budgets.get_budget(work, budget_id)
    if found.region_code not in work.actor.regions:
        raise YEAR_END_MISSING.refused()
    asked = work.session.scalars(
        select(YearEnd)
        .where(YearEnd.id == year_end_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
    if asked.done_at is not None or asked.dropped_at is not None:
        raise YEAR_END_OVER.refused()
    return asked, found


def _list_kept(work: Work, old: Budget) -> list[Line]:
    """Return a line per voucher and claim that still keeps money under a budget, in order."""
    family = select_family(old.id).scalar_subquery()
    vouchers = work.session.scalars(
        select(Voucher)
        .where(Voucher.budget_id.in_(family), Voucher.reserved_fen > 0)
        .order_by(Voucher.id)
        .with_for_update()
    )
    lines = [money_of_voucher(each, each.reserved_fen) for each in vouchers]
    claims = work.session.scalars(
        select(Claim)
        .where(Claim.budget_id.in_(family), Claim.reserved_fen > 0)
        .order_by(Claim.id)
        .with_for_update()
    )
    return lines + [money_of(each, each.reserved_fen) for each in claims]
