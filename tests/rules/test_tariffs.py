"""Tariffs to come: what a row must say, and what changes on which day."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from tests.rules.test_modifiers import BLENDED, SHORT
from tests.rules.test_subsidy import HALF, STANDARDS, training
from voucher.rules.errors import Refused
from voucher.rules.modifiers import Modifier
from voucher.rules.subsidy import Form, Standard
from voucher.rules.tariffs import Change, Subject, Tariff, check_tariff, list_changes, parse_percent
from voucher.rules.vocabulary import Level, Method, SubsidyKind

TODAY = date(2024, 3, 1)
APRIL = date(2024, 4, 1)
NEW = Tariff(
    subject=Subject.STANDARD, since=APRIL, until=None, document="豫人社规〔2024〕9号",
    kind=SubsidyKind.TRAINING, form=Form.LEVEL_CERTIFICATE, level=Level.JUNIOR, amount_fen=1000_00,
)  # fmt: skip
SHARE = Tariff(
    subject=Subject.MODIFIER, since=APRIL, until=None, document="文", kind=SubsidyKind.TRAINING,
    basis_points=12_000,
)  # fmt: skip
LISTED = Tariff(
    subject=Subject.SHORTAGE, since=APRIL, until=None, document="文", occupation_code="4-10-01-05"
)


def changes(*more: Standard, modifiers: tuple[Modifier, ...] = ()) -> list[Change]:
    regions = {"410100": ("410100", "410000")}
    return list_changes([*STANDARDS, *more], modifiers, TODAY, regions.__getitem__)


@pytest.mark.parametrize("good", [NEW, SHARE, LISTED, replace(SHARE, method=Method.CREDIT)])
def test_a_row_that_says_everything_may_be_written(good: Tariff) -> None:
    check_tariff(good, TODAY)


@pytest.mark.parametrize(
    ("row", "wrong", "code"),
    [
        (NEW, {"document": " "}, "tariff_without_document"),
        (NEW, {"since": TODAY}, "tariff_not_ahead"),
        (NEW, {"until": date(2024, 3, 31)}, "tariff_dates"),
        (NEW, {"kind": None}, "tariff_incomplete"),
        (NEW, {"form": "anything"}, "tariff_incomplete"),
        (NEW, {"level": None}, "tariff_incomplete"),
        (NEW, {"form": Form.SPECIAL_SKILL}, "tariff_incomplete"),
        (NEW, {"amount_fen": None}, "tariff_incomplete"),
        (NEW, {"amount_fen": -1}, "tariff_incomplete"),
        (SHARE, {"basis_points": 100_001}, "tariff_incomplete"),
        (SHARE, {"method": Method.DIRECT, "mode": BLENDED.mode}, "tariff_incomplete"),
        (LISTED, {"occupation_code": None}, "tariff_incomplete"),
    ],
)
def test_a_row_that_cannot_be_one_is_refused(row: Tariff, wrong: dict[str, Any], code: str) -> None:
    with pytest.raises(Refused) as caught:
        check_tariff(replace(row, **wrong), TODAY)
    assert caught.value.refusal.code == code


def test_a_percentage_is_read_as_people_write_it_and_nothing_else() -> None:
    given = ("50", "112.5", " １２０ %", "0.05")
    assert [parse_percent(each) for each in given] == [5_000, 11_250, 12_000, 5]
    for text in ("", "abc", "-5", "1e2", "12.345", "99999"):
        with pytest.raises(Refused):
            parse_percent(text)


def test_what_changes_is_told_with_before_and_after_and_what_only_repeats_is_not() -> None:
    assert changes() == []
    same = replace(training(Form.LEVEL_CERTIFICATE, Level.JUNIOR, "1200"), since=APRIL)
    assert changes(same) == []
    lower = replace(same, amount_fen=1000_00, until=date(2024, 12, 31), document="新文件")
    first, back = changes(lower)
    assert (first.on, first.before, first.after, first.document) == (APRIL, 1200_00, 1000_00, "新文件")
    assert (back.on, back.before, back.after) == (date(2025, 1, 1), 1000_00, 1200_00)


def test_one_occupation_or_area_changes_from_what_all_have_to_its_own() -> None:
    own = replace(
        training(Form.LEVEL_CERTIFICATE, Level.JUNIOR, "1500"),
        since=APRIL,
        occupation_code="4-10-01-05",
        region_code="410100",
    )
    (change,) = changes(own)
    assert (change.before, change.after, change.occupation_code) == (1200_00, 1500_00, "4-10-01-05")
    new_form = replace(training("special_equipment", None, "500"), since=APRIL)
    (change,) = changes(new_form)
    assert (change.before, change.after) == (None, 500_00)


def test_shares_change_from_the_whole_or_from_a_persons_decision() -> None:
    (ends,) = changes(modifiers=(SHORT,))
    assert (ends.subject, ends.on, ends.before, ends.after) == (
        Subject.SHORTAGE, date(2025, 1, 1), 12_000, 10_000,
    )  # fmt: skip
    prize = replace(HALF, method=Method.COMPETITION, since=APRIL, basis_points=10_000)
    (begins,) = changes(modifiers=(prize,))
    assert (begins.condition, begins.before, begins.after) == ("竞赛", None, 10_000)
