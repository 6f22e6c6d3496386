"""技能人才: who counts as one, the ladder of levels with its next step, what places in competitions earn."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from voucher.rules.levels import Level
from voucher.rules.periods import in_force
from voucher.rules.register import rule
from voucher.rules.vocabulary import (
    FOUNDED,
    LEVEL_CERTIFICATE_KINDS,
    SKILL_PERSON_KINDS,
    CertificateKind,
    Method,
)

COUNTED_SOURCE = "豫办〔2021〕29号 二 目标任务; S2-Gb、S2-Gd、S2-Ge"
LADDER_SOURCE = "中办发〔2022〕58号（十一）; S3-11a; 豫人社办〔2023〕102号（八）（九）"
COMPETITION_SOURCE = "河南省职业技能竞赛晋级 (DOMAIN H-k); S2-14c; AC-J2; 【设】按获奖日的对照表"
LADDER_SINCE = date(2022, 10, 7)
CATEGORY_SOURCE = "豫办〔2021〕29号 二 目标任务 五类人才; S2-Gc; 【设】除技能人才外的对应"


class TalentCategory(StrEnum):
    """The five categories of talent the total of certificate holders is made of (五类人才)."""

    MANAGER = "manager"
    PROFESSIONAL = "professional"
    SKILLED = "skilled"
    RURAL = "rural"
    SOCIAL_WORK = "social_work"


TALENT_CATEGORY_NAMES: dict[TalentCategory, str] = {
    TalentCategory.MANAGER: "企业经营管理人才",
    TalentCategory.PROFESSIONAL: "专业技术人才",
    TalentCategory.SKILLED: "技能人才",
    TalentCategory.RURAL: "农村实用人才",
    TalentCategory.SOCIAL_WORK: "社会工作人才",
}


@dataclass(frozen=True, slots=True)
class Step:
    """One way onto a level, as a dated row tells it."""

    level: Level
    method: Method
    condition: str
    since: date
    until: date | None
    document: str


@dataclass(frozen=True, slots=True)
class Placing:
    """The places of one class of competition, for teams of one size, that earn a level; both included."""

    competition: str
    team: int
    first: int
    last: int
    level: Level
    since: date
    until: date | None
    document: str


@dataclass(frozen=True, slots=True)
class CategoryRow:
    """Which certificates count for a category, as a dated row tells it; `trades` begins occupation codes."""

    category: TalentCategory
    kind: CertificateKind | None
    trades: str | None
    words: str
    provisional: bool
    since: date
    until: date | None
    document: str

    @property
    def category_name(self) -> str:
        """Return the category in Chinese."""
        return TALENT_CATEGORY_NAMES[self.category]


@rule(number="TAL-01", stage="持证", source=COUNTED_SOURCE, since=FOUNDED)
def makes_skilled(kind: CertificateKind) -> bool:
    """Return whether a certificate makes its holder a 技能人才: five kinds do, a 培训合格证书 does not."""
    return kind in SKILL_PERSON_KINDS


@rule(number="TAL-02", stage="持证", source=COUNTED_SOURCE, since=FOUNDED)
def list_middle_levels() -> tuple[Level, ...]:
    """Return the levels that count as 中高级: 中级工 and everything above."""
    return tuple(level for level in Level if level >= Level.INTERMEDIATE)


@rule(number="TAL-03", stage="持证", source=f"{COUNTED_SOURCE}; S3-19b", since=FOUNDED)
def list_high_levels() -> tuple[Level, ...]:
    """Return the levels that make a 高技能人才: 高级工 and everything above."""
    return tuple(level for level in Level if level >= Level.SENIOR)


@rule(number="TAL-04", stage="持证", source=f"{LADDER_SOURCE}; AC-A8", since=LADDER_SINCE)
def stands_on_ladder(kind: CertificateKind, level: Level | None) -> bool:
    """Return whether a certificate is a step of the ladder; a 专项 one counts as skilled and is none."""
    return kind in LEVEL_CERTIFICATE_KINDS and level is not None


@rule(number="TAL-05", stage="持证", source=LADDER_SOURCE, since=LADDER_SINCE)
def find_next_level(held: Iterable[Level]) -> Level | None:
    """Return the level right above the highest one held, the lowest where none is; None at the top."""
    highest = max(held, default=None)
    if highest is None:
        return Level.JUNIOR
    return Level(highest + 1) if highest < max(Level) else None


@rule(number="TAL-06", stage="持证", source=f"{LADDER_SOURCE}; DOMAIN 2.4 申报条件", since=LADDER_SINCE)
def list_ways(level: Level, on: date, steps: Sequence[Step]) -> list[Step]:
    """Return the ways onto a level in force on a day, in the order of the rows."""
    return [each for each in steps if each.level is level and in_force(on, each.since, each.until)]


@rule(number="TAL-07", stage="持证", source=COMPETITION_SOURCE, since=FOUNDED)
def find_level_of_place(
    competition: str, team: int, place: int, on: date, placings: Sequence[Placing]
) -> Placing | None:
    """Return what a place in a competition of a class earns by the table of a day; None for nothing.

    The day is that of the award, never that of the exam: the notice says what this place earns and that the
    certificate follows from it; a later table takes nothing from a place and gives an older one nothing.
    """
    for each in placings:
        fits = each.competition == competition and each.team == team
        if fits and each.first <= place <= each.last and in_force(on, each.since, each.until):
            return each
    return None


@rule(number="TAL-09", stage="持证", source=COMPETITION_SOURCE, since=FOUNDED)
def is_ruled(competition: str, placings: Sequence[Placing]) -> bool:
    """Return whether any table says what places of a class of competition earn; of others nobody knows."""
    return any(each.competition == competition for each in placings)


@rule(number="TAL-08", stage="持证", source=CATEGORY_SOURCE, since=FOUNDED)
def counts_for(row: CategoryRow, kind: CertificateKind, trade_code: str) -> bool:
    """Return whether a certificate counts for the category of a row: a holder of several counts in several.

    What makes nobody a holder of a certificate (培训合格证书) counts for no category.
    """
    of_kind = row.kind is None or row.kind is kind
    return makes_skilled(kind) and of_kind and trade_code.startswith(row.trades or "")
