"""Risk rule over classes somebody else teaches (未申报的分包、转包): R29, traces of another house."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date

from voucher.rules.register import rule
from voucher.rules.risk.data_set import Facts
from voucher.rules.risk.facts import Outsider
from voucher.rules.risk.findings import Finding, Thresholds
from voucher.rules.risk.measures import day_number, median, written_month

SINCE = date(2021, 10, 28)
SOURCE = "豫人社函〔2023〕293号（虚假、转包的项目及时移出目录）; 【设】R29 由痕迹查未申报的分包"
KINDS: dict[str, str] = {
    "people": "签到、核销、登记到课的人在它任职",
    "room": "教室在它备案的地址",
    "payee": "收款账户与它相同",
}


@rule(number="RSK-29", stage="监管", source=SOURCE, since=SINCE)
def find_handed_over(facts: Facts, most: Thresholds) -> Iterator[Finding]:
    """Find classes with several kinds of traces of one institution nobody declared (R29).

    One kind alone is no finding: teachers serve two schools, schools share a building. Where so many kinds
    come together that nobody shares them by chance, the class is held.
    """
    least, hold = most["risk_outsider_kinds"], most["risk_outsider_kinds_hold"]
    traces: dict[tuple[str, str], list[Outsider]] = defaultdict(list)
    for each in facts.outsiders:
        traces[each.class_id, each.other].append(each)
    counts = {key: len({each.kind for each in found}) for key, found in traces.items()}
    usual = median(counts.values())
    begins = {each.id: written_month(day_number(each.starts_at)) for each in facts.classes}
    for class_id, other in sorted(key for key, count in counts.items() if count >= least):
        found, figure = traces[class_id, other], counts[class_id, other]
        kinds = {each.kind for each in found}
        said = "、".join(words for kind, words in KINDS.items() if kind in kinds)
        yield Finding(
            "R29", "class", class_id, f"{begins.get(class_id, '-')} {other}", figure, "种", least, usual,
            f"{{class:{class_id}}} 没有申报由 {{institution:{other}}} 承训，却有它的 {figure} 种痕迹"
            f"（{said}），达到 {least} 种的界限；有痕迹的班多为 {usual} 种。",
            tuple(("outsiders", each.id) for each in found), (), found[0].institution,
            (("class", class_id),) if figure >= hold else (),
        )  # fmt: skip
