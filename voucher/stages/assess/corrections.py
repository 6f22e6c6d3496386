"""Corrections of published scores: asked for by one person with a reason, agreed to by another.

The voucher follows at once where a pass is won; nothing moves back by itself where one is lost.
"""

from __future__ import annotations

from sqlalchemy import select

from voucher.ledger import holds, states
from voucher.ledger.vouchers import Voucher, lock_vouchers
from voucher.plumbing.unit_of_work import Work
from voucher.registry.second_hands import check_second_hand
from voucher.rules.actor import Role
from voucher.rules.errors import Family, reason
from voucher.rules.lifecycle import Thing
from voucher.rules.scores import ScoreMark
from voucher.stages.assess.models import Candidate, ExamBatch, ExamResult
from voucher.stages.assess.reading import (
    SOURCE,
    STAFF,
    check_why,
    find_counting_results,
    find_newest_results,
    get_own_candidate,
    lock_own_batch,
    read_arrival_needed,
    read_pass_marks,
    serves_batch,
)
from voucher.stages.assess.results import pass_vouchers, write_result
from voucher.stages.assess.righting import right_by_correction
from voucher.stages.assess.scoring import Scores

# from here on a voucher has been moved by a pass, and only a person may decide what a lost pass means
MOVED_BY_PASS = ("assessed", "certified", "settled")

RESULT_MISSING = reason(
    "result_missing",
    "没有找到这条成绩更正",
    "请从评价批次的成绩列表重新进入",
    SOURCE,
    Family.MISSING,
)
CORRECTION_SUPERSEDED = reason(
    "correction_superseded",
    "这条成绩更正已经确认，或已被后来的更正取代",
    "请刷新页面，办理最新的一条",
    SOURCE,
    Family.CONFLICT,
)
NOT_PUBLISHED = reason(
    "results_not_published",
    "本批次成绩还没有公布，不需要办理更正",
    "公布前请直接重新录入成绩",
    SOURCE,
    Family.CONFLICT,
)


def ask_correction(
    work: Work,
    candidate_id: int,
    theory: int | None,
    skill: int | None,
    why: str,
    mark: ScoreMark | None = None,
    comprehensive: int | None = None,
) -> ExamResult:
    """Ask for other scores after publication (in hundredths); they count once another person confirms.

    Raises Refused role_missing, candidate_missing, results_not_published, candidate_not_admitted,
    assessment_why_missing, result_empty, score_malformed, score_mark_with_scores, subject_carried,
    comprehensive_not_asked.
    """
    candidate, batch = get_own_candidate(work, candidate_id, *STAFF)
    if batch.state != "published":
        raise NOT_PUBLISHED.refused()
    before = find_newest_results(work.session, [candidate.id]).get(candidate.id)
    told = Scores(candidate.id, theory, skill, mark, comprehensive)
    return write_result(
        work,
        batch,
        candidate,
        told,
        before,
        check_why(why),
        pass_marks=read_pass_marks(work.session, batch),
        needs_arrival=read_arrival_needed(work.session, batch),
    )


def confirm_correction(work: Work, result_id: int) -> ExamResult:
    """Agree to the newest correction another person asked for, and follow it with the voucher.

    A pass won moves a voucher that is still trained; where the voucher stood on what is no longer so, it is
    stopped until the office has decided, because nothing moves back. An upheld appeal is met by a better one.
    Raises Refused role_missing, result_missing, correction_superseded and what `check_second_hand` refuses.
    """
    result = work.session.get(ExamResult, result_id)
    candidate = work.session.get(Candidate, result.candidate_id) if result is not None else None
    if (
        result is None
        or candidate is None
        or not serves_batch(work.session, work.actor, candidate.batch_id, Role.EVALUATOR_ADMIN)
    ):
        raise RESULT_MISSING.refused()
    vouchers = lock_vouchers(work, Voucher.id == candidate.voucher_id) if candidate.voucher_id else []
    batch = lock_own_batch(work, candidate.batch_id, Role.EVALUATOR_ADMIN)
    work.session.refresh(result)
    newest = find_newest_results(work.session, [candidate.id])[candidate.id]
    if batch.state != "published" or result.confirmed_at is not None or newest.id != result.id:
        raise CORRECTION_SUPERSEDED.refused()
    check_second_hand(work, result.entered_by_person_id)
    former = find_counting_results(work.session, [candidate.id]).get(candidate.id)
    result.confirmed_by_person_id, result.confirmed_at = work.actor.person_id, work.at
    work.session.flush()
    told: dict[int, dict[str, object]] = {batch.id: {"candidate": candidate.id, "revision": result.revision}}
    states.move(work, ExamBatch, [batch], "correct", reason=result.why, content=told)
    if result.passed:
        pass_vouchers(work, vouchers)
    elif former is not None:
        _stop_shaken(work, batch, vouchers, candidate, former, result)
    right_by_correction(work, candidate, former, result, vouchers)
    return result


def _stop_shaken(
    work: Work,
    batch: ExamBatch,
    vouchers: list[Voucher],
    candidate: Candidate,
    former: ExamResult,
    result: ExamResult,
) -> None:
    """Stop a voucher that stood on its only pass, now lost, or on a score taken along, now lower."""
    others = work.session.scalars(
        select(Candidate).where(Candidate.voucher_id == candidate.voucher_id, Candidate.id != candidate.id)
    ).all()
    brought = any(each.attempt > candidate.attempt and _was_brought(each, former, result) for each in others)
    counting = find_counting_results(work.session, [each.id for each in others])
    lost = bool(former.passed) and not any(each.passed for each in counting.values())
    for each in vouchers:
        if brought or (lost and each.state in MOVED_BY_PASS):
            words = "成绩更正后，补考带入的成绩有变" if brought else "成绩更正为不合格"
            holds.open_hold(work, Thing.VOUCHER, each.id, f"评价批次 {batch.number} {words}：{result.why}")


def _was_brought(later: Candidate, former: ExamResult, result: ExamResult) -> bool:
    """Return whether a later exam took along a score that has since become lower, or none at all."""
    return any(
        taken is not None and taken == before and (now is None or now < before)
        for taken, before, now in (
            (later.carried_theory_hundredths, former.theory_hundredths, result.theory_hundredths),
            (later.carried_skill_hundredths, former.skill_hundredths, result.skill_hundredths),
            (
                later.carried_comprehensive_hundredths,
                former.comprehensive_hundredths,
                result.comprehensive_hundredths,
            ),
        )
    )
