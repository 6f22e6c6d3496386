"""Results that look made up: shown to the evaluator first, with figure, threshold and the exams behind.

Nothing follows from a suspicion by itself; it is a place to look.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from voucher.rules.assessment import COMPREHENSIVE, SKILL, THEORY, format_score
from voucher.rules.register import rule
from voucher.rules.shares import shown_share, write_share

SOURCE = "DOMAIN N12 审计署 2022: 334 家评价机构考试不严、改分; 【设】门槛为参数"
SINCE = date(2026, 11, 22)


class SuspicionKind(StrEnum):
    """What looks made up."""

    HIGH_RATE = "high_rate"
    BURST = "burst"
    SAME_SCORES = "same_scores"


SUSPICION_NAMES: dict[SuspicionKind, str] = {
    SuspicionKind.HIGH_RATE: "合格率过高",
    SuspicionKind.BURST: "一天考试人数过多",
    SuspicionKind.SAME_SCORES: "成绩雷同",
}


@dataclass(frozen=True, slots=True)
class Thresholds:
    """From which figures on results are suspicious: percent, people of an exam, of a day, with one score."""

    pass_percent: int
    people_least: int
    people_a_day: int
    same_scores: int


@dataclass(frozen=True, slots=True)
class SatResult:
    """Who sat an exam: which exam, when, the scores in hundredths of a point, and whether passed."""

    batch_id: int
    exam_on: date
    theory_hundredths: int | None
    skill_hundredths: int | None
    passed: bool
    comprehensive_hundredths: int | None = None


@dataclass(frozen=True, slots=True)
class Suspicion:
    """One thing to look at: the figure and the threshold in words, and the exams behind it."""

    kind: SuspicionKind
    figure: str
    threshold: str
    batch_ids: tuple[int, ...]


@rule(number="SUS-01", stage="评价", source=SOURCE, since=SINCE)
def find_suspicions(results: Iterable[SatResult], limits: Thresholds) -> list[Suspicion]:
    """Return what looks made up among an evaluator's results, exam by exam and day by day."""
    by_batch: dict[int, list[SatResult]] = {}
    by_day: dict[date, list[SatResult]] = {}
    for each in results:
        by_batch.setdefault(each.batch_id, []).append(each)
        by_day.setdefault(each.exam_on, []).append(each)
    found: list[Suspicion] = []
    for batch_id, sat in sorted(by_batch.items(), reverse=True):
        found += _rate(batch_id, sat, limits)
        found += _same(batch_id, sat, limits)
    for day, sat in sorted(by_day.items(), reverse=True):
        if len(sat) > limits.people_a_day:
            batches = tuple(sorted({each.batch_id for each in sat}))
            figure = f"{day.isoformat()} 一天 {len(sat)} 人参加考试"
            found.append(Suspicion(SuspicionKind.BURST, figure, f"超过 {limits.people_a_day} 人", batches))
    return found


def _rate(batch_id: int, sat: Sequence[SatResult], limits: Thresholds) -> list[Suspicion]:
    passed = sum(each.passed for each in sat)
    if len(sat) < limits.people_least or passed * 100 < limits.pass_percent * len(sat):
        return []
    return [
        Suspicion(
            SuspicionKind.HIGH_RATE,
            f"{len(sat)} 人参加，{passed} 人合格（{write_share(shown_share(passed, len(sat)))}）",
            f"{limits.people_least} 人以上的考试，合格率达到 {limits.pass_percent}%",
            (batch_id,),
        )
    ]


def _same(batch_id: int, sat: Sequence[SatResult], limits: Thresholds) -> list[Suspicion]:
    scores = Counter(
        (each.theory_hundredths, each.skill_hundredths, each.comprehensive_hundredths) for each in sat
    )
    same, count = max(scores.items(), key=lambda item: item[1])
    if count < limits.same_scores or all(score is None for score in same):
        return []
    told = "、".join(
        f"{name} {format_score(score)} 分"
        for name, score in zip((THEORY, SKILL, COMPREHENSIVE), same, strict=True)
        if score is not None
    )
    figure = f"{count} 人成绩完全相同（{told}）"
    return [Suspicion(SuspicionKind.SAME_SCORES, figure, f"{limits.same_scores} 人以上相同", (batch_id,))]
