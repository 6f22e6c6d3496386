"""Results of an exam: entered by one person, published by another, corrected afterwards by two.

Scores are never changed: what replaces them is the next revision, and a revision counts once a second
person has agreed to it, at publication or to the correction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from voucher.ledger import audit, holds, states
from voucher.ledger.holds import Hold
from voucher.ledger.vouchers import Voucher, advance, lock_vouchers
from voucher.plumbing.constraints import CHANGED_MEANWHILE
from voucher.plumbing.unit_of_work import Work
from voucher.rules.actor import Role
from voucher.rules.approval import check_two_people
from voucher.rules.assessment import ScoreOutcome, judge_exam
from voucher.rules.errors import Family, reason
from voucher.rules.lifecycle import Thing, check_event
from voucher.rules.vocabulary import CertificateKind
from voucher.stages.assess.models import Candidate, ExamBatch, ExamResult
from voucher.stages.assess.reading import (
    CANDIDATE_MISSING,
    SOURCE,
    STAFF,
    check_planned,
    check_why,
    find_newest_results,
    get_own_candidate,
    list_batch_candidates,
    lock_own_batch,
    read_pass_mark,
    serves_batch,
)

BEFORE_PUBLICATION = "公布前更正"
# from here on a voucher has been moved by a pass, and only a person may decide what a lost pass means
MOVED_BY_PASS = ("assessed", "certified", "settled")

RESULTS_MISSING = reason(
    "results_missing",
    "本批次还没有录入任何成绩",
    "请先录入成绩再公布；无人参加考试的，请取消本批次",
    SOURCE,
    Family.CONFLICT,
)
RESULT_EMPTY = reason(
    "result_empty",
    "没有填写任何一科成绩",
    "缺考的考生不录入成绩；参加考试的，请至少填写一科",
    SOURCE,
)
NOT_ADMITTED = reason(
    "candidate_not_admitted",
    "该考生没有核对证件入场，不能录入成绩",
    "未到场的记为缺考；确已到场的，请考评员先核对证件入场",
    "豫办〔2021〕29号 第16项 人证相符; S2-16c,d; AC-C3",
    Family.CONFLICT,
)
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


@dataclass(frozen=True, slots=True)
class Scores:
    """What one candidate reached, in hundredths of a point; empty where a subject was not sat."""

    candidate_id: int
    theory_hundredths: int | None
    skill_hundredths: int | None


@dataclass(frozen=True, slots=True)
class Published:
    """How many passed, failed and were absent; `held` are the vouchers a hold keeps from passing."""

    passed: int
    failed: int
    absent: int
    held: tuple[int, ...]


def enter_results(work: Work, batch_id: int, rows: Sequence[Scores]) -> int:
    """Write down scores before publication and return how many were new or changed.

    Raises Refused role_missing, exam_batch_missing, exam_batch_closed, candidate_missing,
    candidate_not_admitted, result_empty, score_malformed, parameter_missing.
    """
    batch = lock_own_batch(work, batch_id, *STAFF)
    check_planned(batch, "录入成绩")
    candidates = {each.id: each for each in list_batch_candidates(work.session, batch.id)}
    newest = find_newest_results(work.session, candidates)
    written = 0
    for row in rows:
        candidate = candidates.get(row.candidate_id)
        if candidate is None:
            raise CANDIDATE_MISSING.refused()
        before = newest.get(candidate.id)
        told = (row.theory_hundredths, row.skill_hundredths)
        if before is not None and (before.theory_hundredths, before.skill_hundredths) == told:
            continue
        newest[candidate.id] = _write(work, batch, candidate, row, before, BEFORE_PUBLICATION)
        written += 1
    if written:
        batch.entered_by_person_id = work.actor.person_id
        work.session.flush()
    return written


def _write(
    work: Work, batch: ExamBatch, candidate: Candidate, row: Scores, before: ExamResult | None, why: str
) -> ExamResult:
    """Write the next revision of a candidate's scores and return it."""
    if candidate.admitted_at is None:
        raise NOT_ADMITTED.refused()
    if row.theory_hundredths is None and row.skill_hundredths is None:
        raise RESULT_EMPTY.refused()
    judgement = judge_exam(
        CertificateKind(batch.certificate_kind),
        row.theory_hundredths,
        row.skill_hundredths,
        read_pass_mark(work.session, batch),
    )
    made = ExamResult(
        candidate_id=candidate.id,
        revision=before.revision + 1 if before is not None else 1,
        theory_hundredths=row.theory_hundredths,
        skill_hundredths=row.skill_hundredths,
        passed=judgement.outcome is ScoreOutcome.PASSED,
        why=why if before is not None or batch.state == "published" else None,
        entered_by_person_id=work.actor.person_id,
        entered_at=work.at,
    )
    work.session.add(made)
    work.session.flush()
    audit.record_one(
        work, "candidate", candidate.id, "enter_result", revision=made.revision, passed=made.passed
    )
    return made


def publish(work: Work, batch_id: int) -> Published:
    """Publish what others entered: those who passed are assessed, all others stay where they are.

    A voucher on hold does not pass and stops nobody else; `pass_due` passes it when the hold is closed.
    Raises Refused role_missing, exam_batch_missing, event_not_allowed, results_missing,
    second_person_needed, changed_meanwhile.
    """
    locked = _lock_vouchers_of(work, batch_id)
    batch = lock_own_batch(work, batch_id, Role.EVALUATOR_ADMIN)
    check_event(Thing.EXAM_BATCH, batch.state, "publish")
    candidates = list_batch_candidates(work.session, batch.id)
    if any(each.voucher_id is not None and each.voucher_id not in locked for each in candidates):
        raise CHANGED_MEANWHILE.refused()  # somebody was listed while the vouchers were being locked
    results = find_newest_results(work.session, [each.id for each in candidates])
    if not results or batch.entered_by_person_id is None:
        raise RESULTS_MISSING.refused()
    for person_id in {batch.entered_by_person_id, *(each.entered_by_person_id for each in results.values())}:
        check_two_people(person_id, work.actor.person_id)
    for each in results.values():
        each.confirmed_by_person_id, each.confirmed_at = work.actor.person_id, work.at
    batch.published_by_person_id, batch.published_at = work.actor.person_id, work.at
    work.session.flush()
    states.move(work, ExamBatch, [batch], "publish")
    passed = [each for each in candidates if each.id in results and results[each.id].passed]
    held = pass_vouchers(work, [locked[each.voucher_id] for each in passed if each.voucher_id is not None])
    return Published(len(passed), len(results) - len(passed), len(candidates) - len(results), held)


def _lock_vouchers_of(work: Work, batch_id: int) -> dict[int, Voucher]:
    ids = [each.voucher_id for each in list_batch_candidates(work.session, batch_id)]
    wanted = sorted(each for each in ids if each is not None)
    return {each.id: each for each in lock_vouchers(work, Voucher.id.in_(wanted))}


def pass_vouchers(work: Work, vouchers: Sequence[Voucher]) -> tuple[int, ...]:
    """Pass those that are still trained and return the ids of those among them that a hold keeps back."""
    trained = [each for each in vouchers if each.state == "trained"]
    stopped = set(
        work.session.scalars(
            holds.select_held(Thing.VOUCHER).where(Hold.object_id.in_([each.id for each in trained]))
        )
    )
    advance(work, [each for each in trained if each.id not in stopped], "pass")
    return tuple(sorted(stopped))


def ask_correction(
    work: Work, candidate_id: int, theory: int | None, skill: int | None, why: str
) -> ExamResult:
    """Ask for other scores after publication (in hundredths); they count once another person confirms.

    Raises Refused role_missing, candidate_missing, results_not_published, candidate_not_admitted,
    assessment_why_missing, result_empty, score_malformed.
    """
    candidate, batch = get_own_candidate(work, candidate_id, *STAFF)
    if batch.state != "published":
        raise NOT_PUBLISHED.refused()
    before = find_newest_results(work.session, [candidate.id]).get(candidate.id)
    return _write(work, batch, candidate, Scores(candidate.id, theory, skill), before, check_why(why))


def confirm_correction(work: Work, result_id: int) -> ExamResult:
    """Agree to the newest correction another person asked for, and follow it with the voucher.

    A pass won moves a voucher that is still trained; a pass lost stops it until the office has decided,
    because nothing moves back. Raises Refused role_missing, result_missing, correction_superseded,
    second_person_needed.
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
    check_two_people(result.entered_by_person_id, work.actor.person_id)
    result.confirmed_by_person_id, result.confirmed_at = work.actor.person_id, work.at
    work.session.flush()
    told: dict[int, dict[str, object]] = {batch.id: {"candidate": candidate.id, "revision": result.revision}}
    states.move(work, ExamBatch, [batch], "correct", reason=result.why, content=told)
    if result.passed:
        pass_vouchers(work, vouchers)
    else:
        for each in vouchers:
            if each.state in MOVED_BY_PASS:
                why = f"评价批次 {batch.number} 成绩更正为不合格：{result.why}"
                holds.open_hold(work, Thing.VOUCHER, each.id, why)
    return result
