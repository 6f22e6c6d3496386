"""Scores: every subject reaches its mark on its own; no subject makes up for another."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from voucher.rules.errors import Family, Refusal, reason
from voucher.rules.register import rule
from voucher.rules.spelling import fold_spelling
from voucher.rules.vocabulary import (
    CERTIFICATE_KIND_NAMES,
    LEVEL_CERTIFICATE_KINDS,
    CertificateKind,
    Level,
)

MARK_SOURCE = "【参】DOMAIN 2.4 考核：百分制，理论、技能同时达到60分 (P7); AC-F1"
COMPREHENSIVE_SOURCE = "【参】DOMAIN 2.4 考核：技师以上还须综合评审 (P7)"
APART_SOURCE = "【参】考培分离（豫人社办〔2023〕102号（一）; S0-01b）"
PLAN_SOURCE = "豫办〔2021〕29号 第4项 评价目录清单; S2-04f; S2-04r"
FOUNDED = date(2021, 10, 28)
THEORY, SKILL, COMPREHENSIVE = "理论", "技能", "综合评审"
# the dated parameter of each subject's own mark; empty where the common one holds
SUBJECT_MARKS = {
    THEORY: "pass_mark_theory",
    SKILL: "pass_mark_skill",
    COMPREHENSIVE: "pass_mark_comprehensive",
}
LEVELS = frozenset(int(each) for each in Level)
# the other kinds are given for a course completed, or by another authority
EXAMINED_KINDS = LEVEL_CERTIFICATE_KINDS | {CertificateKind.SPECIAL_SKILL}
EXAMINED_ELSEWHERE = frozenset({CertificateKind.SPECIAL_OPERATION, CertificateKind.SPECIAL_EQUIPMENT})
FULL_SCORE_HUNDREDTHS = 10_000

SCORE_MALFORMED = reason(
    "score_malformed",
    "成绩格式不正确：应为0至100的数字，最多两位小数",
    "请按百分制重新填写；未考的科目留空，不填0或文字",
    MARK_SOURCE,
)
SUBJECT_FAILED = reason(
    "subject_failed",
    "{subject}成绩 {score} 分，未达到合格线 {mark} 分",
    "各科须分别合格，平均分不得抵；可按规定补考该科",
    MARK_SOURCE,
)
SCORE_MISSING = reason(
    "score_missing",
    "{subject}成绩未登记",
    "请评价机构补录该科成绩",
    MARK_SOURCE,
)
COMPREHENSIVE_NOT_ASKED = reason(
    "comprehensive_not_asked",
    "本批次的等级不考综合评审，不能有综合评审成绩",
    "请将综合评审成绩留空；填错列的，请改填到理论或技能",
    COMPREHENSIVE_SOURCE,
)
TRAINED_BY_EVALUATOR = reason(
    "trained_by_evaluator",
    "该考生由本机构培训，本机构不得再对其评价",
    "请由培训机构以外的评价机构安排考试（考培分离）",
    APART_SOURCE,
    Family.CONFLICT,
)
KIND_NOT_EXAMINED = reason(
    "kind_not_examined",
    "{kind}不由评价机构组织考试",
    "请选择职业技能等级证书、职业资格证书或专项职业能力证书",
    PLAN_SOURCE,
)
EXAM_LEVEL_UNFIT = reason(
    "exam_level_unfit",
    "等级与证书类型不符：{kind}",
    "职业技能等级证书、职业资格证书须选等级；专项职业能力证书不分等级，请将等级留空",
    PLAN_SOURCE,
)
EXAM_DAY_PAST = reason(
    "exam_day_past",
    "评价日期 {exam_on} 已经过去",
    "请填写今天或以后的日期；已经考完的，不能补报评价计划",
    PLAN_SOURCE,
)

# one mark for every subject, or each subject's own, in hundredths of a point
Marks = int | Mapping[str, int]

_SCORE = re.compile(r"([0-9]{1,3})(?:\.([0-9]{1,2}))?")


class ScoreOutcome(StrEnum):
    """What the scores say; 未核 where nobody recorded a score that nobody requires."""

    PASSED = "passed"
    FAILED = "failed"
    UNVERIFIED = "unverified"


SCORE_OUTCOME_NAMES: dict[ScoreOutcome, str] = {
    ScoreOutcome.PASSED: "合格",
    ScoreOutcome.FAILED: "不合格",
    ScoreOutcome.UNVERIFIED: "未核",
}


@dataclass(frozen=True, slots=True)
class ScoreJudgement:
    """The outcome over all subjects, with one refusal for each subject that stands in the way."""

    outcome: ScoreOutcome
    refusals: tuple[Refusal, ...]


@rule(number="ASM-01", stage="评价", source=MARK_SOURCE, since=FOUNDED)
def parse_score(value: object) -> int:
    """Return a score out of 100 in hundredths of a point, from text or from a spreadsheet's number.

    Raises score_malformed.
    """
    match = _SCORE.fullmatch(fold_spelling(str(value)))
    if match is None:
        raise SCORE_MALFORMED.refused()
    score_hundredths = int(match.group(1)) * 100 + int((match.group(2) or "0").ljust(2, "0"))
    if score_hundredths > FULL_SCORE_HUNDREDTHS:
        raise SCORE_MALFORMED.refused()
    return score_hundredths


@rule(number="ASM-02", stage="评价", source=MARK_SOURCE, since=FOUNDED)
def format_score(score_hundredths: int) -> str:
    """Return a score as people write it: 60, 59.5, 59.99."""
    points, hundredths = divmod(score_hundredths, 100)
    return f"{points}.{hundredths:02d}".rstrip("0").rstrip(".")


@rule(number="ASM-03", stage="评价", source=MARK_SOURCE, since=FOUNDED)
def judge_scores(
    scores: Mapping[str, int | None],
    marks: Marks,
    required: frozenset[str] = frozenset(),
) -> ScoreJudgement:
    """Return whether every subject reaches its mark on its own; scores and marks in hundredths.

    A missing score fails only where its subject is required; otherwise the whole is not judged (未核),
    unless another subject has failed already.
    """
    refusals: list[Refusal] = []
    missing = False
    for subject in (*scores, *sorted(required - scores.keys())):
        score = scores.get(subject)
        mark = marks if isinstance(marks, int) else marks[subject]
        if score is not None and score < mark:
            told = {"score": format_score(score), "mark": format_score(mark)}
            refusals.append(SUBJECT_FAILED.refusal(subject=subject, **told))
        elif score is None and subject in required:
            refusals.append(SCORE_MISSING.refusal(subject=subject))
        elif score is None:
            missing = True
    if refusals:
        return ScoreJudgement(ScoreOutcome.FAILED, tuple(refusals))
    unjudged = missing or not scores
    return ScoreJudgement(ScoreOutcome.UNVERIFIED if unjudged else ScoreOutcome.PASSED, ())


@rule(number="ASM-04", stage="评价", source=f"{MARK_SOURCE}; S2-04r", since=FOUNDED)
def required_subjects(certificate_kind: CertificateKind, *, comprehensive: bool = False) -> frozenset[str]:
    """Return the subjects that must be sat: theory and skill for a level, skill alone for a 专项 item.

    `comprehensive` is whether the level is one that asks for a comprehensive review (综合评审) as well.
    """
    if certificate_kind in LEVEL_CERTIFICATE_KINDS:
        return frozenset({THEORY, SKILL, COMPREHENSIVE} if comprehensive else {THEORY, SKILL})
    return frozenset({SKILL})


@rule(number="ASM-57", stage="评价", source=COMPREHENSIVE_SOURCE, since=FOUNDED)
def asks_comprehensive(certificate_kind: CertificateKind, level: int, level_least: int | None) -> bool:
    """Return whether a level asks for a comprehensive review: each does from the least one on, None none."""
    return certificate_kind in LEVEL_CERTIFICATE_KINDS and level_least is not None and level >= level_least


@rule(number="ASM-05", stage="评价", source=MARK_SOURCE, since=FOUNDED)
def judge_exam(
    certificate_kind: CertificateKind,
    theory_hundredths: int | None,
    skill_hundredths: int | None,
    marks: Marks,
    comprehensive_hundredths: int | None = None,
    *,
    comprehensive: bool = False,
) -> ScoreJudgement:
    """Return whether an exam is passed; scores and marks in hundredths, empty where a subject was not sat.

    `comprehensive` is whether the exam asks for a comprehensive review, which no other subject makes up for.
    Raises score_malformed, comprehensive_not_asked.
    """
    given = {THEORY: theory_hundredths, SKILL: skill_hundredths, COMPREHENSIVE: comprehensive_hundredths}
    for score in given.values():
        if score is not None and not 0 <= score <= FULL_SCORE_HUNDREDTHS:
            raise SCORE_MALFORMED.refused()
    if comprehensive_hundredths is not None and not comprehensive:
        raise COMPREHENSIVE_NOT_ASKED.refused()
    required = required_subjects(certificate_kind, comprehensive=comprehensive)
    scores = {name: score for name, score in given.items() if score is not None or name in required}
    return judge_scores(scores, marks, required)


@rule(number="ASM-06", stage="评价", source=APART_SOURCE, since=FOUNDED)
def check_apart(apart: bool, evaluator_id: int, trainer_ids: Collection[int]) -> None:
    """Refuse an evaluator that trained the candidate itself, where training and exam are kept apart.

    Raises trained_by_evaluator.
    """
    if apart and evaluator_id in trainer_ids:
        raise TRAINED_BY_EVALUATOR.refused()


@rule(number="ASM-07", stage="评价", source=PLAN_SOURCE, since=FOUNDED)
def check_exam_kind(certificate_kind: str, level: int) -> None:
    """Check that a certificate is earned by an exam, and has a level exactly where its kind has levels.

    Level 0 stands for none. Raises kind_not_examined, exam_level_unfit.
    """
    if certificate_kind not in EXAMINED_KINDS:
        known = [name for kind, name in CERTIFICATE_KIND_NAMES.items() if kind == certificate_kind]
        raise KIND_NOT_EXAMINED.refused(kind="".join(known) or "该类证书")
    if (certificate_kind in LEVEL_CERTIFICATE_KINDS) != (level in LEVELS):
        raise EXAM_LEVEL_UNFIT.refused(kind=CERTIFICATE_KIND_NAMES[CertificateKind(certificate_kind)])


@rule(number="ASM-08", stage="评价", source=PLAN_SOURCE, since=FOUNDED)
def check_exam_day(exam_on: date, on: date) -> None:
    """Check that an exam is planned for today or later. Raises exam_day_past."""
    if exam_on < on:
        raise EXAM_DAY_PAST.refused(exam_on=exam_on.isoformat())
