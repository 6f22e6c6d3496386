"""Bonuses (奖补): other claims over the same desk; their dated standards, their keys and their refusals.

A kind is a row of `voucher.rules.bonus_kinds` and one pure function of `voucher.rules.bonus_judges`.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from voucher.rules.bonus_kinds import KINDS, BonusKind, KeyPart
from voucher.rules.clawback import ADVANCE_SOURCE
from voucher.rules.errors import Family, reason
from voucher.rules.periods import in_force
from voucher.rules.register import rule
from voucher.rules.vocabulary import SUBSIDY_NAMES, SubsidyKind

SOURCE = "豫办〔2021〕29号 第5、7、8、13项; 新办〔2023〕10号 第8项; 豫人社办〔2023〕102号（十三）"
HIRING_SOURCE = "豫办〔2021〕29号 第7项; S2-07b、S2-07c"
AWARD_SOURCE = "新办〔2023〕10号 第8项; 豫人社办〔2023〕102号（十三）; S1-08b–d、S0-13b; AC-J4"
ONE_OFF_SOURCE = "豫办〔2021〕29号 第8项; S2-08b、S2-08c"
SINCE = date(2021, 10, 28)
SUBSIDIES = frozenset(str(each) for each in SubsidyKind)
SUBSIDIES_PURPOSE = "职业技能培训评价补贴"  # one sum may be of both


class FirmSize(StrEnum):
    """How large an enterprise is (企业规模)."""

    MEDIUM = "medium"
    SMALL = "small"
    MICRO = "micro"
    LARGE = "large"


FIRM_SIZE_NAMES: dict[FirmSize, str] = {
    FirmSize.MEDIUM: "中型",
    FirmSize.SMALL: "小型",
    FirmSize.MICRO: "微型",
    FirmSize.LARGE: "大型",
}

BONUS_STANDARD_MISSING = reason(
    "bonus_standard_missing",
    "“{item}”在 {on} 没有{kind}标准",
    "请核对地区和事项日期；有新文件的，请先登记标准再申报",
    SOURCE,
)
NOT_CERTIFIED_PERSON = reason(
    "not_certified_person",
    "该人员没有核验一致的有效证书，不是持证人员",
    "请先取得证书并核验一致，再为该人员申报",
    HIRING_SOURCE,
)
CERTIFIED_AFTER_HIRE = reason(
    "certified_after_hire",
    "入职日期 {hired_on} 早于该人员最早的有效证书（{certified_on} 发证），入职时是否持证没有答复",
    "转人工：请查验入职时持有的证书；入职后才取证的，不是新吸纳、介绍的持证人员，办理不予通过",
    HIRING_SOURCE,
)
EMPLOYED_TOO_SHORT = reason(
    "employed_too_short",
    "自 {since} 起就业，到 {until} 才满 {months} 个月",
    "请在满 {months} 个月后再为该人员申报",
    HIRING_SOURCE,
)
INSURED_TOO_SHORT = reason(
    "insured_too_short",
    "参保 {found} 个月，少于 {months} 个月",
    "请在缴费满 {months} 个月后再申报；记录有误的，请向参保地社保经办机构核对",
    HIRING_SOURCE,
)
INSURANCE_UNVERIFIED = reason(
    "insurance_unverified",
    "社会保险记录还没有核到",
    "转人工：由两人凭缴费证明核定；系统同时向社保接口查询",
    f"{HIRING_SOURCE}; S2-10b 接口不通转人工核验，不自动通过",
)
FIRM_TOO_LARGE = reason(
    "firm_too_large",
    "该补助只给中小微企业，申报的规模是{size}",
    "规模划型有误的，请更正后重新申报",
    HIRING_SOURCE,
)
PAYEE_CAP_REACHED = reason(
    "payee_cap_reached",
    "本单位累计已申报 {claimed} 元，加上本条超过 {cap} 元的上限",
    "超过上限的部分不予补助，本条应付 0 元",
    HIRING_SOURCE,
    Family.LIMIT,
)
BONUS_AMOUNT_OUT_OF_RANGE = reason(
    "bonus_amount_out_of_range",
    "申报 {asked} 元不在 {least} 元至 {most} 元之间",
    "请按批准文件核定的金额、在规定范围内重新申报",
    ONE_OFF_SOURCE,
)
BONUS_FIELD_MISSING = reason(
    "bonus_field_missing",
    "没有填写{what}",
    "请按依据材料填写后重新申报",
    SOURCE,
)
SECOND_AWARD_WITHIN_YEAR = reason(
    "second_award_within_year",
    "该人员前后十二个月内另有一项竞赛奖励申报",
    "转人工：请两人核对是否为同一赛事的不同写法，再核定金额",
    f"{AWARD_SOURCE}; 【设】同一赛事只奖励一次",
)
AWARD_UNRECORDED = reason(
    "award_unrecorded",
    "该人员的这项获奖没有登记",
    "转人工：请两人核对获奖文件后核定金额；先在“竞赛与荣誉”登记、再申报的，不转人工",
    f"{AWARD_SOURCE}; S0-09c 须有获奖记录",
)
AWARD_DAY_DIFFERS = reason(
    "award_day_differs",
    "已登记的获奖日期是 {recorded}，申报填写的是 {stated}",
    "转人工：请两人对照获奖文件核对日期和届次后核定金额；填错的，撤回后按登记的日期重新申报",
    f"{AWARD_SOURCE}; S0-09c 须有获奖记录",
)
AWARD_RECORDED_BY_FILER = reason(
    "award_recorded_by_filer",
    "这项获奖由申报人自己登记",
    "转人工：请两人对照获奖文件核对后核定金额；由他人登记、再申报的，不转人工",
    f"{AWARD_SOURCE}; 【设】登记和申报不由一人办完",
)
SECOND_INTRODUCTION = reason(
    "second_introduction",
    "该人员同一时期已由另一家用人单位名下申报过介绍补贴",
    "转人工：请两人核对劳动合同和社保缴费单位，确认不是同一次就业的重复申报",
    f"{HIRING_SOURCE}; 【设】同一次就业只认一家中介",
)
ADVANCE_NOT_FOUND = reason(
    "advance_not_found",
    "备案 {agreement}（{item}）没有已拨付的预支",
    "转人工：请两人核对备案编号、等级和拨付记录，确认确未预支后再核定；本单位另有：{others}",
    ADVANCE_SOURCE,
)
OTHER_AGREEMENT = reason(
    "other_agreement",
    "本单位另有学徒制申领：{others}",
    "转人工：请两人核对是否为同一备案的不同写法、同一编号的等级有没有填错，再核定金额",
    ADVANCE_SOURCE,
)
HEADS_DIFFER = reason(
    "heads_differ",
    "备案 {heads} 人，与预支时的备案 {agreed} 人不一致",
    "请按预支时的备案人数填写；完成人数不超过该人数",
    ADVANCE_SOURCE,
    Family.CONFLICT,
)
AGREEMENT_GOES_ON = reason(
    "agreement_goes_on",
    "该备案的{half}申领当前为“{state}”",
    "预支拨付后才能结算，结算以后不再预支；已立追回单的，缴清即办结",
    ADVANCE_SOURCE,
    Family.CONFLICT,
)
ADVANCE_TO_RETURN = reason(
    "advance_to_return",
    "应得 {earned} 元，已预支 {advanced} 元，应退回 {returned} 元",
    "没有可再拨付的金额；请申报人以外的审核人员核对完成人数，从预支的申领页面就应退部分立追回单",
    ADVANCE_SOURCE,
)


@dataclass(frozen=True, slots=True)
class BonusStandard:
    """One dated row: what an item of a kind earns, between `least_fen` and `most_fen`, and on what terms."""

    kind: BonusKind
    item_code: str
    name: str
    region_code: str | None
    least_fen: int
    most_fen: int
    insured_months: int | None
    payee_cap_fen: int | None
    fund: str | None
    since: date
    until: date | None
    document: str


@rule(number="GRA-01", stage="兑现", source=SOURCE, since=SINCE)
def name_claim_kind(kind: str) -> str:
    """Return the Chinese name of what a claim asks for, subsidy or bonus."""
    if kind in SUBSIDIES:
        return SUBSIDY_NAMES[SubsidyKind(kind)]
    return KINDS[kind].name


@rule(number="GRA-06", stage="兑现", source=f"{SOURCE}; PAGES 4.6; 【设】用途写明付的是什么", since=SINCE)
def name_purpose(kinds: Iterable[str]) -> str:
    """Return what a payee's bank is told one sum is for; subsidies by one name, every bonus by its own."""
    paid = set(kinds)
    names = [SUBSIDIES_PURPOSE] if paid & SUBSIDIES else []
    return "、".join([*names, *(KINDS[each].name for each in KINDS if each in paid)])


@rule(number="GRA-02", stage="兑现", source=SOURCE, since=SINCE)
def find_bonus_standard(
    standards: Iterable[BonusStandard],
    kind: BonusKind,
    item_code: str,
    on: date,
    region_codes: Iterable[str],
) -> BonusStandard:
    """Return the row in force on a day: a region's own before that of the province, then the latest.

    Raises bonus_standard_missing.
    """
    named = [each for each in standards if each.kind == kind and each.item_code == item_code]
    ours = [each for each in named if in_force(on, each.since, each.until)]
    for region_code in (*region_codes, None):
        here = [each for each in ours if each.region_code == region_code]
        if here:
            return max(here, key=lambda each: each.since)
    item = named[0].name if named else item_code
    raise BONUS_STANDARD_MISSING.refused(item=item, on=on.isoformat(), kind=KINDS[kind].name)


@rule(number="GRA-03", stage="兑现", source=f"{SOURCE}; LIFECYCLE 享受资格", since=SINCE)
def bonus_key(
    kind: BonusKind,
    item_code: str,
    person_id: int,
    payee_id: int,
    occasion: str,
    record_id: int | None = None,
) -> str:
    """Return the one key of a bonus, whatever the year, region, spelling or document.

    A hire is one per person and employer, whoever introduced it; an award one per place the office has
    entered (`record_id`), where there is none per person and contest; an honour one per person; an agreement
    is settled once per level; a one-off bonus is had once per payee and item.
    Of what was typed only letters and digits count: brackets, dashes and blanks have many spellings.
    """
    said = "".join(each for each in unicodedata.normalize("NFKC", occasion).upper() if each.isalnum())
    parts: Mapping[KeyPart, object] = {
        KeyPart.PERSON: person_id,
        KeyPart.PAYEE: payee_id,
        KeyPart.ITEM: item_code,
        KeyPart.SAID: said,
        KeyPart.RECORD: said if record_id is None else f"#{record_id}",
    }
    return "|".join([kind, *(str(parts[each]) for each in KINDS[kind].keyed_by)])
