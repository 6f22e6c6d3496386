"""Every subject on its own: 59 and 95 is not a pass."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voucher.rules.assessment import (
    ScoreOutcome,
    asks_comprehensive,
    check_apart,
    check_exam_day,
    check_exam_kind,
    format_score,
    judge_exam,
    judge_scores,
    parse_score,
)
from voucher.rules.errors import Refused
from voucher.rules.vocabulary import CertificateKind, Level

QUIET = settings(max_examples=150, deadline=None)
MARK = 6000
scores = st.integers(0, 10_000)


@pytest.mark.parametrize(
    ("written", "hundredths"),
    [
        ("75", 7500),
        ("75.5", 7550),
        (" ５９．９９ ", 5999),
        ("0", 0),
        ("100", 10_000),
        ("100.00", 10_000),
        ("059", 5900),
        (80, 8000),
        (80.0, 8000),
        (59.99, 5999),
    ],
)
def test_scores_are_read_without_rounding(written: object, hundredths: int) -> None:
    assert parse_score(written) == hundredths


@pytest.mark.parametrize(
    "written",
    [
        "",
        "100.01",
        "101",
        "-1",
        "+60",
        "59.995",
        "6e1",
        "合格",
        "60分",
        "60.",
        ".5",
        None,
        True,
        float("nan"),
        "1000",
    ],
)
def test_what_is_no_score_is_refused(written: object) -> None:
    with pytest.raises(Refused) as caught:
        parse_score(written)
    assert caught.value.refusal.code == "score_malformed"


@given(scores)
@QUIET
def test_a_score_is_read_as_it_is_written(score: int) -> None:
    assert parse_score(format_score(score)) == score


def test_59_and_95_is_not_a_pass_and_says_which_subject() -> None:
    judgement = judge_scores({"理论": 5900, "技能": 9500}, MARK)
    assert judgement.outcome is ScoreOutcome.FAILED
    (refusal,) = judgement.refusals
    assert refusal.code == "subject_failed"
    assert refusal.title == "理论成绩 59 分，未达到合格线 60 分"
    assert "平均分不得抵" in refusal.next_step


def test_each_subject_may_have_a_mark_of_its_own() -> None:
    marks = {"理论": 6000, "技能": 7000}
    assert judge_scores({"理论": 6000, "技能": 7000}, marks).outcome is ScoreOutcome.PASSED
    (refusal,) = judge_scores({"理论": 9900, "技能": 6999}, marks).refusals
    assert refusal.title == "技能成绩 69.99 分，未达到合格线 70 分"


def test_the_mark_itself_is_a_pass_and_a_hundredth_below_is_not() -> None:
    assert judge_scores({"理论": 6000, "技能": 6000}, MARK).outcome is ScoreOutcome.PASSED
    assert judge_scores({"理论": 5999, "技能": 6000}, MARK).outcome is ScoreOutcome.FAILED


def test_every_failed_subject_is_named_at_once() -> None:
    judgement = judge_scores({"理论": 0, "技能": 5999, "综合评审": 6000}, MARK)
    assert [refusal.facts["subject"] for refusal in judgement.refusals] == ["理论", "技能"]


def test_a_score_nobody_recorded_is_not_judged_unless_required() -> None:
    assert judge_scores({}, MARK).outcome is ScoreOutcome.UNVERIFIED
    assert judge_scores({"理论": None, "技能": None}, MARK).outcome is ScoreOutcome.UNVERIFIED
    assert judge_scores({"理论": 7500, "技能": None}, MARK).outcome is ScoreOutcome.UNVERIFIED
    assert judge_scores({"理论": 5900, "技能": None}, MARK).outcome is ScoreOutcome.FAILED
    judgement = judge_scores({"理论": None}, MARK, required=frozenset({"理论", "技能"}))
    assert judgement.outcome is ScoreOutcome.FAILED
    assert [refusal.title for refusal in judgement.refusals] == ["理论成绩未登记", "技能成绩未登记"]


@given(st.dictionaries(st.sampled_from(["理论", "技能", "综合评审"]), scores, min_size=1), scores)
@QUIET
def test_the_lowest_subject_decides_whatever_the_average(taken: dict[str, int], mark: int) -> None:
    judgement = judge_scores(taken, mark)
    assert (judgement.outcome is ScoreOutcome.PASSED) is (min(taken.values()) >= mark)
    assert len(judgement.refusals) == sum(score < mark for score in taken.values())


@pytest.mark.parametrize(
    ("kind", "theory", "skill", "outcome"),
    [
        (CertificateKind.SKILL_LEVEL, 5900, 9500, ScoreOutcome.FAILED),
        (CertificateKind.SKILL_LEVEL, 6000, 6000, ScoreOutcome.PASSED),
        (CertificateKind.SKILL_LEVEL, 10_000, None, ScoreOutcome.FAILED),
        (CertificateKind.QUALIFICATION, None, 10_000, ScoreOutcome.FAILED),
        (CertificateKind.SPECIAL_SKILL, None, 6000, ScoreOutcome.PASSED),
        (CertificateKind.SPECIAL_SKILL, 5999, 9000, ScoreOutcome.FAILED),
        (CertificateKind.SPECIAL_SKILL, 9000, None, ScoreOutcome.FAILED),
    ],
)
def test_a_level_asks_for_both_subjects_and_an_item_for_skill(
    kind: CertificateKind, theory: int | None, skill: int | None, outcome: ScoreOutcome
) -> None:
    assert judge_exam(kind, theory, skill, MARK).outcome is outcome


@pytest.mark.parametrize(
    ("review", "outcome"),
    [(6000, ScoreOutcome.PASSED), (5999, ScoreOutcome.FAILED), (None, ScoreOutcome.FAILED)],
)
def test_a_technician_passes_the_comprehensive_review_as_well(
    review: int | None, outcome: ScoreOutcome
) -> None:
    kind = CertificateKind.SKILL_LEVEL
    judged = judge_exam(kind, 10_000, 10_000, MARK, review, comprehensive=True)
    assert judged.outcome is outcome
    with pytest.raises(Refused, match="comprehensive_not_asked"):
        judge_exam(kind, 6000, 6000, MARK, 6000)
    asked = [asks_comprehensive(kind, int(level), 5) for level in Level]
    assert asked == [False] * 4 + [True] * 4
    assert not asks_comprehensive(kind, 8, None)
    assert not asks_comprehensive(CertificateKind.SPECIAL_SKILL, 0, 0)


@QUIET
@given(scores, scores, st.integers(0, 10_000))
def test_an_average_never_passes_anybody(theory: int, skill: int, mark: int) -> None:
    passed = judge_exam(CertificateKind.SKILL_LEVEL, theory, skill, mark).outcome is ScoreOutcome.PASSED
    assert passed == (min(theory, skill) >= mark)


@pytest.mark.parametrize("score", [-1, 10_001])
def test_a_score_beyond_full_marks_is_refused(score: int) -> None:
    with pytest.raises(Refused, match="score_malformed"):
        judge_exam(CertificateKind.SKILL_LEVEL, score, 6000, MARK)


def test_who_trained_does_not_examine_where_both_are_kept_apart() -> None:
    check_apart(True, 1, (2, 3))
    check_apart(False, 1, (1, 1))
    with pytest.raises(Refused, match="trained_by_evaluator"):
        check_apart(True, 1, (2, 1))


def test_only_what_is_examined_is_planned_and_with_the_level_its_kind_has() -> None:
    check_exam_kind("skill_level", 2)
    check_exam_kind("special_skill", 0)
    for kind in ("training_completion", "special_operation", "奖状"):
        with pytest.raises(Refused, match="kind_not_examined"):
            check_exam_kind(kind, 0)
    for kind, level in (("skill_level", 0), ("qualification", 9), ("special_skill", 2)):
        with pytest.raises(Refused, match="exam_level_unfit"):
            check_exam_kind(kind, level)


def test_an_exam_is_planned_for_today_at_the_earliest() -> None:
    check_exam_day(date(2024, 3, 1), date(2024, 3, 1))
    with pytest.raises(Refused, match="exam_day_past"):
        check_exam_day(date(2024, 2, 29), date(2024, 3, 1))
