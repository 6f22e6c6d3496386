"""Credit of institutions (信用分): a dated formula over what was found; too little stops new classes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from voucher.rules.errors import Family, reason
from voucher.rules.register import rule

FOUNDED = date(2021, 10, 28)
SOURCE = "苏政办发〔2024〕37号 (十四) 信用奖惩（S4-14b）; 豫办〔2021〕29号 第3项、第4项; 【设】扣分和界限"
WHOLE = 100
# what is counted: its word, its name, the parameter that says how many points each takes off
MINUS: dict[str, tuple[str, str]] = {
    "complaint": ("查实的投诉", "credit_minus_complaint"),
    "flag": ("查实的风险线索", "credit_minus_flag"),
    "warn": ("约谈", "credit_minus_warn"),
    "rectify": ("责令整改", "credit_minus_rectify"),
    "suspend": ("停业整顿", "credit_minus_suspend"),
    "delist": ("移出目录", "credit_minus_delist"),
    "blacklist": ("列入黑名单", "credit_minus_blacklist"),
}

CREDIT_TOO_LOW = reason(
    "credit_too_low",
    "{house}信用分 {points} 分，低于 {least} 分，不能新开班",
    "扣分的事项和恢复的日期在机构的“信用”页；对查实的结论不服的，请提出申诉；已批准的班照常上完",
    SOURCE,
    Family.CONFLICT,
)


@dataclass(frozen=True, slots=True)
class Credit:
    """What the formula says: the points, and each kind of finding with its count and what it took off."""

    points: int
    lines: tuple[tuple[str, int, int], ...]


@rule(number="CRE-01", stage="监管", source=SOURCE, since=FOUNDED)
def count_credit(found: Mapping[str, int], minus: Mapping[str, int]) -> Credit:
    """Return the points left of a hundred after everything that was found, never below nothing."""
    lines = tuple((kind, found[kind], found[kind] * minus[kind]) for kind in MINUS if found.get(kind))
    return Credit(max(0, WHOLE - sum(taken for _, _, taken in lines)), lines)


@rule(number="CRE-02", stage="培训", source=SOURCE, since=FOUNDED)
def check_credit(house: str, points: int, least: int) -> None:
    """Check that an institution has credit enough for a new class. Raises credit_too_low."""
    if points < least:
        raise CREDIT_TOO_LOW.refused(house=house, points=points, least=least)
