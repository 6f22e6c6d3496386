"""Taking a redemption back (撤销核销): asked by one, done by another, before the first session ends."""

from __future__ import annotations

from sqlalchemy import select

from voucher.ledger import audit
from voucher.ledger.vouchers import Voucher, advance, get_voucher
from voucher.plumbing.unit_of_work import Work
from voucher.registry.second_hands import check_second_hand
from voucher.rules.actor import check_role
from voucher.rules.errors import Family, reason
from voucher.rules.lifecycle import Thing, check_event
from voucher.stages.train.models.places import Redemption
from voucher.stages.train.queries.facts import hours_of
from voucher.stages.train.queries.marks import count_standing
from voucher.stages.train.reading import (
    COUNTER,
    check_why,
    find_enrolment,
    format_moment,
    list_sessions,
    load_class,
    serves_class,
)

SOURCE = "豫办〔2021〕29号 第16项; LIFECYCLE 撤销核销（首次课结束前，两人）"

REDEMPTION_MISSING = reason(
    "redemption_missing",
    "没有找到这次核销",
    "请从班级的核销记录重新选择",
    SOURCE,
    Family.MISSING,
)
REVERSED_ALREADY = reason(
    "reversed_already",
    "这次核销已经撤销",
    "请刷新页面；持券人可出示新的码重新核销",
    SOURCE,
    Family.CONFLICT,
)
REVERSAL_TOO_LATE = reason(
    "reversal_too_late",
    "首次课已于 {ended} 结束，不能再撤销核销",
    "不再参加培训的，请办理退训；核销有误造成的问题，请联系人社部门",
    SOURCE,
    Family.CONFLICT,
)
REVERSAL_ASKED = reason(
    "reversal_asked",
    "已有人提出撤销这次核销，待另一人确认",
    "请由提出人以外的本机构人员确认撤销",
    SOURCE,
    Family.CONFLICT,
)
REVERSAL_UNASKED = reason(
    "reversal_unasked",
    "还没有人提出撤销这次核销",
    "请先由一人写明理由提出，再由另一人确认",
    SOURCE,
    Family.CONFLICT,
)
REVERSAL_ATTENDED = reason(
    "reversal_attended",
    "该学员已登记到课 {hours} 学时，不能撤销核销",
    "到课登记有误的，请先更正为 0 学时并写明理由",
    SOURCE,
    Family.CONFLICT,
)
REVERSAL_MARKED = reason(
    "reversal_marked",
    "该学员已在本班签到 {count} 次，不能撤销核销",
    "确已到课的，核销无误；代签的，请联系人社部门核查，核查为不计的签到不影响撤销",
    SOURCE,
    Family.CONFLICT,
)


def ask_reversal(work: Work, redemption_id: int, why: str) -> Redemption:
    """Ask for a redemption to be taken back; somebody else of the institution does it.

    Raises Refused role_missing, redemption_missing, training_why_missing, reversed_already, reversal_asked,
    reversal_too_late, reversal_attended, reversal_marked, event_not_allowed.
    """
    redemption, _ = _take_up(work, redemption_id)
    check_why(why)
    if redemption.reversal_asked_at is not None:
        raise REVERSAL_ASKED.refused()
    redemption.reversal_asked_by_person_id = work.actor.person_id
    redemption.reversal_asked_at = work.at
    redemption.reversal_reason = why.strip()
    work.session.flush()
    audit.record_one(work, "redemption", redemption.id, "ask_reversal", why=why.strip())
    return redemption


def reverse(work: Work, redemption_id: int) -> Redemption:
    """Take a redemption back that somebody else has asked for: the voucher is enrolled again.

    The redemption stays, marked. Raises Refused role_missing, redemption_missing, reversal_unasked,
    second_person_needed, second_person_reset_lately, reversed_already, reversal_too_late,
    reversal_attended, reversal_marked, event_not_allowed.
    """
    redemption, voucher = _take_up(work, redemption_id)
    if redemption.reversal_asked_by_person_id is None:
        raise REVERSAL_UNASKED.refused()
    check_second_hand(work, redemption.reversal_asked_by_person_id)
    redemption.reversed_by_person_id = work.actor.person_id
    redemption.reversed_at = work.at
    work.session.flush()
    advance(work, [voucher], "reverse", reason=redemption.reversal_reason)
    return redemption


def _take_up(work: Work, redemption_id: int) -> tuple[Redemption, Voucher]:
    """Return a redemption that can still go back, and its locked voucher, of a class the actor serves."""
    check_role(work.actor, *COUNTER)
    seen = work.session.get(Redemption, redemption_id)
    if seen is None:
        raise REDEMPTION_MISSING.refused()
    voucher = get_voucher(work, seen.voucher_id)
    enrolment = find_enrolment(work.session, voucher.id)
    # whoever has been moved belongs to the new class; the former one has no say over the voucher any more
    sitting_in = enrolment.class_id if enrolment is not None else seen.class_id
    if not serves_class(work.actor, load_class(work.session, sitting_in), *COUNTER):
        raise REDEMPTION_MISSING.refused()
    redemption = work.session.scalars(
        select(Redemption).where(Redemption.id == redemption_id).execution_options(populate_existing=True)
    ).one()
    if redemption.reversed_at is not None:
        raise REVERSED_ALREADY.refused()
    check_event(Thing.VOUCHER, voucher.state, "reverse")
    ended = list_sessions(work.session, sitting_in)[0].ends_at
    if ended <= work.at:
        raise REVERSAL_TOO_LATE.refused(ended=format_moment(ended))
    hours = hours_of(work.session, [voucher.id]).get(voucher.id, 0)
    if hours:
        raise REVERSAL_ATTENDED.refused(hours=hours)
    marks = count_standing(work.session, voucher.id)
    if marks:
        raise REVERSAL_MARKED.refused(count=marks)
    return redemption, voucher
