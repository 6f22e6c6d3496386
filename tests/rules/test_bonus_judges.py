"""What a bonus earns, kind by kind: the last day that is too early, the last fen that fits."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from voucher.rules.bonus_judges import AwardRecord, BonusCase, BonusVerdict, judge_bonus
from voucher.rules.bonus_kinds import BonusKind
from voucher.rules.bonuses import BonusStandard, FirmSize
from voucher.rules.vocabulary import Outcome

SINCE = date(2021, 10, 28)
FILED, HIRED = date(2024, 3, 6), date(2023, 3, 6)
EMPLOYER = "91419001MA3X4Y5Q0X"


def standard(kind: BonusKind, most_fen: int, **more: Any) -> BonusStandard:
    row = BonusStandard(kind, "item", "奖补", None, most_fen, most_fen, None, None, None, SINCE, None, "文件")
    return replace(row, **more)  # a test may name any column


HIRE = BonusCase(
    standard(BonusKind.ABSORPTION, 1000_00, insured_months=12, payee_cap_fen=20_000_00),
    7, 1, "", HIRED, FILED, firm_size=FirmSize.SMALL, certified_on=HIRED, insured_months=12,
)  # fmt: skip
INTRODUCED = BonusCase(
    standard(BonusKind.INTRODUCTION, 300_00, insured_months=6),
    7, 1, EMPLOYER, date(2023, 9, 6), FILED, certified_on=HIRED, insured_months=6,
)  # fmt: skip
AWARD = BonusCase(
    standard(BonusKind.COMPETITION_AWARD, 8000_00),
    7,
    1,
    "第三届",
    HIRED,
    FILED,
    apart_months=12,
    recorded=AwardRecord("第三届 第 2 名", HIRED),
)
HONOUR = BonusCase(
    standard(BonusKind.HONOUR_AWARD, 50_000_00), 7, 1, "", HIRED, FILED, recorded=AwardRecord("奖", HIRED)
)
ADVANCE = BonusCase(
    standard(BonusKind.APPRENTICESHIP_ADVANCE, 5000_00), 0, 1, "备案1", HIRED, FILED,
    asked_fen=50_000_00, heads=20, advance_points=5_000,
)  # fmt: skip
SETTLEMENT = BonusCase(
    standard(BonusKind.APPRENTICESHIP_SETTLEMENT, 5000_00), 0, 1, "备案1", HIRED, FILED,
    heads=20, completed=18, advanced_fen=50_000_00, advanced_heads=20,
)  # fmt: skip
GRANT = BonusCase(
    standard(BonusKind.ONE_OFF_BONUS, 150_000_00, least_fen=20_000_00),
    0, 1, "", HIRED, FILED, asked_fen=20_000_00,
)  # fmt: skip


def judged(case: BonusCase, **changed: Any) -> BonusVerdict:
    return judge_bonus(replace(case, **changed))  # a test may name any field


def marks(verdict: BonusVerdict) -> str:
    return "".join(each["mark"] for each in verdict.findings)


@pytest.mark.parametrize(
    ("case", "fen", "found"),
    [
        (HIRE, 1000_00, "✓✓✓未核✓✓"),
        (INTRODUCED, 300_00, "✓✓未核✓"),
        (AWARD, 8000_00, "✓✓"),
        (HONOUR, 50_000_00, "✓✓"),
        (ADVANCE, 50_000_00, "!✓"),
        (SETTLEMENT, 40_000_00, "!✓"),
        (GRANT, 20_000_00, "!✓"),
        (replace(GRANT, asked_fen=150_000_00), 150_000_00, "!✓"),
        (replace(HIRE, claimed_fen=19_000_00), 1000_00, "✓✓✓未核✓✓"),
        (replace(HIRE, happened_on=FILED, standard=replace(HIRE.standard, insured_months=None)), 1000_00,
         "✓✓✓未核✓✓"),
        (replace(HIRE, standard=replace(HIRE.standard, payee_cap_fen=None)), 1000_00, "✓✓✓未核✓"),
        (replace(AWARD, apart_months=None, other_days=(HIRED,)), 8000_00, "✓✓"),
        (replace(AWARD, other_days=(date(2024, 3, 6), date(2022, 3, 6))), 8000_00, "✓✓"),
        (replace(INTRODUCED, other_days=(date(2024, 3, 6), date(2023, 3, 6))), 300_00, "✓✓未核✓"),
        (replace(SETTLEMENT, advanced_heads=None), 40_000_00, "!✓"),
        (replace(INTRODUCED, standard=replace(INTRODUCED.standard, insured_months=None),
                 other_days=(date(2023, 9, 6),)), 300_00, "✓✓未核✓"),
    ],
)  # fmt: skip
def test_what_is_in_order_is_payable(case: BonusCase, fen: int, found: str) -> None:
    verdict = judge_bonus(case)
    assert (verdict.outcome, verdict.amount_fen, verdict.proposed_fen) == (Outcome.PAYABLE, fen, fen)
    assert verdict.refusal is None
    assert marks(verdict) == found


@pytest.mark.parametrize(
    ("case", "code"),
    [
        (replace(HONOUR, happened_on=date(2024, 3, 7)), "bonus_field_missing"),
        (replace(HIRE, firm_size=None), "bonus_field_missing"),
        (replace(HIRE, firm_size=FirmSize.LARGE), "firm_too_large"),
        (replace(HIRE, certified_on=None), "not_certified_person"),
        (replace(HIRE, happened_on=date(2023, 3, 7)), "employed_too_short"),
        (replace(HIRE, insured_months=11), "insured_too_short"),
        (replace(HIRE, claimed_fen=19_000_01), "payee_cap_reached"),
        (replace(INTRODUCED, occasion=" "), "bonus_field_missing"),
        (replace(INTRODUCED, occasion="某某公司"), "organisation_code_malformed"),
        (replace(INTRODUCED, insured_months=5), "insured_too_short"),
        (replace(AWARD, occasion=" "), "bonus_field_missing"),
        (replace(AWARD, occasion="——"), "bonus_field_missing"),
        (replace(ADVANCE, occasion=" "), "bonus_field_missing"),
        (replace(ADVANCE, heads=None), "bonus_field_missing"),
        (replace(ADVANCE, asked_fen=None), "bonus_field_missing"),
        (replace(ADVANCE, other_half="已拨付"), "agreement_goes_on"),
        (replace(ADVANCE, asked_fen=50_000_01), "advance_exceeds_limit"),
        (replace(SETTLEMENT, occasion=""), "bonus_field_missing"),
        (replace(SETTLEMENT, heads=None), "bonus_field_missing"),
        (replace(SETTLEMENT, completed=None), "bonus_field_missing"),
        (replace(SETTLEMENT, other_half="审核中"), "agreement_goes_on"),
        (replace(SETTLEMENT, heads=21), "heads_differ"),
        (replace(SETTLEMENT, completed=10), "advance_to_return"),
        (replace(SETTLEMENT, asked_fen=50_000_00), "advance_to_return"),
        (replace(SETTLEMENT, completed=21), "completed_exceeds_enrolled"),
        (replace(GRANT, asked_fen=None), "bonus_field_missing"),
        (replace(GRANT, asked_fen=19_999_99), "bonus_amount_out_of_range"),
        (replace(GRANT, asked_fen=150_000_01), "bonus_amount_out_of_range"),
    ],
)
def test_what_is_not_is_refused_with_its_reason(case: BonusCase, code: str) -> None:
    verdict = judge_bonus(case)
    assert (verdict.outcome, verdict.amount_fen) == (Outcome.REFUSED, 0)
    assert verdict.refusal is not None
    assert verdict.refusal.code == code
    assert "✗" in marks(verdict)


@pytest.mark.parametrize(
    ("case", "code", "proposed_fen"),
    [
        (replace(HIRE, insured_months=None), "insurance_unverified", 1000_00),
        (replace(HIRE, certified_on=date(2023, 3, 7)), "certified_after_hire", 1000_00),
        (replace(INTRODUCED, certified_on=date(2023, 9, 7)), "certified_after_hire", 300_00),
        (replace(INTRODUCED, other_days=(date(2024, 3, 5),)), "second_introduction", 300_00),
        (replace(AWARD, other_days=(date(2022, 3, 7),)), "second_award_within_year", 8000_00),
        (replace(AWARD, recorded=None), "award_unrecorded", 8000_00),
        (replace(HONOUR, recorded=None), "award_unrecorded", 50_000_00),
        (replace(AWARD, recorded=AwardRecord("奖", FILED)), "award_day_differs", 8000_00),
        (replace(HONOUR, recorded=AwardRecord("奖", FILED)), "award_day_differs", 50_000_00),
        (replace(HONOUR, recorded=AwardRecord("奖", HIRED, True)), "award_recorded_by_filer", 50_000_00),
        (
            replace(AWARD, other_days=(date(2010, 1, 1), date(2024, 3, 5))),
            "second_award_within_year",
            8000_00,
        ),
        (replace(ADVANCE, other_agreements=("备案二",)), "other_agreement", 50_000_00),
        (replace(SETTLEMENT, advanced_fen=0), "advance_not_found", 90_000_00),
        (replace(SETTLEMENT, other_agreements=("备案二",)), "other_agreement", 40_000_00),
    ],
)
def test_what_a_person_has_to_look_at_waits_with_what_it_could_earn(
    case: BonusCase, code: str, proposed_fen: int
) -> None:
    verdict = judge_bonus(case)
    assert (verdict.outcome, verdict.amount_fen, verdict.proposed_fen) == (Outcome.MANUAL, 0, proposed_fen)
    assert verdict.refusal is not None
    assert verdict.refusal.code == code


def test_what_its_filer_entered_or_of_another_day_is_not_told_as_entered() -> None:
    for doubtful in (AwardRecord("奖", HIRED, True), AwardRecord("奖", FILED)):
        assert "已登记：" not in repr(judge_bonus(replace(HONOUR, recorded=doubtful)))


def test_the_first_reason_stands_and_every_other_is_told_beside_it() -> None:
    verdict = judged(HIRE, firm_size=FirmSize.LARGE, certified_on=None, insured_months=None)
    assert verdict.refusal is not None
    assert verdict.refusal.code == "firm_too_large"
    assert marks(verdict) == "✗✗!✓"


def test_a_fixed_grant_needs_no_sum_and_shares_are_told_as_they_are() -> None:
    fixed = replace(GRANT.standard, least_fen=150_000_00)
    assert judged(GRANT, standard=fixed, asked_fen=None).amount_fen == 150_000_00
    assert marks(judged(GRANT, standard=fixed, asked_fen=None)) == "✓"
    assert "预支不超过 50%" in judged(ADVANCE).explanation
    assert "预支不超过 50.05%" in judged(ADVANCE, advance_points=5_005).explanation
    missing = judged(SETTLEMENT, advanced_fen=0).refusal
    assert missing is not None
    assert missing.title == f"备案 {SETTLEMENT.occasion}（{SETTLEMENT.standard.name}）没有已拨付的预支"
    assert missing.sentence.endswith("本单位另有：无")
    others = judged(SETTLEMENT, advanced_fen=0, other_agreements=("备案二", "备案三")).refusal
    assert others is not None
    assert others.sentence.endswith("本单位另有：备案二、备案三")
    back = judged(SETTLEMENT, completed=9).refusal
    assert back is not None
    assert back.facts["returned_fen"] == 5_000_00


@pytest.mark.parametrize(
    ("spent_fen", "fen", "told"),
    [
        (None, 40_000_00, "完成 18 人 × 5,000.00 − "),
        (90_000_01, 40_000_00, "完成 18 人 × 5,000.00 − "),
        (89_999_99, 39_999_99, "完成 18 人 × 5,000.00，据实 89,999.99 − "),
        (50_000_01, 1, "据实 50,000.01 − 已预支 50,000.00 = 0.01"),
    ],
)
def test_apprentices_earn_what_was_spent_where_that_is_less(
    spent_fen: int | None, fen: int, told: str
) -> None:
    """AC-J7：低于标准的据实。"""
    verdict = judged(SETTLEMENT, asked_fen=spent_fen)
    assert (verdict.outcome, verdict.amount_fen) == (Outcome.PAYABLE, fen)
    assert told in verdict.explanation
