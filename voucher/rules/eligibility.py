"""Who may have a subsidy: age, public payroll, pension and declared intent, each with its evidence."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from voucher.rules.errors import Refusal, reason
from voucher.rules.identity import Sex as Sex
from voucher.rules.levels import clean_word
from voucher.rules.periods import in_force
from voucher.rules.register import rule
from voucher.rules.vocabulary import Outcome

SOURCE = "豫人社规〔2022〕2号 (DOMAIN H-d)"
INTENT_SOURCE = "豫办〔2021〕29号 第16项; S2-16a"
SINCE = date(2022, 3, 31)

UNDER_AGE = reason("under_age", "未满{minimum}周岁", "满{minimum}周岁后再申请", f"{SOURCE}; AC-B5")
PAST_RETIREMENT = reason(
    "past_retirement",
    "已超过{maximum}周岁",
    "超过年龄但尚未按月领取职工养老金的，请先登记“未领取养老金”及依据",
    SOURCE,
)
PUBLICLY_FUNDED = reason(
    "publicly_funded",
    "属于财政供养人员，不享受补贴",
    "人员类别有误的，请凭依据更正后重新办理",
    f"{SOURCE}; AC-B7",
)
PENSION_DRAWN = reason(
    "pension_drawn", "已按月领取养老金，不享受补贴", "登记有误的，请凭社保经办机构的证明更正", SOURCE
)
INTENT_DENIED = reason("intent_denied", "本人表示没有培训意愿", "本人重新声明培训意愿后再发券", INTENT_SOURCE)
FACTS_UNKNOWN = reason(
    "facts_unknown",
    "{what}尚未核实，不能自动发券",
    "转人工：请核实后补登，或由审核人员附依据决定",
    f"{SOURCE}; {INTENT_SOURCE}",
)
AGE_LIMITS_MISSING = reason(
    "age_limits_missing",
    "{on} 没有生效的年龄标准",
    "转人工：请管理员录入该日期的年龄标准",
    f"{SOURCE}; 【设】标准均带起止日期",
)


class TagKind(StrEnum):
    """What a person tag speaks of."""

    CATEGORY = "category"
    PENSION = "pension"


# Values that decide; any other category is kept as written and decides nothing here.
ON_PUBLIC_PAYROLL = "财政供养"
OFF_PUBLIC_PAYROLL = "非财政供养"
DRAWING_PENSION = "领取养老金"
NO_PENSION = "未领取养老金"

_CATEGORY_ALIASES = {
    "财政全供人员": ON_PUBLIC_PAYROLL,
    "公务员": ON_PUBLIC_PAYROLL,
    "参公人员": ON_PUBLIC_PAYROLL,
    "参公管理人员": ON_PUBLIC_PAYROLL,
    "参照公务员法管理人员": ON_PUBLIC_PAYROLL,
    "参照公务员管理人员": ON_PUBLIC_PAYROLL,
    "在编": ON_PUBLIC_PAYROLL,
    "在编人员": ON_PUBLIC_PAYROLL,
    "在编在岗人员": ON_PUBLIC_PAYROLL,
    "在职在编人员": ON_PUBLIC_PAYROLL,
    "在编教师": ON_PUBLIC_PAYROLL,
    "机关工勤人员": ON_PUBLIC_PAYROLL,
    "行政编制": ON_PUBLIC_PAYROLL,
    "行政编制人员": ON_PUBLIC_PAYROLL,
    "事业编制": ON_PUBLIC_PAYROLL,
    "事业编制人员": ON_PUBLIC_PAYROLL,
    "事业编": ON_PUBLIC_PAYROLL,
    "机关事业单位在编人员": ON_PUBLIC_PAYROLL,
    "事业单位在编人员": ON_PUBLIC_PAYROLL,
    "非财政供养人员": OFF_PUBLIC_PAYROLL,
}
_PENSION_ALIASES = {
    "领取养老金": DRAWING_PENSION,
    "已领取养老金": DRAWING_PENSION,
    "领取养老金人员": DRAWING_PENSION,
    "退休": DRAWING_PENSION,
    "退休人员": DRAWING_PENSION,
    "已退休": DRAWING_PENSION,
    "离休人员": DRAWING_PENSION,
    "离退休": DRAWING_PENSION,
    "离退休人员": DRAWING_PENSION,
    "按月领取养老金": DRAWING_PENSION,
    "未领取养老金": NO_PENSION,
    "未领取养老金人员": NO_PENSION,
}
_BETWEEN = re.compile(r"[、,;/|]+")
# 全额、差额、全供 say how much of the pay it is, not whether
_PAID_BY_TREASURY = re.compile(r"财政(?:全额|差额|全|差)?供养(?:在职|在编)?(?:人员)?")


class Mark(StrEnum):
    """How a finding reads on the page."""

    PASSED = "✓"
    CAUTION = "!"
    FAILED = "✗"
    UNCHECKED = "未核"


@dataclass(frozen=True, slots=True)
class Tag:
    """One dated statement about a person and who made it; both dates are included."""

    kind: str
    value: str
    since: date
    until: date | None
    source: str


@dataclass(frozen=True, slots=True)
class PersonFacts:
    """What is known of a person; None and a missing tag mean that nobody recorded it."""

    birth_on: date | None
    sex: Sex | None
    tags: tuple[Tag, ...]
    intent_declared: bool | None


@dataclass(frozen=True, slots=True)
class AgeLimits:
    """The first and the last full year of age that may have a subsidy, by a dated document."""

    minimum: int
    maximum: int
    document: str
    since: date
    until: date | None = None
    maximum_female: int | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """One line beside the facts: a mark, the rule's number, a sentence and the evidence."""

    mark: Mark
    number: str
    text: str
    source: str


@dataclass(frozen=True, slots=True)
class Judgement:
    """The outcome with every finding; the refusal is the first that stands in the way."""

    outcome: Outcome
    findings: tuple[Finding, ...]
    refusal: Refusal | None


_Answer = tuple[Finding, Refusal | None]


@rule(
    number="ELI-01",
    stage="发券",
    source="民法典 第二百零二条（没有对应日的，月末日为最后一日）; AC-B5",
    since=SINCE,
)
def age_on(birth_on: date, on: date) -> int:
    """Return the full years of age on a day; born on 29 February, one turns on the 28th in a common year."""
    had_birthday = (on.month, on.day) >= (birth_on.month, birth_on.day)
    if (birth_on.month, birth_on.day) == (2, 29) and (on.month, on.day) == (2, 28):
        had_birthday = not _is_leap(on.year)
    return on.year - birth_on.year - (0 if had_birthday else 1)


def _is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


@rule(number="ELI-02", stage="发券", source=f"{SOURCE}; S2-03d", since=SINCE)
def read_categories(text: str, since: date, source: str) -> tuple[Tag, ...]:
    """Return the tags a 人员类别 field states; several may stand in one field, unknown words are kept."""
    tags = []
    for word in filter(None, _BETWEEN.split(clean_word(text))):
        if word in _PENSION_ALIASES:
            tags.append(Tag(TagKind.PENSION, _PENSION_ALIASES[word], since, None, source))
        else:
            treasury = _PAID_BY_TREASURY.fullmatch(word)
            value = ON_PUBLIC_PAYROLL if treasury else _CATEGORY_ALIASES.get(word, word)
            tags.append(Tag(TagKind.CATEGORY, value, since, None, source))
    return tuple(tags)


@rule(number="ELI-03", stage="发券", source=f"{SOURCE}; {INTENT_SOURCE}", since=SINCE)
def judge_eligibility(facts: PersonFacts, on: date, limits: AgeLimits, *, strict: bool) -> Judgement:
    """Return whether a person may have a subsidy on a day, with every finding.

    What nobody recorded of the person shows as 未核. It blocks nothing for an evaluation subsidy; where
    a voucher is issued (`strict`) an unknown age, category or intent is decided by a person.
    """
    pension = _find_tag(facts.tags, TagKind.PENSION, on, prefer=DRAWING_PENSION)
    answers = (
        _judge_age(facts, on, limits, pension, strict=strict),
        _judge_payroll(facts, on),
        _judge_pension(pension),
        _judge_intent(facts.intent_declared, strict=strict),
    )
    findings = tuple(finding for finding, _ in answers)
    refusal = next((refusal for _, refusal in answers if refusal is not None), None)
    if refusal is not None:
        return Judgement(Outcome.REFUSED, findings, refusal)
    if not in_force(on, limits.since, limits.until):
        return Judgement(Outcome.MANUAL, findings, AGE_LIMITS_MISSING.refusal(on=on.isoformat()))
    names = ("年龄", "人员类别", "", "培训意愿")
    unknown = [
        name for name, finding in zip(names, findings, strict=True) if name and finding.mark is Mark.UNCHECKED
    ]
    if strict and unknown:
        return Judgement(Outcome.MANUAL, findings, FACTS_UNKNOWN.refusal(what="、".join(unknown)))
    return Judgement(Outcome.PAYABLE, findings, None)


def _find_tag(tags: Iterable[Tag], kind: TagKind, on: date, prefer: str) -> Tag | None:
    """Return the tag in force; where two contradict each other, the one that stands in the way."""
    applying = [tag for tag in tags if tag.kind == kind and in_force(on, tag.since, tag.until)]
    return max(applying, key=lambda tag: (tag.value == prefer, tag.since), default=None)


def _judge_age(
    facts: PersonFacts, on: date, limits: AgeLimits, pension: Tag | None, *, strict: bool
) -> _Answer:
    number = "ELI-03.1"
    if facts.birth_on is None or not in_force(on, limits.since, limits.until):
        missing = "出生日期未登记" if facts.birth_on is None else "当日没有生效的年龄标准"
        return Finding(Mark.UNCHECKED, number, missing, limits.document), None
    maximum = limits.maximum
    if facts.sex is Sex.FEMALE and limits.maximum_female is not None:
        maximum = limits.maximum_female
    age = age_on(facts.birth_on, on)
    if age < limits.minimum:
        refusal = UNDER_AGE.refusal(minimum=limits.minimum)
        return Finding(Mark.FAILED, number, refusal.title, limits.document), refusal
    if age <= maximum:
        text = f"{age}周岁，在{limits.minimum}–{maximum}周岁之内"
        return Finding(Mark.PASSED, number, text, limits.document), None
    if pension is not None and pension.value == NO_PENSION:
        text = f"已超过{maximum}周岁，未领取养老金，可以享受"
        return Finding(Mark.CAUTION, number, text, f"{limits.document}; {pension.source}"), None
    if pension is None and not strict:
        # whether a pension is drawn is a fact nobody recorded: it is shown, and blocks no evaluation subsidy
        text = f"已超过{maximum}周岁，是否按月领取职工养老金未核"
        return Finding(Mark.CAUTION, number, text, limits.document), None
    refusal = PAST_RETIREMENT.refusal(maximum=maximum)
    return Finding(Mark.FAILED, number, refusal.title, limits.document), refusal


def _judge_payroll(facts: PersonFacts, on: date) -> _Answer:
    number = "ELI-03.2"
    tag = _find_tag(facts.tags, TagKind.CATEGORY, on, prefer=ON_PUBLIC_PAYROLL)
    if tag is None:
        return Finding(Mark.UNCHECKED, number, "人员类别未登记，是否财政供养未核", SOURCE), None
    if tag.value == ON_PUBLIC_PAYROLL:
        refusal = PUBLICLY_FUNDED.refusal()
        return Finding(Mark.FAILED, number, refusal.title, tag.source), refusal
    return Finding(Mark.PASSED, number, f"非财政供养（登记为{tag.value}）", tag.source), None


def _judge_pension(pension: Tag | None) -> _Answer:
    number = "ELI-03.3"
    if pension is None:
        return Finding(Mark.UNCHECKED, number, "是否领取养老金未核", SOURCE), None
    if pension.value == DRAWING_PENSION:
        refusal = PENSION_DRAWN.refusal()
        return Finding(Mark.FAILED, number, refusal.title, pension.source), refusal
    return Finding(Mark.PASSED, number, "未领取养老金", pension.source), None


def _judge_intent(declared: bool | None, *, strict: bool) -> _Answer:
    number = "ELI-03.4"
    if declared is None:
        return Finding(Mark.UNCHECKED, number, "培训意愿未登记", INTENT_SOURCE), None
    if declared:
        return Finding(Mark.PASSED, number, "本人已声明培训意愿", INTENT_SOURCE), None
    if strict:
        refusal = INTENT_DENIED.refusal()
        return Finding(Mark.FAILED, number, refusal.title, INTENT_SOURCE), refusal
    # A certificate already earned is paid to the evaluator whether or not the person wants training.
    return Finding(Mark.CAUTION, number, "本人表示没有培训意愿，不影响评价补贴", INTENT_SOURCE), None
