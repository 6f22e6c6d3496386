"""Risk rules over vouchers at the counter (领取、核销): R17 recruiters, R18 one device, R19 too late."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date

from voucher.rules.register import rule
from voucher.rules.risk.data_set import Facts
from voucher.rules.risk.facts import Voucher
from voucher.rules.risk.findings import Finding, Thresholds
from voucher.rules.risk.measures import (
    WHOLE,
    day_number,
    median,
    share_bp,
    written_day,
    written_month,
    written_share,
)

SINCE = date(2021, 10, 28)
SOURCE = "审计署2022年 代领代签（DOMAIN N12）; 【参】领取与核销异常"


@rule(number="RSK-17", stage="监管", source=SOURCE, since=SINCE)
def find_recruiters(facts: Facts, most: Thresholds) -> Iterator[Finding]:
    """Find institutions many of whose vouchers were accepted by one agent, one device or few devices (R17).

    An address many people share, a village's or a company's, counts only with several vouchers to a device.
    A month of which only the late are known says nothing of who took its vouchers.
    """
    limit, least = most["risk_recruiter_bp"], most["risk_recruiter_vouchers"]
    months: dict[tuple[str, str], list[Voucher]] = defaultdict(list)
    for each in facts.vouchers:
        if each.institution and not each.is_taken_earlier:
            months[each.institution, written_month(day_number(each.accepted_at))].append(each)
    largest: dict[tuple[str, str], tuple[int, str, list[Voucher]]] = {}
    for key, found in months.items():
        if len(found) >= least:
            said, behind = _concentrated(found)
            largest[key] = (share_bp(len(behind), len(found)), said, behind)
    usual = median([each[0] for each in largest.values()])
    for key in sorted(largest):
        share, said, behind = largest[key]
        if share > limit:
            yield Finding(
                "R17", "institution", key[0], key[1], share, "万分比", limit, usual,
                f"{{institution:{key[0]}}} 在 {key[1]} 的 {len(months[key])} 张券中，"
                f"{written_share(share)} "
                f"由{said}领取，超过 {written_share(limit)} 的界限；"
                f"其他机构多为 {written_share(usual or 0)}。",
                tuple(("vouchers", each.id) for each in behind),
                tuple(each.person for each in behind), key[0],
            )  # fmt: skip


def _concentrated(found: list[Voucher]) -> tuple[str, list[Voucher]]:
    """Return who or what accepted most of so many vouchers, in words, and those."""
    agents, devices, networks = (defaultdict(list) for _ in range(3))
    for each in found:
        agents[each.agent].append(each)
        devices[each.accept_device].append(each)
        networks[each.accept_network].append(each)
    ways = [
        *(("同一名代领人", held) for agent, held in agents.items() if agent),
        *(("同一台设备", held) for device, held in devices.items() if device and len(held) > 1),
        *(
            ("同一网络下的少数设备", held)
            for network, held in networks.items()
            if network and _are_few_devices(held)
        ),
    ]
    return max(ways, key=lambda each: len(each[1]), default=("", []))


def _are_few_devices(found: list[Voucher]) -> bool:
    """Return whether every device took two vouchers or more, those that cannot be told apart each its own."""
    known = {each.accept_device for each in found if each.accept_device}
    unknown = sum(not each.accept_device for each in found)
    return (len(known) + unknown) * 2 <= len(found)


@rule(number="RSK-18", stage="监管", source=SOURCE, since=SINCE)
def find_self_served(facts: Facts, most: Thresholds) -> Iterator[Finding]:
    """Find vouchers accepted and redeemed on one device, or within a minute (R18)."""
    seconds = most["risk_instant_seconds"]
    gaps = [each.redeemed_at - each.accepted_at for each in facts.vouchers if each.redeemed_at is not None]
    usual = median(gaps)
    for each in facts.vouchers:
        if each.redeemed_at is None:
            continue
        gap = each.redeemed_at - each.accepted_at
        if each.accept_device and each.accept_device == each.redeem_device:
            said, figure, limit, unit, peers = "领取和核销用的是同一台设备", 1, 0, "台", None
        elif gap < seconds:
            said = f"领取后 {gap} 秒就核销，少于 {seconds} 秒的界限；其他券多为 {(usual or 0) // 3600} 小时"
            figure, limit, unit, peers = gap, seconds, "秒", usual
        else:
            continue
        yield Finding(
            "R18", "person", each.person, f"{written_day(day_number(each.redeemed_at))} {each.id}", figure,
            unit, limit, peers, f"{{person:{each.person}}} 的券{said}。",
            (("vouchers", each.id),), (each.person,), each.institution,
        )  # fmt: skip


@rule(number="RSK-19", stage="监管", source=SOURCE, since=SINCE)
def find_late_redemptions(facts: Facts, most: Thresholds) -> Iterator[Finding]:
    """Find vouchers redeemed when much of the class was over, or after its end (R19)."""
    limit = most["risk_late_bp"]
    classes = {each.id: each for each in facts.classes}
    hours: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for session in facts.sessions:
        hours[session.class_id].append((session.ends_at, session.ends_at - session.starts_at))
    shares: Counter[str] = Counter()
    for each in facts.vouchers:
        found = classes.get(each.class_id)
        if found is None or each.redeemed_at is None or each.redeemed_at <= found.starts_at:
            continue
        held = hours.get(each.class_id, [])
        gone = sum(length for ended, length in held if ended <= each.redeemed_at)
        shares[each.id] = (
            WHOLE if each.redeemed_at > found.ends_at else share_bp(gone, sum(length for _, length in held))
        )
    usual = median([shares[each.id] for each in facts.vouchers if each.redeemed_at is not None])
    for each in facts.vouchers:
        if shares[each.id] > limit and each.redeemed_at is not None:
            share = shares[each.id]
            yield Finding(
                "R19", "person", each.person, f"{written_day(day_number(each.redeemed_at))} {each.id}", share,
                "万分比", limit, usual,
                f"{{person:{each.person}}} 的券在 {{class:{each.class_id}}} "
                f"已过 {written_share(share)} 的学时"
                f"后才核销，超过 {written_share(limit)} 的界限；其他券多为 {written_share(usual or 0)}。",
                (("vouchers", each.id),), (each.person,), each.institution,
            )  # fmt: skip
