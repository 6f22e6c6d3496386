"""定期报告: which periods there are, when one may be frozen, what a target needs, who stands first."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from datetime import date, timedelta
from enum import StrEnum

from voucher.rules.calendar import Period
from voucher.rules.errors import Family, reason
from voucher.rules.register import rule

SOURCE = "豫办〔2021〕29号 四（二） 月调度、季通报、半年督导、全年总结; S2-Z2"
INDICATOR_SOURCE = "豫办〔2021〕29号 二 目标任务; S0-17b; S2-Ga"
SINCE = date(2021, 10, 28)

PERIOD_UNKNOWN = reason(
    "report_period_unknown",
    "看不懂期间“{period}”",
    "月调度写 2024-03，季通报写 2024-Q1，半年督导写 2024-H1，全年总结写 2024",
    SOURCE,
)
PERIOD_NOT_OVER = reason(
    "report_period_not_over",
    "{period} 到 {until} 才结束，现在不能定稿",
    "期间结束的次日起再定稿；眼下的数字请看统计分析",
    SOURCE,
    Family.CONFLICT,
)
INDICATOR_UNSOURCED = reason(
    "indicator_source_missing",
    "指标“{name}”没有写明依据",
    "请填写下达目标的文件名称和文号后再登记；没有依据的目标不进入报告",
    INDICATOR_SOURCE,
)
TARGET_UNREADABLE = reason(
    "indicator_target_unreadable",
    "指标“{name}”的目标值须为大于 0 的整数",
    "请按指标的单位填写整数，例如 300 万人次填写 3000000",
    INDICATOR_SOURCE,
)
NARROWED_UNFIT = reason(
    "indicator_not_narrowed_so",
    "口径“{formula}”不能按{dimensions}收窄",
    "请把不能用的留空，或换一个口径；这个口径可以按：{fits}",
    INDICATOR_SOURCE,
)


class ReportKind(StrEnum):
    """Which of the four recurring reports."""

    MONTH = "month"
    QUARTER = "quarter"
    HALF = "half"
    YEAR = "year"


REPORT_NAMES: dict[ReportKind, str] = {
    ReportKind.MONTH: "月调度",
    ReportKind.QUARTER: "季通报",
    ReportKind.HALF: "半年督导",
    ReportKind.YEAR: "全年总结",
}
_SPELLED = {
    ReportKind.MONTH: (re.compile(r"(20\d\d)-(0[1-9]|1[0-2])", re.ASCII), 1),
    ReportKind.QUARTER: (re.compile(r"(20\d\d)-Q([1-4])", re.ASCII), 3),
    ReportKind.HALF: (re.compile(r"(20\d\d)-H([12])", re.ASCII), 6),
    ReportKind.YEAR: (re.compile(r"(20\d\d)()", re.ASCII), 12),
}


class Span(StrEnum):
    """What a target is set for: each year, the years from its first to its last day, or a stock."""

    YEAR = "year"
    TOTAL = "total"
    STOCK = "stock"


SPAN_NAMES: dict[Span, str] = {Span.YEAR: "每年", Span.TOTAL: "累计", Span.STOCK: "总量"}


class Formula(StrEnum):
    """What is counted for an indicator."""

    TRAININGS = "trainings"
    CERTIFIED_PEOPLE = "certified_people"
    HIGH_PEOPLE = "high_people"
    SKILLED_PEOPLE = "skilled_people"
    MIDDLE_PEOPLE = "middle_people"
    COMPETITION_TRADES = "competition_trades"
    COMPETITION_EVENTS = "competition_events"
    COMPETITION_PEOPLE = "competition_people"
    ISSUED = "issued"
    REDEEMED = "redeemed"
    NOT_CONNECTED = "not_connected"


FORMULA_NAMES: dict[Formula, str] = {
    Formula.TRAININGS: "期间内结业的培训人次",
    Formula.CERTIFIED_PEOPLE: "期末持五类证书人数 − 期初人数",
    Formula.HIGH_PEOPLE: "期末高级工以上人数 − 期初人数",
    Formula.SKILLED_PEOPLE: "期末持五类证书人数",
    Formula.MIDDLE_PEOPLE: "期末中级工以上人数",
    Formula.COMPETITION_TRADES: "期间内以竞赛取证的职业数",
    Formula.COMPETITION_EVENTS: "期间内以竞赛取证的评价批次数",
    Formula.COMPETITION_PEOPLE: "期间内以竞赛取证的人数",
    Formula.ISSUED: "期间内发放的券数",
    Formula.REDEEMED: "期间内核销的券数",
    Formula.NOT_CONNECTED: "数据未接入，不计算",
}


class Dimension(StrEnum):
    """What an indicator may be narrowed by: a word of each at most."""

    TRAINING_KIND = "training_kind"
    PROGRAMME = "programme"
    FUND = "fund"
    TRADE = "trade"
    LEVEL = "level"
    GROUP = "group"


DIMENSION_NAMES: dict[Dimension, str] = {
    Dimension.TRAINING_KIND: "培训类型",
    Dimension.PROGRAMME: "券种",
    Dimension.FUND: "资金来源",
    Dimension.TRADE: "职业（工种）",
    Dimension.LEVEL: "等级",
    Dimension.GROUP: "人员类别",
}
# a certificate has an occupation and a level; what it was trained for and who paid stand on vouchers only
OF_VOUCHERS = frozenset({Formula.TRAININGS, Formula.ISSUED, Formula.REDEEMED})
OF_CERTIFICATES = frozenset({Dimension.TRADE, Dimension.LEVEL})


@rule(number="REP-01", stage="监管", source=SOURCE, since=SINCE)
def read_period(kind: ReportKind, text: str) -> Period:
    """Return the days a period stands for, both included. Raises report_period_unknown."""
    pattern, months = _SPELLED[kind]
    found = pattern.fullmatch(text.strip())
    if found is None:
        raise PERIOD_UNKNOWN.refused(period=text[:20])
    year, place = int(found[1]), int(found[2] or 1)
    first = (place - 1) * months
    after = first + months
    return Period(date(year, first + 1, 1), date(year + after // 12, after % 12 + 1, 1) - timedelta(days=1))


@rule(number="REP-02", stage="监管", source=SOURCE, since=SINCE)
def check_over(text: str, period: Period, today: date) -> None:
    """Refuse to freeze a period that is not over. Raises report_period_not_over."""
    if today <= period.until_on:
        raise PERIOD_NOT_OVER.refused(period=text, until=period.until_on.isoformat())


@rule(number="REP-03", stage="监管", source=SOURCE, since=SINCE)
def rank(counted: Mapping[str, int]) -> dict[str, int]:
    """Return the place of each region, the largest first; equal numbers share a place."""
    return {code: 1 + sum(other > number for other in counted.values()) for code, number in counted.items()}


@rule(number="REP-04", stage="监管", source=INDICATOR_SOURCE, since=SINCE)
def check_indicator(name: str, target: int, document: str) -> None:
    """Refuse a target without a number or a source. Raises indicator_target_unreadable, _source_missing."""
    if target <= 0:
        raise TARGET_UNREADABLE.refused(name=name)
    if not document.strip():
        raise INDICATOR_UNSOURCED.refused(name=name)


@rule(number="REP-05", stage="监管", source=INDICATOR_SOURCE, since=SINCE)
def check_narrowing(formula: Formula, dimensions: Collection[Dimension]) -> None:
    """Refuse to narrow a formula by what its figures do not have. Raises indicator_not_narrowed_so."""
    fits: Collection[Dimension] = frozenset(Dimension) if formula in OF_VOUCHERS else OF_CERTIFICATES
    if formula is Formula.NOT_CONNECTED:
        fits = ()
    unfit = [DIMENSION_NAMES[each] for each in Dimension if each in dimensions and each not in fits]
    if unfit:
        told = "、".join(DIMENSION_NAMES[each] for each in Dimension if each in fits)
        raise NARROWED_UNFIT.refused(
            formula=FORMULA_NAMES[formula],
            dimensions="、".join(unfit),
            fits=told or "（不能收窄）",
        )
