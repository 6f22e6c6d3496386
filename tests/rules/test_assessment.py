"""Every subject on its own: 59 and 95 is not a pass."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voucher.rules.assessment import ScoreOutcome, format_score, judge_scores, parse_score
from voucher.rules.errors import Refused

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
