"""What an evaluator on the 评价目录清单 may evaluate: by which standard, from which majors, whose people."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, timedelta
from enum import StrEnum

from voucher.rules.errors import Family, reason
from voucher.rules.levels import clean_word, mask_word
from voucher.rules.outside import BY_HAND, OutsideFact
from voucher.rules.periods import in_force
from voucher.rules.register import rule

SOURCE = "豫办〔2021〕29号 第4项 评价目录清单; S2-04f; 豫人社办〔2025〕60号（DOMAIN H-h）"
SINCE = date(2021, 10, 28)


class StandardKind(StrEnum):
    """What an evaluator examines by."""

    NATIONAL = "national"
    INDUSTRY = "industry"
    ENTERPRISE = "enterprise"
    ITEM = "item"


STANDARD_KIND_NAMES: dict[StandardKind, str] = {
    StandardKind.NATIONAL: "国家职业标准",
    StandardKind.INDUSTRY: "行业企业评价规范",
    StandardKind.ENTERPRISE: "企业标准",
    StandardKind.ITEM: "专项职业能力考核规范",
}

STANDARD_KIND_UNKNOWN = reason(
    "standard_kind_unknown",
    "“{given}”不是规定的评价标准类别",
    "请填写国家职业标准、行业企业评价规范、企业标准或专项职业能力考核规范",
    SOURCE,
)
STANDARD_INCOMPLETE = reason(
    "standard_incomplete",
    "评价标准只填了类别或文号中的一项",
    "标准类别和标准文号须同时填写，如 国家职业标准、人社厅发〔2022〕1号",
    SOURCE,
)
OCCUPATION_WITHOUT_MAJOR = reason(
    "occupation_without_major",
    "院校开设的专业没有一个对应职业 {trade}",
    "院校只评价所开专业对应的职业：请先导入该校开设的专业（voucher import school-majors）"
    "和专业对应表（voucher import majors），或删去这一行",
    SOURCE,
)
CANDIDATE_NOT_STAFF = reason(
    "candidate_not_staff",
    "有 {count} 名考生在考试当日不是本单位职工",
    "用人单位只评价本单位职工：请先登记劳动合同或社会保险依据，非本单位人员请改到社会培训评价组织报名",
    f"{SOURCE}; S3-09",
    Family.FORBIDDEN,
)

CANDIDATE_INSURED_ELSEWHERE = reason(
    "candidate_insured_elsewhere",
    "有 {count} 名考生经社会保险核对不在本单位参保",
    "请在“本单位职工”页面看是哪几名，改到社会培训评价组织报名；参保登记有误的，请先到社会保险经办机构更正",
    f"{SOURCE}; S3-07c",
    Family.FORBIDDEN,
)
CANDIDATE_INSURANCE_UNCONFIRMED = reason(
    "candidate_insurance_unconfirmed",
    "有 {count} 人近日没有经社会保险核到仍在本单位参保，不能按本单位职工发证",
    "请在“本单位职工”页面重新核对社会保险，有答复后再上传证书；一直没有答复的，请经办机构凭依据人工核实",
    f"{SOURCE}; S3-07c; 【设】没有核到的不自动通过",
    Family.CONFLICT,
)
CERTIFIED_NOT_STAFF = reason(
    "certified_not_staff",
    "持证人在发证当日（{on}）不是本单位职工",
    "用人单位只给本单位职工发证：已经离职的，请由社会培训评价组织评价发证；职工名单有误的，请先更正“本单位职工”",
    f"{SOURCE}; S3-09",
    Family.FORBIDDEN,
)


class Insured(StrEnum):
    """What the social insurance says of somebody an employer calls its own."""

    HERE = "here"
    STALE = "stale"
    ELSEWHERE = "elsewhere"
    UNSAID = "unsaid"


# nobody has said it lately
UNCONFIRMED = frozenset({Insured.UNSAID, Insured.STALE})
INSURED_NAMES: dict[Insured, str] = {
    Insured.HERE: "在本单位参保",
    Insured.STALE: "核对已过期",
    Insured.ELSEWHERE: "不在本单位参保",
    Insured.UNSAID: "没有核到",
}


@rule(number="EVA-01", stage="评价", source=SOURCE, since=SINCE)
def parse_standard_kind(text: str) -> StandardKind:
    """Read what an evaluator examines by. Raises standard_kind_unknown."""
    word = clean_word(text)
    for kind, name in STANDARD_KIND_NAMES.items():
        if word in (str(kind), name):
            return kind
    raise STANDARD_KIND_UNKNOWN.refused(given=mask_word(word))


@rule(number="EVA-02", stage="评价", source=SOURCE, since=SINCE)
def check_standard(kind: StandardKind | None, document: str) -> None:
    """Check that a standard is stated whole or not at all (未核). Raises standard_incomplete."""
    if (kind is None) != (not document):
        raise STANDARD_INCOMPLETE.refused()


@rule(number="EVA-03", stage="评价", source=SOURCE, since=SINCE)
def check_major(trade_code: str, taught: Collection[str], *, required: bool) -> None:
    """Check that a school evaluates what one of its majors leads to. Raises occupation_without_major."""
    if required and trade_code not in taught:
        raise OCCUPATION_WITHOUT_MAJOR.refused(trade=trade_code)


@rule(number="EVA-04", stage="评价", source=f"{SOURCE}; S3-09", since=SINCE)
def check_own_staff(candidates: Collection[int], staff: Collection[int], *, required: bool) -> None:
    """Check that an employer examines its own staff only, people by id. Raises candidate_not_staff."""
    strangers = set(candidates) - set(staff)
    if required and strangers:
        raise CANDIDATE_NOT_STAFF.refused(count=len(strangers))


@rule(number="EVA-05", stage="评价", source=f"{SOURCE}; S3-07c", since=SINCE)
def judge_insured(
    facts: Sequence[OutsideFact], employer_code: str, on: date, fresh_days: int | None
) -> Insured:
    """Return whether the newest answer names an employer, by its credit code, as insuring somebody on a day.

    What was told more than `fresh_days` before the day is stale; none is no limit. What an officer verified
    by hand counts for the employer it was left open for; any other answer that names no employer speaks
    against nobody, and what speaks against somebody does so however old it is.
    """
    standing = [each for each in facts if each.held and _covers(each, on)]
    here = [each for each in standing if each.number == employer_code or _is_by_hand(each)]
    if here:
        fresh = fresh_days is None or any(on <= each.told_on + timedelta(days=fresh_days) for each in here)
        return Insured.HERE if fresh else Insured.STALE
    if not facts or any(each.number is None for each in standing):
        return Insured.UNSAID
    return Insured.ELSEWHERE


def _covers(fact: OutsideFact, on: date) -> bool:
    return in_force(on, fact.since or date.min, fact.until)


def _is_by_hand(fact: OutsideFact) -> bool:
    return fact.system == BY_HAND and fact.number is None


@rule(number="EVA-06", stage="评价", source=f"{SOURCE}; S3-07c", since=SINCE)
def check_insured(standings: Collection[Insured], *, required: bool, confirmed: bool = False) -> None:
    """Refuse people the social insurance knows at another employer, or at none.

    Before an exam who has not been answered for counts as the employer states; for a certificate
    (`confirmed`) somebody must have answered lately. Raises candidate_insured_elsewhere,
    candidate_insurance_unconfirmed.
    """
    count = sum(1 for each in standings if each is Insured.ELSEWHERE)
    if required and count:
        raise CANDIDATE_INSURED_ELSEWHERE.refused(count=count)
    open_count = sum(1 for each in standings if each in UNCONFIRMED)
    if required and confirmed and open_count:
        raise CANDIDATE_INSURANCE_UNCONFIRMED.refused(count=open_count)


@rule(number="EVA-07", stage="持证", source=f"{SOURCE}; S3-09", since=SINCE)
def check_certified_staff(on: date, *, is_staff: bool, required: bool) -> None:
    """Check that an employer certifies its own staff, on the day of issue. Raises certified_not_staff."""
    if required and not is_staff:
        raise CERTIFIED_NOT_STAFF.refused(on=on.isoformat())
