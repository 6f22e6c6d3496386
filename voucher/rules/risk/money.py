"""Risk rules over claims and payees (申领、账户): R13 ramps, R14 bursts, R24 splitting, R25 payee changed."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date

from voucher.rules.register import rule
from voucher.rules.risk.data_set import Facts
from voucher.rules.risk.facts import Claim
from voucher.rules.risk.findings import Finding, Thresholds
from voucher.rules.risk.measures import (
    DAY_SECONDS,
    WHOLE,
    day_number,
    deviation_hundredths,
    median,
    share_bp,
    written_day,
    written_month,
    written_share,
)

SINCE = date(2021, 10, 28)
SOURCE = "审计署2022年 突击申领、拆分、变更账户（DOMAIN N12）; 【参】申领异常"


@rule(number="RSK-13", stage="监管", source=SOURCE, since=SINCE)
def find_ramps(facts: Facts, most: Thresholds) -> Iterator[Finding]:
    """Find new institutions that claim many times what other institutions claim in as many days (R13)."""
    days, times, least = (most[each] for each in ("risk_ramp_days", "risk_ramp_bp", "risk_ramp_claims"))
    opened = {each.id: each.opened_on for each in facts.institutions}
    held: dict[str, list[Claim]] = defaultdict(list)
    for each in facts.claims:
        since = opened.get(each.institution)
        if since is not None and since <= day_number(each.filed_at) < since + days:
            held[each.institution].append(each)
    usual = median(_usual_counts(facts, days)) or 0
    for house in sorted(held):
        found = held[house]
        ratio = share_bp(len(found), usual)
        if len(found) >= least and ratio > times:
            yield Finding(
                "R13", "institution", house, written_day(opened[house] or 0), len(found), "笔",
                usual * times // WHOLE, usual,
                f"{{institution:{house}}} 列入目录后 {days} 天内申领 {len(found)} 笔，是其他机构同样天数"
                f"（多为 {usual} 笔）的 {ratio // WHOLE} 倍，超过 {times // WHOLE} 倍的界限。",
                _rows(found), _people(found), house,
            )  # fmt: skip


def _usual_counts(facts: Facts, days: int) -> list[int]:
    """Return how many claims institutions file in as many days, over all that claim at all."""
    if not facts.claims:
        return []
    moments = [day_number(each.filed_at) for each in facts.claims]
    span = max(days, max(moments) - min(moments) + 1)
    counts = Counter(each.institution for each in facts.claims)
    return [max(1, count * days // span) for count in counts.values()]


@rule(number="RSK-14", stage="监管", source=SOURCE, since=SINCE)
def find_bursts(facts: Facts, most: Thresholds) -> Iterator[Finding]:
    """Find institutions that claim in one burst, or most of it at the end of the budget (R14)."""
    sigma, share, end_bp, least = (
        most[each]
        for each in (
            *("risk_burst_sigma_hundredths", "risk_budget_end_share_bp", "risk_budget_end_bp"),
            "risk_burst_claims",
        )
    )
    held: dict[str, list[Claim]] = defaultdict(list)
    for each in facts.claims:
        held[each.institution].append(each)
    shares: dict[str, int] = {}
    late: dict[str, list[Claim]] = {}
    for house, found in held.items():
        late[house] = _beside_largest([each for each in found if _is_at_end(each, end_bp)])
        shares[house] = share_bp(len(late[house]), len(found))
    usual_share = median(shares.values())
    for house in sorted(held):
        found = held[house]
        if len(found) >= least and shares[house] > share:
            last = max(day_number(each.filed_at) for each in late[house])
            yield Finding(
                "R14", "institution", house, f"{written_day(last)[:4]} 年末", shares[house], "万分比", share,
                usual_share,
                f"{{institution:{house}}} 的申领除最大的一个班外，有 {written_share(shares[house])} "
                f"集中在预算年度最后{written_share(end_bp)}的日子，超过 {written_share(share)} 的界限；"
                f"其他机构多为 "
                f"{written_share(usual_share or 0)}。",
                _rows(late[house]), _people(late[house]), house,
            )  # fmt: skip
        yield from _busiest_day(house, found, sigma, least)


def _beside_largest(claims: list[Claim]) -> list[Claim]:
    """Return claims without those of the largest class: a class claimed for at once is no burst."""
    sizes = Counter(each.class_id for each in claims)
    largest = max(sizes, key=lambda each: (sizes[each], each), default="")
    return [each for each in claims if each.class_id != largest]


def _busiest_day(house: str, found: list[Claim], sigma: int, least: int) -> Iterator[Finding]:
    held: dict[int, list[Claim]] = defaultdict(list)
    for each in found:
        held[day_number(each.filed_at)].append(each)
    days = {day: _beside_largest(claims) for day, claims in held.items()}
    busiest = max(days, key=lambda each: (len(days[each]), each))
    others = [len(claims) for day, claims in held.items() if day != busiest]
    spread, count = deviation_hundredths(others), len(days[busiest])
    # a handful of other days tells nothing about what is usual
    if len(others) < 10 or count < least:
        return
    middle = median(others) or 0
    above = (count - middle) * 10_000 // max(spread, 100)
    if above > sigma:
        yield Finding(
            "R14", "institution", house, written_day(busiest), above, "百分之一标准差", sigma, middle,
            f"{{institution:{house}}} 在 {written_day(busiest)} 一天，除最大的一个班外还申领 {count} 笔，"
            f"平日多为 {middle} 笔，高出 {above // 100} 个标准差，超过 {sigma // 100} 个的界限。",
            _rows(days[busiest]), _people(days[busiest]), house,
        )  # fmt: skip


def _is_at_end(claim: Claim, end_bp: int) -> bool:
    first, last = claim.budget_from_on, claim.budget_until_on
    if first is None or last is None:
        return False
    return last - day_number(claim.filed_at) < (last - first + 1) * end_bp // WHOLE


@rule(number="RSK-24", stage="监管", source=SOURCE, since=SINCE)
def find_splitting(facts: Facts, most: Thresholds) -> Iterator[Finding]:
    """Find institutions with many more claims just under a review limit than further below it (R24)."""
    band_bp, times, least = (
        most[each] for each in ("risk_split_band_bp", "risk_split_times_bp", "risk_split_claims")
    )
    near: dict[tuple[str, str], list[Claim]] = defaultdict(list)
    below: Counter[tuple[str, str]] = Counter()
    for each in facts.claims:
        if not each.review_limit_fen:
            continue
        key = (each.institution, written_month(day_number(each.filed_at)))
        band = each.review_limit_fen * band_bp // WHOLE
        short = each.review_limit_fen - each.amount_fen
        if 0 < short <= band:
            near[key].append(each)
        elif band < short <= 2 * band:
            below[key] += 1
    ratios = {key: share_bp(len(found), max(1, below[key])) for key, found in near.items()}
    usual = median(ratios.values())
    for key in sorted(near):
        found = near[key]
        if len(found) >= least and ratios[key] > times:
            yield Finding(
                "R24", "institution", key[0], key[1], len(found), "笔", least, None,
                f"{{institution:{key[0]}}} 在 {key[1]} 有 {len(found)} 笔申领刚好低于多一级审核的金额，"
                f"再低一档的只有 {below[key]} 笔，超过 {times // WHOLE} 倍的界限；其他机构多为 "
                f"{(usual or 0) // WHOLE} 倍。",
                _rows(found), _people(found), key[0],
            )  # fmt: skip


@rule(number="RSK-25", stage="监管", source=SOURCE, since=SINCE)
def find_changed_payees(facts: Facts, most: Thresholds) -> Iterator[Finding]:
    """Find payee accounts changed shortly before a payment, or after it was approved (R25)."""
    days = most["risk_payee_days"]
    for each in facts.payee_changes:
        day = written_day(day_number(each.changed_at))
        if each.approved_at is not None and each.approved_at < each.changed_at:
            figure, limit, stops = (each.changed_at - each.approved_at) // DAY_SECONDS, 0, True
            said = f"在审批通过 {figure} 天之后变更了收款账户"
        elif each.paid_at is not None and 0 <= each.paid_at - each.changed_at <= days * DAY_SECONDS:
            figure, limit, stops = (each.paid_at - each.changed_at) // DAY_SECONDS, days, False
            said = f"变更收款账户后 {figure} 天就拨付，不超过 {days} 天的界限"
        else:
            continue
        yield Finding(
            "R25", "institution", each.institution, f"{day} {each.id}", figure, "天", limit, None,
            f"{{institution:{each.institution}}} 于 {day} {said}。",
            (("payee_changes", each.id),), (), each.institution,
            tuple(("claim", claim) for claim in each.claims.split()) if stops else (),
        )  # fmt: skip


def _rows(claims: list[Claim]) -> tuple[tuple[str, str], ...]:
    return tuple(("claims", each.id) for each in claims)


def _people(claims: list[Claim]) -> tuple[str, ...]:
    return tuple(sorted({each.person for each in claims}))
