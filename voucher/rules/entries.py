"""How somebody without a voucher may enter an exam (申报条件): by which way, on what evidence, how high."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from voucher.rules.errors import Family, reason
from voucher.rules.levels import name_level
from voucher.rules.periods import in_force
from voucher.rules.register import rule
from voucher.rules.talents import Placing, find_level_of_place, is_ruled
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
    "请改报该条件对应的等级，或改用其他申报条件",
    ENTRY_SOURCE,
    Family.CONFLICT,
)
ENTRY_WAY_CLOSED = reason(
    "entry_way_closed",
    "{level}不能按“{way}”申报",
    "请改用本等级的其他申报条件：{open}",
    ENTRY_SOURCE,
    Family.CONFLICT,
)
ENTRY_CONDITION_UNMET = reason(
    "entry_condition_unmet",
    "不符合{level}按“{way}”申报的条件：{conditions}",
    "请核对从业年限、原证书等级和学历；确实不符合的，请改报较低等级或改用其他申报条件",
    ENTRY_SOURCE,
    Family.CONFLICT,
)
ENTRY_YEARS_MISSING = reason(
    "entry_years_missing",
    "按工作年限申报的没有填写从事本职业的年数",
    "请按满年数填写，不满一年的填 0；凭原证书申报的，填取得证书以后的年数",
    ENTRY_SOURCE,
)
ENTRY_HELD_INCOMPLETE = reason(
    "entry_held_incomplete",
    "原证书的等级和编号只填了一项",
    "请对照原证书把等级和编号都填上；没有原证书的，两项都不填",
    ENTRY_SOURCE,
)
ENTRY_AWARD_MISSING = reason(
    "entry_award_missing",
    "破格申报的没有选择奖项",
    "请从荣誉字典选择所获奖项，依据填写获奖文号；不在字典里的奖项，请先由人社部门列入",
    "豫人社办〔2023〕102号（九）; S0-09c 须有获奖记录",
)
ENTRY_AWARD_UNKNOWN = reason(
    "entry_award_unknown",
    "所选奖项在考试当日不在荣誉字典内",
    "请重新选择奖项；字典有误的，请人社部门更正",
    "豫人社办〔2023〕102号（九）; S0-09c 须有获奖记录",
)
ENTRY_PLACE_MISSING = reason(
    "entry_place_missing",
    "按竞赛申报的没有写明赛事类别、参赛人数或名次",
    "请对照获奖证书填写：赛事类别、单人赛填 1（双人 2、三人 3）、名次",
    "河南省人社厅 2023-08-24 竞赛晋升（DOMAIN H-k）",
)
ENTRY_PLACE_EARNS_NOTHING = reason(
    "entry_place_earns_nothing",
    "这项赛事的第 {place} 名不晋升等级",
    "请核对赛事类别、参赛人数和名次；不在竞赛名次对照表内的，请改用其他申报条件",
    "河南省人社厅 2023-08-24 竞赛晋升（DOMAIN H-k）",
    Family.CONFLICT,
)
ENTRY_CONTEST_UNRULED = reason(
    "entry_contest_unruled",
    "这类赛事的名次晋升哪一级没有查到文件规定，不在竞赛名次对照表内",
    "请改用其他申报条件，如凭登记的荣誉破格申报；有文件写明的，请报省级人社部门列入对照表后再报名",
    "河南省人社厅 2023-08-24 竞赛晋升（DOMAIN H-k）只写明省级行业一类、二类赛",
    Family.CONFLICT,
)
AWARDS_APART = "|"


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
    """The way somebody enters an exam by, and the paper that shows it: title and number.

    `years` are whole years in the occupation, `held_level` and `held_number` of the certificate held before,
    `award` a code of the dictionary of honours; a place in a competition is by its class and size of teams.
    """

    way: EntryWay
    evidence: str
    education: Education | None = None
    years: int | None = None
    held_level: int | None = None
    held_number: str | None = None
    award: str | None = None
    competition: str | None = None
    team: int | None = None
    place: int | None = None


@dataclass(frozen=True, slots=True)
class Condition:
    """One way into one level by the dated table: years at least, the certificate held, schooling, an award.

    `award` are codes of honours of which one is enough.
    """

    level: int
    way: EntryWay
    years: int
    held_level: int | None
    education: Education | None
    award: str | None
    words: str


@dataclass(frozen=True, slots=True)
class OpenWays:
    """What is open on the day of an exam: the highest level by education, conditions, places, honours.

    The placings are those of every day: what a place earns hangs on the day it was taken (TAL-07).
    """

    on: date
    by_education: Mapping[Education, int]
    conditions: Sequence[Condition]
    placings: Sequence[Placing]
    honours: Mapping[str, str]


@rule(number="ASM-19", stage="评价", source=ENTRY_SOURCE, since=FOUNDED)
def check_entry(
    entry: Entry | None, level: int, ways: OpenWays, awarded: Sequence[date] | None = None
) -> None:
    """Check the way into an exam of a level (0 for an item, which asks for no way).

    A place earns what the table of its own day says (TAL-07): of the days it was taken on (`awarded`), and
    while nobody knows them, of any day up to the exam.
    Whether the evidence is true is for people to see. Raises entry_way_missing, entry_evidence_missing,
    entry_held_incomplete, entry_education_missing, entry_level_too_high, entry_place_missing,
    entry_place_earns_nothing, entry_contest_unruled, and what `check_condition` raises.
    """
    if entry is None:
        if level:
            raise ENTRY_WAY_MISSING.refused()
        return
    if not entry.evidence.strip():
        raise ENTRY_EVIDENCE_MISSING.refused(way=ENTRY_WAY_NAMES[entry.way])
    if (entry.held_level is None) != (not (entry.held_number or "").strip()):
        raise ENTRY_HELD_INCOMPLETE.refused()
    if not level:
        return
    if entry.way is EntryWay.EDUCATION:
        if entry.education is None:
            raise ENTRY_EDUCATION_MISSING.refused()
        _check_not_above(EDUCATION_NAMES[entry.education], ways.by_education.get(entry.education, 0), level)
    elif entry.way is EntryWay.COMPETITION:
        _check_place(entry, level, ways, awarded)
    else:
        check_condition(entry, level, ways)


def _check_place(entry: Entry, level: int, ways: OpenWays, awarded: Sequence[date] | None) -> None:
    if entry.competition is None or entry.team is None or entry.place is None:
        raise ENTRY_PLACE_MISSING.refused()
    days = [each.since for each in ways.placings if each.since <= ways.on] if awarded is None else awarded
    earned = [
        int(found.level)
        for on in days
        if (found := find_level_of_place(entry.competition, entry.team, entry.place, on, ways.placings))
    ]
    if not is_ruled(entry.competition, ways.placings):
        raise ENTRY_CONTEST_UNRULED.refused()
    if not earned:
        raise ENTRY_PLACE_EARNS_NOTHING.refused(place=entry.place)
    _check_not_above(f"竞赛第 {entry.place} 名", max(earned), level)


def _check_not_above(what: str, most: int, level: int) -> None:
    if level > most:
        raise ENTRY_LEVEL_TOO_HIGH.refused(
            education=what,
            most=name_level(Level(most)) if most else "无",
            level=name_level(Level(level)),
        )


@rule(number="ASM-20", stage="评价", source=f"{ENTRY_SOURCE}; S0-09b,c; S2-02f; S3-13a,b", since=FOUNDED)
def check_condition(entry: Entry, level: int, ways: OpenWays) -> None:
    """Check years, certificate held, schooling and award against the dated table; one of its rows is enough.

    Raises entry_way_closed, entry_years_missing, entry_award_missing, entry_award_unknown,
    entry_condition_unmet.
    """
    here = [each for each in ways.conditions if each.level == level]
    asked = [each for each in here if each.way is entry.way]
    named, way = name_level(Level(level)), ENTRY_WAY_NAMES[entry.way]
    if not asked:
        raise ENTRY_WAY_CLOSED.refused(level=named, way=way, open=_name_open(level, ways, here))
    if entry.way is EntryWay.WORK and entry.years is None:
        raise ENTRY_YEARS_MISSING.refused()
    if entry.way is EntryWay.EXCEPTION and entry.award is None:
        raise ENTRY_AWARD_MISSING.refused()
    if entry.award is not None and entry.award not in ways.honours:
        raise ENTRY_AWARD_UNKNOWN.refused()
    if not any(_meets(entry, each) for each in asked):
        conditions = "；或".join(dict.fromkeys(each.words for each in asked))
        raise ENTRY_CONDITION_UNMET.refused(level=named, way=way, conditions=conditions)


def _meets(entry: Entry, asked: Condition) -> bool:
    held = asked.held_level is None or (entry.held_level or 0) >= asked.held_level
    schooled = asked.education is None or entry.education in (asked.education, *_ABOVE[asked.education])
    awarded = asked.award is None or entry.award in asked.award.split(AWARDS_APART)
    return held and schooled and awarded and (entry.years or 0) >= asked.years


_ABOVE: dict[Education, tuple[Education, ...]] = {
    Education.SECONDARY: (Education.HIGHER, Education.BACHELOR),
    Education.HIGHER: (Education.BACHELOR,),
    Education.BACHELOR: (),
}


def _name_open(level: int, ways: OpenWays, here: Sequence[Condition]) -> str:
    """Return the names of the ways that are open into a level."""
    found = {each.way for each in here}
    if any(most >= level for most in ways.by_education.values()):
        found.add(EntryWay.EDUCATION)
    if any(each.level >= level and in_force(ways.on, each.since, each.until) for each in ways.placings):
        found.add(EntryWay.COMPETITION)
    return "、".join(name for way, name in ENTRY_WAY_NAMES.items() if way in found) or "无"
