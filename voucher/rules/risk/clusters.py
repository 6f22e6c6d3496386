"""Risk rule over who is tied to whom (关系圈): R26, persons joined by devices, accounts and phones."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date

from voucher.rules.register import rule
from voucher.rules.risk.data_set import Facts
from voucher.rules.risk.facts import Link
from voucher.rules.risk.findings import Finding, Thresholds
from voucher.rules.risk.measures import median, written_growth

SINCE = date(2021, 10, 28)
SOURCE = "审计署2022年 团伙套取（DOMAIN N12）; 【参】关系圈"
EDGE_NAMES: dict[str, str] = {
    "account": "账户",
    "phone": "电话",
    "contact": "紧急联系人",
    "device": "设备",
    "teacher": "教师",
}


@rule(number="RSK-26", stage="监管", source=SOURCE, since=SINCE)
def find_clusters(facts: Facts, most: Thresholds) -> Iterator[Finding]:
    """Find circles of many persons joined by shared devices, accounts or phones of several kinds (R26).

    An address alone joins nobody: a village or a dormitory has one.
    """
    least, kinds = most["risk_cluster_people"], most["risk_cluster_kinds"]
    shared: dict[tuple[str, str], list[Link]] = defaultdict(list)
    for each in facts.links:
        if each.kind in EDGE_NAMES and each.value:
            shared[each.kind, each.value].append(each)
    circles = _Circles()
    edges = {key: found for key, found in shared.items() if len({each.person for each in found}) > 1}
    for found in edges.values():
        for each in found[1:]:
            circles.join(found[0].person, each.person)
    behind: dict[str, list[Link]] = defaultdict(list)
    for found in edges.values():
        behind[circles.top(found[0].person)] += found
    sizes = {top: len({each.person for each in found}) for top, found in behind.items()}
    usual = median(sizes.values())
    for top in sorted(each for each, size in sizes.items() if size >= least):
        found = behind[top]
        ways = sorted({EDGE_NAMES[each.kind] for each in found})
        if len(ways) < kinds:
            continue
        people = sorted({each.person for each in found})
        houses = {each.institution for each in found}
        yield Finding(
            "R26", "cluster", people[0], written_growth(len(people), least, "人") or "-", len(people),
            "人", least, usual,
            f"{len(people)} 名学员（如 {{person:{people[0]}}}）由共用的{'、'.join(ways)}连成一圈，"
            f"达到 {least} 人、"
            f"{kinds} 种联系的界限；其他相连的人多为 {usual} 人一圈。",
            tuple(("links", each.id) for each in found), tuple(people),
            houses.pop() if len(houses) == 1 else "",
        )  # fmt: skip


class _Circles:
    """Who belongs together, joined pair by pair; the smallest name stands for all."""

    def __init__(self) -> None:
        self._above: dict[str, str] = {}

    def top(self, person: str) -> str:
        while (above := self._above.get(person, person)) != person:
            self._above[person] = self._above.get(above, above)
            person = above
        return person

    def join(self, one: str, other: str) -> None:
        first, second = sorted((self.top(one), self.top(other)))
        self._above[second] = first
