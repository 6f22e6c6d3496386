"""Whole-number statistics the risk rules compare with, and the local day and hour of a moment."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, timedelta
from math import isqrt

from voucher.rules.register import rule

SINCE = date(2021, 10, 28)
SOURCE = "【设】风险规则的统计口径：整数、可复算"
ZONE_SECONDS, DAY_SECONDS, HOUR_SECONDS = 8 * 3600, 86_400, 3600
EPOCH = date(1970, 1, 1)
WHOLE = 10_000


@rule(number="RSK-31", stage="监管", source=SOURCE, since=SINCE)
def median(numbers: Collection[int]) -> int | None:
    """Return the middle of so many numbers, the lower of two; None of none."""
    ordered = sorted(numbers)
    return ordered[(len(ordered) - 1) // 2] if ordered else None


@rule(number="RSK-32", stage="监管", source=SOURCE, since=SINCE)
def deviation_hundredths(numbers: Sequence[int]) -> int:
    """Return the standard deviation of so many numbers in hundredths, rounded down."""
    count = len(numbers)
    if count < 2:
        return 0
    spread = count * sum(each * each for each in numbers) - sum(numbers) ** 2
    return isqrt(spread * 10_000 // (count * count))


@rule(number="RSK-33", stage="监管", source=SOURCE, since=SINCE)
def share_bp(part: int, whole: int) -> int:
    """Return a share in whole basis points; of nothing it is nothing."""
    return part * WHOLE // whole if whole > 0 else 0


@rule(number="RSK-34", stage="监管", source=SOURCE, since=SINCE)
def z_hundredths(hits: int, count: int, peer_hits: int, peer_count: int) -> int:
    """Return how many standard errors a share lies above that of its peers, in hundredths.

    Without peers there is nothing to compare with, and it is nothing.
    """
    if not count or not peer_count:
        return 0
    all_hits, everybody = hits + peer_hits, count + peer_count
    gap = hits * peer_count - peer_hits * count
    if gap <= 0 or all_hits == everybody:
        return 0
    # z² = gap² · everybody / (all_hits · misses · count · peer_count), everything whole
    square = gap * gap * everybody * 10_000 // (all_hits * (everybody - all_hits) * count * peer_count)
    return isqrt(square)


@rule(number="RSK-35", stage="监管", source=SOURCE, since=SINCE)
def day_number(at: int) -> int:
    """Return the local day of a moment, in days since 1970-01-01."""
    return (at + ZONE_SECONDS) // DAY_SECONDS


@rule(number="RSK-36", stage="监管", source=SOURCE, since=SINCE)
def hour_of(at: int) -> int:
    """Return the local hour of a moment, 0 to 23."""
    return (at + ZONE_SECONDS) % DAY_SECONDS // HOUR_SECONDS


@rule(number="RSK-37", stage="监管", source=SOURCE, since=SINCE)
def written_day(number: int) -> str:
    """Return a day as it is written, YYYY-MM-DD."""
    return (EPOCH + timedelta(days=number)).isoformat()


@rule(number="RSK-38", stage="监管", source=SOURCE, since=SINCE)
def written_month(number: int) -> str:
    """Return the month of a day as it is written, YYYY-MM."""
    return written_day(number)[:7]


@rule(number="RSK-39", stage="监管", source=SOURCE, since=SINCE)
def written_share(basis_points: int) -> str:
    """Return a share as it is written, in percent with one place where it is not whole."""
    whole, rest = divmod(basis_points // 10, 10)
    return f"{whole}.{rest}%" if rest else f"{whole}%"


@rule(number="RSK-45", stage="监管", source=SOURCE, since=SINCE)
def written_growth(figure: int, limit: int, unit: str) -> str:
    """Return how often a figure has doubled beyond its limit, as a ground of its own; nothing for not once.

    That a few who share something were looked into says nothing of twice as many.
    """
    least = max(limit, 1)
    doubled = (figure // least).bit_length() - 1
    return f"{least << doubled} {unit}以上" if doubled > 0 else ""
