"""Ratings of a class by who finished it: once, to be changed for some days, shown of several people only."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

from voucher.rules.errors import Family, reason
from voucher.rules.register import rule

FOUNDED = date(2021, 10, 28)
SOURCE = "S4-07 质量评估机制; 【设】结业后学员评价，只公开汇总（PAGES 4.2 评价与投诉）"
LEAST_STARS, MOST_STARS = 1, 5
STAR_NAMES: dict[int, str] = {5: "很满意", 4: "满意", 3: "一般", 2: "不满意", 1: "很不满意"}
TENTHS = 10

RATING_CLOSED = reason(
    "rating_closed",
    "评价已于 {until} 截止",
    "有问题仍可以在“反映问题”中说明，或拨打 12333",
    SOURCE,
    Family.CONFLICT,
)
STARS_MALFORMED = reason("stars_malformed", "评价应为 1 至 5 分", "请选择 1 分到 5 分中的一个", SOURCE)


@rule(number="RAT-01", stage="培训", source=SOURCE, since=FOUNDED)
def rating_until(signed_on: date, days: int) -> date:
    """Return the last day on which a class signed off on a day may be rated, that day included."""
    return signed_on + timedelta(days=days)


@rule(number="RAT-02", stage="培训", source=SOURCE, since=FOUNDED)
def check_rating(stars: int, today: date, until: date) -> None:
    """Check a rating and the day it is given on. Raises stars_malformed, rating_closed."""
    if not LEAST_STARS <= stars <= MOST_STARS:
        raise STARS_MALFORMED.refused()
    if today > until:
        raise RATING_CLOSED.refused(until=until.isoformat())


@rule(number="RAT-03", stage="培训", source=SOURCE, since=FOUNDED)
def average_tenths(counts: Mapping[int, int], least_people: int) -> int | None:
    """Return the average of ratings in tenths of a star, halves rounded up; None of too few people.

    Of fewer than so many anybody could tell who said what.
    """
    people = sum(counts.values())
    if people < max(1, least_people):
        return None
    total = sum(stars * count for stars, count in counts.items())
    return (2 * TENTHS * total + people) // (2 * people)
