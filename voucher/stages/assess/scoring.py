"""What is told of a candidate's scores: checked, joined with what a retake brings along, and judged."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from voucher.rules.arrivals import may_have_scores
from voucher.rules.assessment import (
    COMPREHENSIVE,
    COMPREHENSIVE_NOT_ASKED,
    COMPREHENSIVE_SOURCE,
    SKILL,
    THEORY,
    ScoreOutcome,
    format_score,
    judge_exam,
    required_subjects,
)
from voucher.rules.errors import Family, reason
from voucher.rules.scores import SUBJECT_CARRIED, ScoreMark, check_mark
from voucher.rules.vocabulary import CertificateKind
from voucher.stages.assess.models import Candidate, ExamBatch, ExamResult
from voucher.stages.assess.reading import SOURCE

# theory, skill and comprehensive review, in hundredths of a point
Told = tuple[int | None, int | None, int | None]

RESULT_EMPTY = reason(
    "result_empty",
    "没有填写任何一科成绩",
    "缺考的考生不录入成绩；参加考试的，请至少填写一科",
    SOURCE,
)
REVIEW_UNTOLD = reason(
    "comprehensive_untold",
    "本批次的等级要考综合评审，没有写明综合评审成绩",
    "请每名考生都带上综合评审成绩；没有参加评审的，写明为空（按不合格判定）",
    COMPREHENSIVE_SOURCE,
)
NOT_ADMITTED = reason(
    "candidate_not_admitted",
    "该考生没有核对证件入场，不能录入成绩",
    "未到场的记为缺考；确已到场的，请考评员先核对证件入场",
    "豫办〔2021〕29号 第16项 人证相符; S2-16c,d; AC-C3",
    Family.CONFLICT,
)


@dataclass(frozen=True, slots=True)
class Scores:
    """What one candidate reached, in hundredths of a point; empty where a subject was not sat.

    Subjects passed before and brought into a retake are left empty; `mark` says why there is no score.
    `reviews_told` is whether whoever tells them spoke of the comprehensive review, if only to say none.
    """

    candidate_id: int
    theory_hundredths: int | None
    skill_hundredths: int | None
    mark: ScoreMark | None = None
    comprehensive_hundredths: int | None = None
    reviews_told: bool = True

    @property
    def by_subject(self) -> tuple[int | None, int | None, int | None]:
        """Return theory, skill and comprehensive review."""
        return self.theory_hundredths, self.skill_hundredths, self.comprehensive_hundredths


def says_the_same(
    batch: ExamBatch, candidate: Candidate, row: Scores, before: ExamResult, pass_marks: Mapping[str, int]
) -> bool:
    """Return whether a row says nothing new; what was judged by other marks is new, and judged again."""
    told = _bring_along(candidate, row, pass_marks)
    mark = str(row.mark) if row.mark is not None else None
    return (told, mark) == (scores_of(before), before.mark) and not is_judged_before(
        batch, before, pass_marks
    )


def scores_of(result: ExamResult) -> Told:
    """Return theory, skill and comprehensive review of a revision."""
    return result.theory_hundredths, result.skill_hundredths, result.comprehensive_hundredths


def is_judged_before(batch: ExamBatch, result: ExamResult, pass_marks: Mapping[str, int]) -> bool:
    """Return whether a result was judged by other subjects or marks than those of the day of the exam.

    One with a review that is not asked for was, whatever it came to.
    """
    if result.comprehensive_hundredths is not None and COMPREHENSIVE not in pass_marks:
        return True
    return bool(result.passed) is not passes(batch, scores_of(result), pass_marks)


def passes(batch: ExamBatch, told: Told, pass_marks: Mapping[str, int]) -> bool:
    """Return whether scores pass an exam. Raises Refused score_malformed, comprehensive_not_asked."""
    theory, skill, comprehensive = told
    kind, asked = CertificateKind(batch.certificate_kind), COMPREHENSIVE in pass_marks
    judged = judge_exam(kind, theory, skill, pass_marks, comprehensive, comprehensive=asked)
    return judged.outcome is ScoreOutcome.PASSED


def check_scores(needed: bool, candidate: Candidate, row: Scores, pass_marks: Mapping[str, int]) -> Told:
    """Check what a row says of a candidate and return its scores with what a retake brings along.

    They are theory, skill and comprehensive review; `needed` is whether scores need an arrival. Raises
    Refused score_mark_with_scores, candidate_not_admitted, result_empty, comprehensive_not_asked,
    comprehensive_untold, subject_carried.
    """
    check_mark(row.mark, *row.by_subject)
    if row.mark is None and not may_have_scores(needed, candidate.admitted_at):
        raise NOT_ADMITTED.refused()
    if row.mark is None and all(each is None for each in row.by_subject):
        raise RESULT_EMPTY.refused()
    carried_along = list_carried(candidate, pass_marks)
    if row.comprehensive_hundredths is not None and COMPREHENSIVE not in pass_marks:
        raise COMPREHENSIVE_NOT_ASKED.refused()
    if not row.reviews_told and row.mark is None and COMPREHENSIVE in pass_marks and carried_along[2] is None:
        raise REVIEW_UNTOLD.refused()
    return _bring_along(candidate, row, pass_marks)


def list_carried(candidate: Candidate, pass_marks: Mapping[str, int]) -> Told:
    """Return what a retake brings along; a review only where this exam asks for one."""
    reviewed = candidate.carried_comprehensive_hundredths if COMPREHENSIVE in pass_marks else None
    return candidate.carried_theory_hundredths, candidate.carried_skill_hundredths, reviewed


def check_carried(subject: str, given: int | None, carried: int | None) -> None:
    """Refuse another score of a subject that is brought along. Raises Refused subject_carried."""
    if carried is not None and given not in (None, carried):
        raise SUBJECT_CARRIED.refused(subject=subject, score=format_score(carried))


def _bring_along(candidate: Candidate, row: Scores, pass_marks: Mapping[str, int]) -> Told:
    """Return the scores with what is brought into a retake. Raises Refused subject_carried."""
    told: list[int | None] = []
    for subject, given, carried in zip(
        (THEORY, SKILL, COMPREHENSIVE), row.by_subject, list_carried(candidate, pass_marks), strict=True
    ):
        check_carried(subject, given, carried)
        told.append(given if carried is None or row.mark is not None else carried)
    return told[0], told[1], told[2]


def count_lacking(
    batch: ExamBatch, results: Iterable[ExamResult], pass_marks: Mapping[str, int]
) -> dict[str, int]:
    """Return how many who sat an exam have no score of each subject it requires; they fail by it."""
    kind = CertificateKind(batch.certificate_kind)
    required = required_subjects(kind, comprehensive=COMPREHENSIVE in pass_marks)
    lacking: dict[str, int] = {}
    for each in results:
        for subject, score in zip((THEORY, SKILL, COMPREHENSIVE), scores_of(each), strict=True):
            if each.mark is None and score is None and subject in required:
                lacking[subject] = lacking.get(subject, 0) + 1
    return lacking
