"""Scores: every subject reaches its mark on its own; no subject makes up for another."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from voucher.rules.errors import Refusal, reason
from voucher.rules.register import rule
from voucher.rules.spelling import fold_spelling

MARK_SOURCE = "【参】DOMAIN 2.4 考核：百分制，理论、技能同时达到60分 (P7); AC-F1"
FOUNDED = date(2021, 10, 28)
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
    pass_mark_hundredths: int,
    required: frozenset[str] = frozenset(),
) -> ScoreJudgement:
    """Return whether every subject reaches the mark on its own; scores and mark in hundredths.

    A missing score fails only where its subject is required; otherwise the whole is not judged (未核),
    unless another subject has failed already.
    """
    refusals: list[Refusal] = []
    missing = False
    for subject in (*scores, *sorted(required - scores.keys())):
        score = scores.get(subject)
        if score is not None and score < pass_mark_hundredths:
            refusals.append(
                SUBJECT_FAILED.refusal(
                    subject=subject, score=format_score(score), mark=format_score(pass_mark_hundredths)
                )
            )
        elif score is None and subject in required:
            refusals.append(SCORE_MISSING.refusal(subject=subject))
        elif score is None:
            missing = True
    if refusals:
        return ScoreJudgement(ScoreOutcome.FAILED, tuple(refusals))
    unjudged = missing or not scores
    return ScoreJudgement(ScoreOutcome.UNVERIFIED if unjudged else ScoreOutcome.PASSED, ())
