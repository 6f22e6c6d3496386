"""Risk rules over persons (人员): R01 paid before, R02 ineligible, R15 shared, R16 money back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date

from voucher.rules.register import rule
from voucher.rules.risk.data_set import Facts
from voucher.rules.risk.facts import Backflow, Claim, History, Link, OutsideFact
from voucher.rules.risk.findings import KIND_NAMES, Finding, Thresholds
from voucher.rules.risk.measures import (
    day_number,
    median,
    written_day,
    written_growth,
    written_month,
)

SINCE = date(2021, 10, 28)
SOURCE = "审计署2022年 重复享受、不符合条件（DOMAIN N12）; 豫人社办〔2023〕102号"
CERTIFIED = "certificate"
OUTSIDE_NAMES: dict[str, str] = {
    "deceased": "已经死亡",
    "custody": "在羁押、服刑",
    "student": "是全日制在校学生",
    "pension": "在领取养老金",
    "employed": "在别处参保就业",
}
SHARED_NAMES: dict[str, str] = {
    "account": "收款账户",
    "phone": "手机号",
    "address": "住址",
    "contact": "紧急联系人",
}
ADDRESS, STRONG = "address", frozenset({"account", "phone"})


@rule(number="RSK-01", stage="监管", source=SOURCE, since=SINCE)
def find_paid_before(facts: Facts, most: Thresholds) -> Iterator[Finding]:
    """Find claims of a person, occupation and level that was paid already, here or in any history (R01).

    Each ground (where and when it was paid, which claim came first) is a finding of its own, and part of its
    period: that one was dismissed says nothing of another.
    """
    limit = most["risk_paid_before"]
    paid: dict[tuple[str, str, str, str], list[History]] = defaultdict(list)
    for each in facts.history:
        paid[each.person, each.kind, each.occupation, each.level].append(each)
    first: dict[tuple[str, str, str, str], Claim] = {}
    for claim in sorted(facts.claims, key=lambda each: (each.filed_at, each.id)):
        key = (claim.person, claim.kind, claim.occupation, claim.level)
        before = [each for each in paid.get(key, ()) if each.claim in ("", claim.id)]
        twin = first.setdefault(key, claim)
        count = len(before) + (twin.id != claim.id)
        if count <= limit:
            continue
        for ground, (said, behind) in _list_payments(before, claim, twin).items():
            yield Finding(
                "R01", "claim", claim.id, f"{written_day(day_number(claim.filed_at))} {ground}", count, "次",
                limit, 0,
                f"{{person:{claim.person}}} 的 {{claim:{claim.id}}}，同一职业（{claim.occupation}）同一等级"
                f"（{claim.level}）{said}；同一补贴只发一次。",
                (("claims", claim.id), behind), (claim.person,), claim.institution, (("claim", claim.id),),
            )  # fmt: skip


def _list_payments(
    before: Iterable[History], claim: Claim, twin: Claim
) -> dict[str, tuple[str, tuple[str, str]]]:
    """Return sentence and row of each earlier payment or claim that speaks against a claim."""
    found: dict[str, tuple[str, tuple[str, str]]] = {}
    for each in before:
        on = written_day(each.on)
        found[f"发过（{on}，{each.where}）"] = f"已于 {on} 在{each.where}发过", ("history", each.id)
    if twin.id != claim.id:
        found[f"申报过（申领 {twin.id}）"] = f"已经在 {{claim:{twin.id}}} 申报过", ("claims", twin.id)
    return found


@rule(number="RSK-02", stage="监管", source=SOURCE, since=SINCE)
def find_ineligible(facts: Facts, most: Thresholds) -> Iterator[Finding]:
    """Find claims for days on which the person is on a list that excludes, or certified before (R02).

    Each ground (what, since when, who says so) is a finding of its own, and part of its period: that one was
    dismissed says nothing of another.
    """
    limit = most["risk_ineligible_days"]
    listed: dict[str, list[OutsideFact]] = defaultdict(list)
    for fact in facts.outside:
        listed[fact.person].append(fact)
    held: dict[tuple[str, str, str], list[History]] = defaultdict(list)
    for each in facts.history:
        if each.kind == CERTIFIED:
            held[each.person, each.occupation, each.level].append(each)
    for claim in facts.claims:
        if claim.served_from_on is None:
            continue
        known = held.get((claim.person, claim.occupation, claim.level), ())
        grounds = _list_grounds(claim, claim.served_from_on, listed.get(claim.person, ()), known, limit)
        for ground, (days, said, behind) in grounds.items():
            yield Finding(
                "R02", "claim", claim.id, f"{written_day(claim.served_from_on)} {ground}", days, "天", limit,
                0, f"{{person:{claim.person}}} 的 {{claim:{claim.id}}}：{said}。",
                (("claims", claim.id), behind), (claim.person,), claim.institution,
                (("claim", claim.id),),
            )  # fmt: skip


def _list_grounds(
    claim: Claim, first: int, listed: Iterable[OutsideFact], known: Iterable[History], limit: int
) -> dict[str, tuple[int, str, tuple[str, str]]]:
    """Return days, sentence and row of each ground that excludes a claim, longest first."""
    last = claim.served_until_on or first
    found: dict[str, tuple[int, str, tuple[str, str]]] = {}
    for fact in listed:
        days = min(last, fact.until_on or last) - max(first, fact.since_on) + 1
        if fact.claim not in ("", claim.id) or days <= max(limit, 0):
            continue
        name, since = OUTSIDE_NAMES.get(fact.kind, fact.kind), f"{written_day(fact.since_on)} 起"
        ground = f"{name}（{since}{fact.where and '，' + fact.where}）"
        if days > found.get(ground, (0,))[0]:
            found[ground] = days, f"培训期间有 {days} 天{name}（{since}）", ("outside", fact.id)
    for each in known:
        if each.claim in ("", claim.id) and each.on < first:
            on = written_day(each.on)
            said = f"培训前（{on}）已有同一职业同一等级的证书"
            found[f"已有证书（{on}，{each.where}）"] = first - each.on, said, ("history", each.id)
    return dict(sorted(found.items(), key=lambda each: -each[1][0]))


@rule(number="RSK-15", stage="监管", source=SOURCE, since=SINCE)
def find_shared_links(facts: Facts, most: Thresholds) -> Iterator[Finding]:
    """Find accounts, phones, addresses and contacts that several persons share who are no family (R15).

    A village or a dormitory has one address: it counts for those who share an account or a phone as well.
    """
    family = {each.person: f"家庭{each.value}" for each in facts.links if each.kind == "family"}
    tied: set[str] = set()
    for kind, name in SHARED_NAMES.items():
        limit = most[f"risk_shared_{kind}_people"]
        held: dict[str, list[Link]] = defaultdict(list)
        for each in facts.links:
            if each.kind == kind and each.value and (kind != ADDRESS or each.person in tied):
                held[each.value].append(each)
        counts = {
            value: len({family.get(each.person, each.person) for each in found})
            for value, found in held.items()
        }
        if kind in STRONG:
            tied |= {each.person for value, count in counts.items() if count > 1 for each in held[value]}
        usual = median(counts.values())
        for value in sorted(each for each, count in counts.items() if count >= limit):
            found, count = held[value], counts[value]
            houses = {each.institution for each in found}
            spread = f"，分在 {len(houses)} 家机构" if len(houses) > 1 else ""
            yield Finding(
                "R15", "link", f"{kind}/{value}", written_growth(count, limit, "人") or "-", count, "人",
                limit, usual,
                f"{count} 名不是一家的学员登记了同一个{name}{spread}，达到 {limit} 人的界限；"
                f"其他{name}多为 {usual} 人。",
                tuple(("links", each.id) for each in found), tuple(sorted({each.person for each in found})),
                houses.pop() if len(houses) == 1 else "",
            )  # fmt: skip


@rule(number="RSK-16", stage="监管", source=SOURCE, since=SINCE)
def find_money_back(facts: Facts, most: Thresholds) -> Iterator[Finding]:
    """Find institutions to which the money of trainees returns (R16)."""
    limit = most["risk_money_back"]
    held: dict[tuple[str, str], list[Backflow]] = defaultdict(list)
    for each in facts.backflows:
        held[each.institution, written_month(day_number(each.paid_at))].append(each)
    counts = {key: len(found) for key, found in held.items()}
    for key in sorted(each for each, count in counts.items() if count > limit):
        found, total_fen = held[key], sum(each.amount_fen for each in held[key])
        yield Finding(
            "R16", "institution", key[0], f"{key[1]} {written_growth(counts[key], limit, '笔')}".strip(),
            counts[key], "笔", limit, 0,
            f"{KIND_NAMES['person']} {len({each.person for each in found})} 人在 {key[1]} 付给 "
            f"{{institution:{key[0]}}} 或其招生人 {counts[key]} 笔，共 {total_fen // 100} 元；"
            "学员不应把补贴交还机构。",
            tuple(("backflows", each.id) for each in found), tuple(sorted({each.person for each in found})),
            key[0],
        )  # fmt: skip
