"""Correcting a sign-off (结业更正): one asks with the reason, another of the institution confirms."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sqlalchemy import select

from voucher.ledger import audit, commitments, states
from voucher.ledger.holds import check_no_hold
from voucher.ledger.vouchers import Voucher, advance, lock_vouchers
from voucher.plumbing.unit_of_work import Work
from voucher.registry.second_hands import check_second_hand
from voucher.rules.actor import check_role
from voucher.rules.assessment import FULL_SCORE_HUNDREDTHS, SCORE_MALFORMED
from voucher.rules.errors import Family, reason
from voucher.rules.lifecycle import Thing, check_event
from voucher.stages.train.attend import list_marked
from voucher.stages.train.finish import SOURCE, judge_completion
from voucher.stages.train.models.changes import CompletionCorrection
from voucher.stages.train.models.classes import TrainingClass
from voucher.stages.train.models.places import Completion
from voucher.stages.train.queries.facts import completion_of
from voucher.stages.train.queries.hours import count_hours, read_bars
from voucher.stages.train.reading import DESK, check_why, get_own_class, list_sessions, load_class

# nothing has been built on the result yet
OPEN_STATES = ("training", "trained")

CORRECTION_MISSING = reason(
    "completion_correction_missing",
    "没有找到这份结业更正，或已经办结",
    "请从班级的结业签字页重新选择",
    SOURCE,
    Family.MISSING,
)
NOT_SIGNED_HERE = reason(
    "completion_missing",
    "券 {voucher} 没有在这个班级结业签字",
    "请核对名单；还没有签字的，请办理结业签字",
    SOURCE,
    Family.CONFLICT,
)
CORRECTION_TOO_LATE = reason(
    "completion_correction_too_late",
    "券 {voucher} 已经评价或取证，结业结果不能再更正",
    "确有错误的，请报请人社部门待处置",
    SOURCE,
    Family.CONFLICT,
)
CORRECTION_WOULD_FAIL = reason(
    "completion_correction_would_fail",
    "更正后券 {voucher} 由合格变为不合格：{why}",
    "合格的结果不能由机构自行取消，请报请人社部门待处置",
    SOURCE,
    Family.CONFLICT,
)
HOURS_MALFORMED = reason(
    "completion_hours_malformed",
    "更正的学时 {hours} 小于 0，或超过计划的 {planned} 学时",
    "请按到课记录填写",
    SOURCE,
)
CORRECTION_OPEN = reason(
    "completion_correction_open",
    "券 {voucher} 已有一份更正等待另一人确认",
    "请先由另一人确认或退回",
    SOURCE,
    Family.CONFLICT,
)


@dataclass(frozen=True, slots=True)
class Result:
    """What a sign-off should have said: hours, and the exam in hundredths, None for none."""

    hours_attended: int
    exam_hundredths: int | None


def ask_correction(
    work: Work, class_id: int, voucher_id: int, result: Result, why: str
) -> CompletionCorrection:
    """Ask that the result of one person of a signed-off class be corrected.

    Where the person signed in or studied, the hours are those recorded and co-signed, whatever is typed.
    Raises Refused role_missing, class_missing, training_why_missing, event_not_allowed, completion_missing,
    completion_correction_open, completion_correction_too_late, completion_hours_malformed, score_malformed,
    completion_correction_would_fail, parameter_missing.
    """
    check_why(why)
    check_event(Thing.CLASS, get_own_class(work, class_id).state, "correct")
    done = completion_of(work.session, voucher_id)
    # of a voucher that was not signed off here nothing is said and nothing is locked
    if done is None or done.class_id != class_id:
        raise NOT_SIGNED_HERE.refused(voucher=voucher_id)
    (voucher,) = lock_vouchers(work, Voucher.id == voucher_id)
    found = get_own_class(work, class_id, lock=True)
    check_event(Thing.CLASS, found.state, "correct")
    work.session.refresh(done)
    waiting = select(CompletionCorrection.id).where(
        CompletionCorrection.completion_id == done.id, CompletionCorrection.decided_at.is_(None)
    )
    if work.session.scalar(waiting) is not None:
        raise CORRECTION_OPEN.refused(voucher=voucher.number)
    typed = result.hours_attended
    if _has_marks(work, found, voucher_id):
        counted = count_hours(work.session, found, [voucher_id]).get(voucher_id, 0)
        result = replace(result, hours_attended=counted)
    passed, _ = _judge(work, found, voucher, done, result)
    asked = CompletionCorrection(
        completion_id=done.id,
        class_id=found.id,
        former_hours=done.hours_attended,
        former_exam_hundredths=done.exam_hundredths,
        former_passed=done.passed,
        hours_attended=result.hours_attended,
        hours_typed=typed if typed != result.hours_attended else None,
        exam_hundredths=result.exam_hundredths,
        passed=passed,
        why=why.strip(),
        asked_by_person_id=work.actor.person_id,
        asked_at=work.at,
    )
    work.session.add(asked)
    work.session.flush()
    audit.record_one(
        work, str(Thing.CLASS), found.id, "ask_correction", correction=asked.id, voucher=voucher_id
    )
    return asked


def decide_correction(work: Work, correction_id: int, agreed: bool) -> CompletionCorrection:
    """Confirm a correction, or send it back; whoever passes now has finished the training.

    Raises Refused role_missing, completion_correction_missing, second_person_needed,
    second_person_reset_lately, event_not_allowed, completion_correction_too_late,
    completion_correction_would_fail, on_hold, parameter_missing.
    """
    check_role(work.actor, *DESK)
    asked = work.session.get(CompletionCorrection, correction_id)
    if asked is None or not work.actor.serves(load_class(work.session, asked.class_id).institution_id, *DESK):
        raise CORRECTION_MISSING.refused()
    done = work.session.get_one(Completion, asked.completion_id)
    (voucher,) = lock_vouchers(work, Voucher.id == done.voucher_id)
    found = load_class(work.session, asked.class_id, lock=True)
    work.session.refresh(asked)
    if asked.decided_at is not None:
        raise CORRECTION_MISSING.refused()
    check_second_hand(work, asked.asked_by_person_id)
    asked.agreed, asked.decided_at = agreed, work.at
    asked.decided_by_person_id = work.actor.person_id
    if not agreed:
        work.session.flush()
        audit.record_one(work, str(Thing.CLASS), found.id, "decline_correction", correction=asked.id)
        return asked
    check_event(Thing.CLASS, found.state, "correct")
    result = Result(asked.hours_attended, asked.exam_hundredths)
    asked.passed, why = _judge(work, found, voucher, done, result)
    work.session.flush()
    finishes = asked.passed and not done.passed
    done.hours_attended, done.exam_hundredths = result.hours_attended, result.exam_hundredths
    done.passed, done.why = asked.passed, why
    work.session.flush()
    told: dict[str, object] = {"correction": asked.id, "voucher": voucher.id, "passed": asked.passed}
    states.move(work, TrainingClass, [found], "correct", reason=asked.why, content={found.id: told})
    if finishes and voucher.worth == "sign_in":
        commitments.end_vouchers(work, [voucher], "complete")
    elif finishes:
        advance(work, [voucher], "finish")
    return asked


def _has_marks(work: Work, found: TrainingClass, voucher_id: int) -> bool:
    """Return whether somebody signed in to a session of a class, or studied for one."""
    return any(
        list_marked(work.session, held.id, [voucher_id]) for held in list_sessions(work.session, found.id)
    )


def _judge(
    work: Work, found: TrainingClass, voucher: Voucher, done: Completion, result: Result
) -> tuple[bool, str | None]:
    """Return whether somebody passes with another result, and why not."""
    if voucher.state not in OPEN_STATES:
        raise CORRECTION_TOO_LATE.refused(voucher=voucher.number)
    check_no_hold(work, Thing.VOUCHER, [voucher.id], "finish")
    if not 0 <= result.hours_attended <= found.hours_planned:
        raise HOURS_MALFORMED.refused(hours=result.hours_attended, planned=found.hours_planned)
    if result.exam_hundredths is not None and not 0 <= result.exam_hundredths <= FULL_SCORE_HUNDREDTHS:
        raise SCORE_MALFORMED.refused()
    bars = read_bars(work.session, found)
    refusals = judge_completion(found, bars, result.hours_attended, result.exam_hundredths)
    why = "；".join(each.title for each in refusals) or None
    if done.passed and refusals:
        raise CORRECTION_WOULD_FAIL.refused(voucher=voucher.number, why=why)
    return not refusals, why
