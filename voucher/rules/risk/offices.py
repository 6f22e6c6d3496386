"""Risk rules over those who look and sign (查看、审核): R20 hunting, R23 close officers, R28 insiders."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date

from voucher.rules.register import rule
from voucher.rules.risk.data_set import Facts
from voucher.rules.risk.facts import Approval, LookUp
from voucher.rules.risk.findings import Finding, Thresholds
from voucher.rules.risk.measures import (
    DAY_SECONDS,
    day_number,
    hour_of,
    median,
    share_bp,
    written_day,
    written_month,
    written_share,
    z_hundredths,
)

SINCE = date(2021, 10, 28)
SOURCE = "个人信息保护法 第五十一条; 审计署2022年 内外勾结（DOMAIN N12）; 【参】查看与审核异常"
OFFICE_HOURS = range(7, 21)


@rule(number="RSK-20", stage="监管", source=SOURCE, since=SINCE)
def find_hunting(facts: Facts, most: Thresholds) -> Iterator[Finding]:
    """Find institutions that look up many persons on a day they never enrol (R20)."""
    misses, hits, least = (
        most[each] for each in ("risk_look_up_misses", "risk_look_up_hit_bp", "risk_look_ups")
    )
    held: dict[tuple[str, int], list[LookUp]] = defaultdict(list)
    for each in facts.look_ups:
        if each.institution:
            held[each.institution, day_number(each.at)].append(each)
    missed = {key: sum(not each.is_hit for each in found) for key, found in held.items()}
    usual = median(missed.values())
    for key in sorted(held):
        found, (house, day) = held[key], key
        rate = share_bp(len(found) - missed[key], len(found))
        if missed[key] > misses or (len(found) >= least and rate < hits):
            behind = [each for each in found if not each.is_hit]
            yield Finding(
                "R20", "institution", house, written_day(day), missed[key], "次", misses, usual,
                f"{{institution:{house}}} 在 {written_day(day)} 查了 {len(found)} 次，"
                f"{missed[key]} 次没有查到可"
                f"办理的人，查到率 {written_share(rate)}；界限是 {misses} 次或 {written_share(hits)}，"
                f"其他机构一天多为 {usual} 次。",
                tuple(("look_ups", each.id) for each in behind),
                tuple(sorted({each.person for each in behind if each.person})), house,
            )  # fmt: skip


@rule(number="RSK-23", stage="监管", source=SOURCE, since=SINCE)
def find_close_officers(facts: Facts, most: Thresholds) -> Iterator[Finding]:
    """Find officers who sign for one institution too fast, unread, far too often, or at night (R23)."""
    share, z_limit, least = (
        most[each] for each in ("risk_officer_share_bp", "risk_pair_z_hundredths", "risk_officer_claims")
    )
    pairs: dict[tuple[str, str, str], list[Approval]] = defaultdict(list)
    for each in facts.approvals:
        month = written_month(day_number(each.signed_at))
        pairs[each.officer, each.institution, month].append(each)
    counts = {key: len(found) for key, found in pairs.items()}
    by_house: Counter[tuple[str, str]] = Counter()
    by_officer: Counter[tuple[str, str]] = Counter()
    officers: dict[str, set[str]] = defaultdict(set)
    for (officer, house, month), count in counts.items():
        by_house[house, month] += count
        by_officer[officer, month] += count
        officers[month].add(officer)
    whole = {month: sum(by_officer[each, month] for each in found) for month, found in officers.items()}
    shares = {key: share_bp(count, by_house[key[1], key[2]]) for key, count in counts.items()}
    usual = median(shares.values())
    for key in sorted(each for each in pairs if counts[each] >= least):
        found, (officer, house, month) = pairs[key], key
        peers, rest = None, whole[month] - by_house[house, month]
        z = z_hundredths(counts[key], by_house[house, month], by_officer[officer, month] - counts[key], rest)
        if (how := _tell_signing(found, most)) is not None:
            figure, unit, limit, said = how
        elif len(officers[month]) > 2 and shares[key] > share and z > z_limit:
            figure, unit, limit, peers = shares[key], "万分比", share, usual
            said = (
                f"占这家机构审核的 {written_share(figure)}，超过 {written_share(share)} 的界限；"
                f"其他搭配多为 {written_share(usual or 0)}"
            )
        else:
            continue
        yield Finding(
            "R23", "officer", f"{officer}/{house}", month, figure, unit, limit, peers,
            f"{{officer:{officer}}} 在 {month} 审核 {{institution:{house}}} 的 {len(found)} 件申领，{said}。",
            tuple(("approvals", each.id) for each in found), (), house,
        )  # fmt: skip


def _tell_signing(found: list[Approval], most: Thresholds) -> tuple[int, str, int, str] | None:
    """Return figure, unit, limit and words of how somebody signs: at once, unread, at night; else None."""
    seconds, least, limit = (
        most[each] for each in ("risk_signing_seconds", "risk_officer_claims", "risk_unopened_bp")
    )
    taken = [each.signed_at - each.opened_at for each in found if each.opened_at is not None]
    if len(taken) >= least and (middle := median(taken) or 0) < seconds:
        return middle, "秒", seconds, f"看一件多用 {middle} 秒，少于 {seconds} 秒的界限"
    judged = [each.is_unopened for each in found if each.is_unopened is not None]
    unread = share_bp(sum(judged), len(judged))
    if len(judged) >= most["risk_unopened_claims"] and unread > limit:
        said = (
            f"其中要人判断的 {len(judged)} 件，{written_share(unread)} 没有打开申领和批次的页面就签了，"
            f"超过 {written_share(limit)} 的界限"
        )
        return unread, "万分比", limit, said
    late = sum(hour_of(each.signed_at) not in OFFICE_HOURS for each in found)
    if late * 2 > len(found):
        return late, "件", len(found) // 2, f"有 {late} 件在 21 点到 7 点之间签署，超过一半"
    return None


@rule(number="RSK-28", stage="监管", source=SOURCE, since=SINCE)
def find_insiders(facts: Facts, most: Thresholds) -> Iterator[Finding]:
    """Find staff who looked at persons outside their duties who then redeemed at one institution (R28).

    A masked page is opened for every question on the telephone: those count by a limit of their own, and only
    where more of them lead to an institution than its share of whoever redeems in its region.
    """
    limit, days = most["risk_insider_people"], most["risk_insider_days"]
    held = _followed(facts, days, is_masked=False)
    usual = median([len(found) for found in held.values()])
    for key in sorted(held):
        found, (viewer, house) = held[key], key
        if len(found) >= limit:
            first = min(each.at for each in found.values())
            yield Finding(
                "R28", "officer", f"{viewer}/{house}", written_month(day_number(first)), len(found), "人",
                limit, usual,
                f"{{officer:{viewer}}} 在办理的事项之外查看过 {len(found)} 人，他们 {days} 天内都在 "
                f"{{institution:{house}}} 核销，达到 {limit} 人的界限；其他人多为 {usual} 人。",
                tuple(("look_ups", each.id) for each in found.values()), tuple(sorted(found)), house,
            )  # fmt: skip
    yield from _opened_for_one(facts, most)


def _followed(facts: Facts, days: int, *, is_masked: bool) -> dict[tuple[str, str], dict[str, LookUp]]:
    """Return by hand and institution whom it looked at outside its duties and who then redeemed there."""
    redeemed: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for voucher in facts.vouchers:
        if voucher.redeemed_at is not None:
            redeemed[voucher.person].append((voucher.redeemed_at, voucher.institution))
    held: dict[tuple[str, str], dict[str, LookUp]] = defaultdict(dict)
    for each in facts.look_ups:
        if each.institution or each.is_on_duty or bool(each.is_masked) != is_masked:
            continue
        for at, house in redeemed.get(each.person, ()):
            if 0 < at - each.at <= days * DAY_SECONDS:
                held[each.viewer, house].setdefault(each.person, each)
    return held


def _opened_for_one(facts: Facts, most: Thresholds) -> Iterator[Finding]:
    """Yield hands whose masked openings lead to one institution far more than its region's redemptions do."""
    least, share, z_limit, days = (
        most[each]
        for each in (
            *("risk_insider_opened_people", "risk_insider_opened_share_bp"),
            *("risk_pair_z_hundredths", "risk_insider_days"),
        )
    )
    held = _followed(facts, days, is_masked=True)
    opened: dict[str, set[str]] = defaultdict(set)
    for each in facts.look_ups:
        if each.is_masked and not each.is_on_duty:
            opened[each.viewer].add(each.person)
    regions = {each.id: each.region for each in facts.institutions}
    there: dict[str, set[str]] = defaultdict(set)
    around: dict[str, set[str]] = defaultdict(set)
    for voucher in facts.vouchers:
        if voucher.redeemed_at is not None:
            there[voucher.institution].add(voucher.person)
            around[regions.get(voucher.institution, "")].add(voucher.person)
    shares = {key: share_bp(len(found), len(opened[key[0]])) for key, found in held.items()}
    usual = median(shares.values())
    for key in sorted(each for each in held if len(held[each]) >= least and shares[each] > share):
        found, (viewer, house) = held[key], key
        others = around[regions.get(house, "")] - opened[viewer]
        at_house = len(there[house] & others)
        if z_hundredths(len(found), len(opened[viewer]), at_house, len(others)) <= z_limit:
            continue
        first = written_month(day_number(min(each.at for each in found.values())))
        yield Finding(
            "R28", "officer", f"{viewer}/{house}", f"{first} 打开", shares[key], "万分比", share, usual,
            f"{{officer:{viewer}}} 在办理的事项之外打开过 {len(opened[viewer])} 人的页面（姓名、号码遮盖），"
            f"其中 {written_share(shares[key])} {days} 天内都在 {{institution:{house}}} 核销，"
            f"超过 {written_share(share)} 的界限；当地其他人在这家核销的占 "
            f"{written_share(share_bp(at_house, len(others)))}。",
            tuple(("look_ups", each.id) for each in found.values()), tuple(sorted(found)), house,
        )  # fmt: skip
