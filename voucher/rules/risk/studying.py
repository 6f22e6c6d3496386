"""Risk rule over online lessons (线上课): R10, clicked through."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date

from voucher.rules.register import rule
from voucher.rules.risk.data_set import Facts
from voucher.rules.risk.findings import Finding, Thresholds
from voucher.rules.risk.measures import day_number, median, written_month

SINCE = date(2021, 10, 28)
SOURCE = "审计署2022年 虚假培训（DOMAIN N12）; 【参】线上学习异常"


@rule(number="RSK-10", stage="监管", source=SOURCE, since=SINCE)
def find_clicked_through(facts: Facts, most: Thresholds) -> Iterator[Finding]:
    """Find online lessons clicked through: too quick, nobody at the page, without sleep (R10)."""
    least, streak = most["risk_clicked_sections"], most["risk_streak_hours"]
    held: dict[tuple[str, str], list[int]] = defaultdict(list)
    for place, study in enumerate(facts.studies):
        held[study.person, study.class_id].append(place)
    counts: dict[tuple[str, str], int] = {}
    quick: dict[tuple[str, str], list[int]] = {}
    for key, places in held.items():
        quick[key] = [
            each for each in places
            if facts.studies[each].seconds < facts.studies[each].minimum_seconds
            or facts.studies[each].focus_events == 0
        ]  # fmt: skip
        counts[key] = len(quick[key])
    usual = median(counts.values())
    for key in sorted(held):
        person, class_id = key
        hours = {facts.studies[each].started_at // 3600 for each in held[key]}
        longest = _longest_run(hours)
        if counts[key] >= least:
            behind, figure, unit, limit = quick[key], counts[key], "段", least
            said = f"有 {figure} 段用时少于最少时间，或页面没有操作，达到 {least} 段的界限"
        elif longest >= streak:
            behind, figure, unit, limit = held[key], longest, "小时", streak
            said = f"连续 {figure} 个小时每小时都有学习记录，达到 {streak} 小时的界限"
        else:
            continue
        last = max(facts.studies[each].started_at for each in behind)
        yield Finding(
            "R10", "person", person, f"{written_month(day_number(last))} {class_id}", figure, unit, limit,
            usual if unit == "段" else None,
            f"{{person:{person}}} 在 {{class:{class_id}}} 的线上课{said}。",
            tuple(("studies", facts.studies[each].id) for each in behind), (person,),
            facts.house_of((class_id,)),
        )  # fmt: skip


def _longest_run(hours: set[int]) -> int:
    longest = run = 0
    before = None
    for hour in sorted(hours):
        run = run + 1 if before is not None and hour == before + 1 else 1
        longest, before = max(longest, run), hour
    return longest
