"""What a risk rule says: about whom and when, figure and threshold, its peers, the rows behind it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from voucher.rules.register import rule
from voucher.rules.risk.data_set import Facts

SINCE = date(2021, 10, 28)
SOURCE = "【设】每条风险线索可核对：数字、界限、同类中位数、依据的行、一句话"
MOST_SCORE = 100
KIND_NAMES: dict[str, str] = {
    "person": "学员",
    "class": "班级",
    "session": "课次",
    "institution": "机构",
    "evaluator": "评价机构",
    "device": "设备",
    "network": "网络",
    "teacher": "教师",
    "examiner": "考评员",
    "officer": "工作人员",
    "agent": "代领人",
    "certificate": "证书",
    "claim": "申领",
    "link": "联系",
    "cluster": "关系圈",
}
_TOKEN = re.compile(r"\{(\w+):([^{}]*)\}")
Thresholds = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Finding:
    """One flag: `words` hold names as tokens {kind:id}, `stops` what is held where the rule is blocking.

    `rows` name table and row; `people` are the persons it speaks of.
    """

    rule: str
    kind: str
    subject: str
    period: str
    figure: int
    unit: str
    threshold: int
    peer_median: int | None
    words: str
    rows: tuple[tuple[str, str], ...]
    people: tuple[str, ...] = ()
    institution: str = ""
    stops: tuple[tuple[str, str], ...] = ()

    @property
    def key(self) -> tuple[str, str, str, str]:
        """Return what a flag is raised once for: rule, kind, subject and period."""
        return (self.rule, self.kind, self.subject, self.period)


Find = Callable[[Facts, Thresholds], Iterator[Finding]]


@dataclass(frozen=True, slots=True)
class RiskRule:
    """A line of the catalogue: the rule, its thresholds by name, its tables, whether it stops money."""

    code: str
    name: str
    find: Find
    thresholds: tuple[str, ...]
    tables: tuple[str, ...]
    weight: int
    is_blocking: bool = False
    is_daily: bool = False


@rule(number="RSK-41", stage="监管", source=SOURCE, since=SINCE)
def tell(words: str, names: Mapping[tuple[str, str], str]) -> str:
    """Return a sentence with names in place of its tokens; without a name the number stands."""

    def name(found: re.Match[str]) -> str:
        kind, subject = found[1], found[2]
        return names.get((kind, subject)) or f"{KIND_NAMES[kind]} {subject}"

    return _TOKEN.sub(name, words)


@rule(number="RSK-42", stage="监管", source=SOURCE, since=SINCE)
def list_tokens(words: str) -> list[tuple[str, str]]:
    """Return what a sentence names, as (kind, id)."""
    return [(found[1], found[2]) for found in _TOKEN.finditer(words)]


@rule(number="RSK-43", stage="监管", source=SOURCE, since=SINCE)
def score_of_finding(finding: Finding, weight: int) -> int:
    """Return the points of a finding, 1 to 100: the rule's weight, more where the figure is far beyond it."""
    if finding.threshold <= 0 or finding.figure <= finding.threshold:
        return weight
    beyond = min(finding.figure * 10 // finding.threshold, 20) - 10
    return min(MOST_SCORE, weight + weight * beyond // 20)
