"""How somebody without a voucher may enter an exam (申报条件): by which way, on what evidence, how high."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from voucher.rules.errors import Family, reason
from voucher.rules.levels import name_level
from voucher.rules.register import rule
from voucher.rules.vocabulary import Level

ENTRY_SOURCE = "【参】DOMAIN 2.4 申报条件; 豫办〔2021〕29号 第4项 评价目录清单; S2-04f"
FOUNDED = date(2021, 10, 28)

ENTRY_WAY_MISSING = reason(
    "entry_way_missing",
    "直接报名的考生没有写明申报条件",
    "请选择申报条件（工作年限、学历、直接认定、破格、竞赛、学分认定）并填写依据",
    ENTRY_SOURCE,
)
ENTRY_EVIDENCE_MISSING = reason(
    "entry_evidence_missing",
    "申报条件“{way}”没有填写依据",
    "请填写证明材料的名称和编号，如毕业证书编号、获奖文号、原等级证书编号",
    ENTRY_SOURCE,
)
ENTRY_EDUCATION_MISSING = reason(
    "entry_education_missing",
    "按学历申报的没有选择学历",
    "请选择中职毕业、高职毕业或应用型本科毕业",
    ENTRY_SOURCE,
)
ENTRY_LEVEL_TOO_HIGH = reason(
    "entry_level_too_high",
    "{education}可直接申报到{most}，不能申报{level}",
    "请改报该学历对应的等级，或改用其他申报条件",
    ENTRY_SOURCE,
    Family.CONFLICT,
)


class EntryWay(StrEnum):
    """By what somebody may sit an exam."""

    WORK = "work_years"
    EDUCATION = "education"
    RECOGNITION = "direct_recognition"
    EXCEPTION = "exceptional"
    COMPETITION = "competition"
    CREDIT = "credit"


ENTRY_WAY_NAMES: dict[EntryWay, str] = {
    EntryWay.WORK: "工作年限",
    EntryWay.EDUCATION: "学历",
    EntryWay.RECOGNITION: "直接认定",
    EntryWay.EXCEPTION: "破格（获奖）",
    EntryWay.COMPETITION: "竞赛",
    EntryWay.CREDIT: "学分认定",
}


class Education(StrEnum):
    """What somebody graduated from, where that alone opens a level."""

    SECONDARY = "secondary_vocational"
    HIGHER = "higher_vocational"
    BACHELOR = "applied_bachelor"


EDUCATION_NAMES: dict[Education, str] = {
    Education.SECONDARY: "中职毕业",
    Education.HIGHER: "高职毕业",
    Education.BACHELOR: "应用型本科毕业",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """The way somebody enters an exam by, and the paper that shows it: title and number."""

    way: EntryWay
    evidence: str
    education: Education | None = None


@rule(number="ASM-19", stage="评价", source=ENTRY_SOURCE, since=FOUNDED)
def check_entry(entry: Entry | None, level: int, opened: Mapping[Education, int]) -> None:
    """Check the way into an exam of a level (0 for an item); `opened` is the highest level by education.

    An item asks for no way. Whether the evidence is true is for people to see.
    Raises entry_way_missing, entry_evidence_missing, entry_education_missing, entry_level_too_high.
    """
    if entry is None:
        if level:
            raise ENTRY_WAY_MISSING.refused()
        return
    if not entry.evidence.strip():
        raise ENTRY_EVIDENCE_MISSING.refused(way=ENTRY_WAY_NAMES[entry.way])
    if entry.way is not EntryWay.EDUCATION:
        return
    if entry.education is None:
        raise ENTRY_EDUCATION_MISSING.refused()
    most = opened.get(entry.education, 0)
    if level > most:
        raise ENTRY_LEVEL_TOO_HIGH.refused(
            education=EDUCATION_NAMES[entry.education],
            most=name_level(Level(most)) if most else "无",
            level=name_level(Level(level)),
        )
