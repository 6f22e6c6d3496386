"""What an address of the statistics asks for: period and filters, and what they are called."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from flask import request
from sqlalchemy import select
from sqlalchemy.orm import Session

from voucher.doors.web.showing import level_name
from voucher.registry.catalogue import name_trades
from voucher.rules.vocabulary import FUND_SOURCE_NAMES, FundSource
from voucher.stages.issue.queries import Programme
from voucher.stages.oversee.statistics.adding import BELOW, DIMENSIONS
from voucher.stages.oversee.statistics.models import StatisticSlice
from voucher.stages.oversee.statistics.reading import Wish

# as people write a month: 2024-03, 2024-3, 2024年3月, 202403; a year alone is its first or its last month
MONTH = re.compile(r"(\d{4})(?:\s*[-/.年]\s*(0?[1-9]|1[0-2])\s*月?|(0[1-9]|1[0-2])|\s*年)?", re.ASCII)
LABELS = {
    "programme": "券种",
    "fund": "资金来源",
    "trade": "职业（工种）",
    "level": "等级",
    "group": "人员类别",
}
NONE_WORD = "none"  # what an empty word is called in an address
CHOICES = 300


@dataclass(frozen=True, slots=True)
class Asked:
    """The wish, and the same as it stands in an address; `unread` says what was not understood."""

    wish: Wish
    address: dict[str, Any]
    unread: tuple[str, ...] = ()


def read_wish() -> Asked:
    """Return what the address asks for; what it does not understand counts as not asked, and is told."""
    address: dict[str, Any] = {}
    months, unread = [], []
    for name, default, whole in (("from", "0000-01", "01"), ("until", "9999-12", "12")):
        given = request.args.get(name, "").strip()[:20]
        month = read_month(given, whole)
        months.append(month or default)
        if month:
            address[name] = month
        elif given:
            unread.append(f"发券月份“{given}”看不懂，没有按它筛选；请写成 2024-03，整年写 2024")
    if months[0] > months[1]:
        unread.append(f"开始月份 {months[0]} 晚于结束月份 {months[1]}，这样查不到券；请改其中一个")
    filters: dict[str, str] = {}
    for name in DIMENSIONS:
        given = request.args.get(name, "").strip()[:60]
        if not given or (name in ("programme", "level") and not re.fullmatch(r"-?\d{1,18}", given, re.ASCII)):
            continue
        filters[name] = "" if given == NONE_WORD else given
        address[name] = given
    return Asked(Wish(months[0], months[1], filters), address, tuple(unread))


def read_month(given: str, whole: str) -> str | None:
    """Return a month as YYYY-MM, `whole` standing for that of a year alone; None where it is none."""
    found = MONTH.fullmatch(given)
    return f"{found[1]}-{(found[2] or found[3] or whole).zfill(2)}" if found is not None else None


def list_choices(
    session: Session, region_code: str, filters: Mapping[str, str]
) -> dict[str, list[tuple[str, str]]]:
    """Return, per filter, the words that occur in a region and below it, with their names."""
    found: dict[str, list[tuple[str, str]]] = {}
    for name in DIMENSIONS:
        words = session.scalars(
            select(StatisticSlice.word)
            .where(StatisticSlice.dimension == name, StatisticSlice.region_code == BELOW + region_code)
            .group_by(StatisticSlice.word)
            .limit(CHOICES)
        ).all()
        named = name_words(session, name, {*words, *([filters[name]] if name in filters else [])})
        found[name] = sorted(
            ((word or NONE_WORD, called) for word, called in named.items()), key=lambda each: each[1]
        )
    return found


def name_words(session: Session, dimension: str, words: Collection[str]) -> dict[str, str]:
    """Return what the words of a filter are called."""
    if dimension == "programme":
        ids = [int(each) for each in words]
        rows: Any = session.execute(select(Programme.id, Programme.name).where(Programme.id.in_(ids)))
        names = {str(each): called for each, called in rows}
        return {each: names.get(each, "不凭券") for each in words}
    if dimension == "fund":
        return {each: FUND_SOURCE_NAMES[FundSource(each)] for each in words if each in set(FundSource)}
    if dimension == "trade":
        names = name_trades(session, [each for each in words if each])
        return {each: names.get(each, each) if each else "报名时选定" for each in words}
    if dimension == "level":
        return {each: level_name(int(each)) if int(each) >= 0 else "报名时选定" for each in words}
    return {each: each or "没有类别" for each in words}


def tell_wish(session: Session, asked: Asked) -> dict[str, str]:
    """Return in words what a wish means, label by label."""
    told = {"发券月份": f"{asked.address.get('from', '最早')} 至 {asked.address.get('until', '最近')}"}
    for name, label in LABELS.items():
        word = asked.wish.filters.get(name)
        told[label] = "全部" if word is None else name_words(session, name, [word]).get(word, word or "无")
    return told
