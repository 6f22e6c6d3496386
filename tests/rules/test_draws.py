"""Draws anybody can repeat: the same names from the same seed, at least the share, nobody's order counts."""

from __future__ import annotations

import hashlib

import pytest

from voucher.rules.draws import (
    CallResult,
    CheckOutcome,
    check_caller,
    commitment_of,
    compare_rosters,
    digest_of,
    draw,
    judge_calls,
    sample_size,
    score_of,
)
from voucher.rules.errors import Refused

SEED, CLASS = "5e" * 32, "BJ-419001-2024-0001"
FIFTY = [f"Q2024-{number:04d}" for number in range(50)]


def test_of_fifty_at_least_five_are_drawn() -> None:
    """AC-E9: 50 人、10% 抽 5 人；不足一人按一人，零头进一；不抽多于名册的人。"""
    assert [sample_size(count, 1000) for count in (0, 1, 10, 11, 50, 51)] == [0, 1, 1, 2, 5, 6]
    assert sample_size(3, 20_000) == 3
    with pytest.raises(ValueError, match="-1"):
        sample_size(-1, 1000)
    assert len(draw(SEED, CLASS, FIFTY, sample_size(50, 1000))) == 5


def test_a_draw_is_repeated_from_its_seed_with_nothing_but_a_hash() -> None:
    """AC-E9: 种子留存，名单可复算。"""
    drawn = draw(SEED, CLASS, FIFTY, 5)
    assert draw(SEED, CLASS, list(reversed(FIFTY)), 5) == drawn
    by_hand = sorted(
        FIFTY, key=lambda name: hashlib.sha256(f"{SEED}\n{CLASS}\n{name}".encode()).hexdigest()
    )  # fmt: skip
    assert drawn == by_hand[:5]
    assert drawn != draw("00" * 32, CLASS, FIFTY, 5)
    assert drawn != draw(SEED, "BJ-419001-2024-0002", FIFTY, 5)
    assert commitment_of(SEED) == hashlib.sha256(SEED.encode()).hexdigest()
    # who leaves changes nobody else's place
    rest = [name for name in FIFTY if name != drawn[0]]
    assert draw(SEED, CLASS, rest, 4) == drawn[1:]
    assert score_of(SEED, CLASS, drawn[0]) < score_of(SEED, CLASS, drawn[1])


def test_a_roster_that_changed_after_the_draw_is_seen() -> None:
    assert digest_of(FIFTY) == digest_of(list(reversed(FIFTY)))
    changed = [*FIFTY[1:], "Q2024-9999"]
    assert digest_of(changed) != digest_of(FIFTY)
    change = compare_rosters(FIFTY, changed)
    assert (change.gone, change.added) == (("Q2024-0000",), ("Q2024-9999",))


@pytest.mark.parametrize(
    ("results", "outcome"),
    [
        ([], CheckOutcome.WAITING),
        ([CallResult.UNREACHED, CallResult.DECLINED], CheckOutcome.WAITING),
        ([CallResult.UNREACHED, CallResult.CONFIRMED], CheckOutcome.CONFIRMED),
        ([CallResult.DENIED], CheckOutcome.DOUBTED),
        ([CallResult.WRONG_NUMBER], CheckOutcome.DOUBTED),
        ([CallResult.UNREACHED] * 3, CheckOutcome.UNREACHABLE),
        ([CallResult.NO_NUMBER], CheckOutcome.UNREACHABLE),
    ],
)
def test_what_calls_come_to(results: list[CallResult], outcome: CheckOutcome) -> None:
    assert judge_calls(results, 3) is outcome


def test_nobody_calls_for_a_house_of_their_own() -> None:
    check_caller({7}, {1, 2})
    with pytest.raises(Refused, match="caller_of_institution"):
        check_caller({7, 2}, {1, 2})
