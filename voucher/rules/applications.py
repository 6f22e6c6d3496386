"""Applying for a voucher that is not given at once: what is asked, what never is, when it is decided."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from voucher.rules.calendar import WorkCalendar, add_workdays
from voucher.rules.duplicates import HIGHER_LEVEL_HELD
from voucher.rules.errors import Family, Refusal, reason
from voucher.rules.outside import OUTSIDE_UNVERIFIED, FactKind
from voucher.rules.register import rule

SOURCE = "【设】要求证明的券种先申请后领取；人工核实由审核人员办理 (S2-16a; DESIGN 5-23)"
LESS_PAPER = "【设】减证便民：系统已掌握的不再要求提供 (S2-15; 国办发〔2018〕47号 证明事项清理)"
SINCE = date(2021, 10, 28)

PROOF_WANTED = reason(
    "proof_wanted",
    "这个券种要先申请：{what}",
    "请提交申请并说明情况，同意后即可领取；系统已经掌握的不用再提供",
    SOURCE,
)
APPLICATION_MISSING = reason(
    "application_missing",
    "没有找到这份申请",
    "请从“我的申请”或办理列表重新进入",
    SOURCE,
    Family.MISSING,
)
APPLICATION_NOT_NEEDED = reason(
    "application_not_needed",
    "不用申请，可以直接领取",
    "请到领券中心直接领取",
    LESS_PAPER,
    Family.CONFLICT,
)
APPLICATION_STANDING = reason(
    "application_standing",
    "这个券种已有一份您的申请",
    "请在“我的申请”中查看办理情况，不必重复提交",
    SOURCE,
    Family.CONFLICT,
)
ITEM_EMPTY = reason(
    "application_item_empty",
    "“{label}”没有填写",
    "请逐项写明后再提交",
    SOURCE,
)
QUESTION_MISSING = reason(
    "application_question_missing",
    "没有写明要补充什么",
    "请至少对一项写明要本人补充说明的内容，一次写全",
    SOURCE,
)
DEMANDS_STAND = reason(
    "demands_stand",
    "券种发布以后，要求的证明不再改动",
    "请在草稿时写明；需要改变的，另起草一个券种",
    SOURCE,
    Family.CONFLICT,
)
ANSWERS_LATE = reason(
    "application_answer_late",
    "答复期限 {until} 已过",
    "本次申请不再办理，可以重新申请",
    SOURCE,
    Family.CONFLICT,
)
# how a person is asked about what another system did not answer, in words a person can answer
SAID_OF: dict[FactKind, str] = {
    FactKind.IDENTITY: "您的身份：何时、怎样可以当面或视频核对身份证",
    FactKind.DECEASED: "本人在世：何时、怎样可以当面或视频核对身份证",
    FactKind.PENSION: "您是否按月领取养老金",
    FactKind.STUDENT: "您是否全日制在校；已毕业、离校的，写明学校和时间",
    FactKind.EMPLOYMENT: "您的失业登记：登记机构和时间",
    FactKind.INSURANCE: "您的失业保险：参保单位、起止时间、累计月数",
    FactKind.POVERTY_WATCH: "您是否防返贫监测对象：认定的乡镇和时间",
    FactKind.SKILL_UPGRADE: "您是否领取过失业保险技能提升补贴：职业、等级、时间",
}
# what an officer may decide upon an application; every other refusal stands whatever is said
DECIDABLE = frozenset({PROOF_WANTED.code, OUTSIDE_UNVERIFIED.code, HIGHER_LEVEL_HELD.code})


@dataclass(frozen=True, slots=True)
class Demand:
    """One proof a programme wants; `fact` is what another system may say of it in its place."""

    label: str
    fact: FactKind | None = None


@rule(number="APL-01", stage="发券", source=LESS_PAPER, since=SINCE)
def list_wanting(demands: Sequence[Demand], known: Collection[FactKind]) -> tuple[Demand, ...]:
    """Return the proofs still to be given: what a system has said already is never asked for again."""
    return tuple(each for each in demands if each.fact is None or each.fact not in known)


@rule(number="APL-02", stage="发券", source=SOURCE, since=SINCE)
def list_items(
    wanting: Sequence[Demand], unverified: Sequence[FactKind], doubt: Refusal | None
) -> tuple[str, ...]:
    """Return what the person is asked to say: each proof, each fact nobody could verify, each doubt, once."""
    items = [each.label for each in wanting]
    # a proof of a fact nobody could verify is asked for once, by its own name
    proven = {each.fact for each in wanting}
    items += [SAID_OF[kind] for kind in unverified if kind not in proven]
    if doubt is not None and doubt.code == HIGHER_LEVEL_HELD.code:
        items.append(f"说明情况：{doubt.title}")
    return tuple(dict.fromkeys(items))


@rule(number="APL-03", stage="发券", source=SOURCE, since=SINCE)
def may_apply(refusal: Refusal | None) -> bool:
    """Return whether an officer may decide otherwise about what stands in the way."""
    return refusal is not None and refusal.code in DECIDABLE


@rule(number="APL-04", stage="发券", source=f"【参】霍山 5个工作日内审核; {SOURCE}", since=SINCE)
def due_day(today: date, workdays: int, calendar: WorkCalendar) -> date:
    """Return the last day to decide or to answer, counted from the next working day.

    Raises calendar_year_missing.
    """
    return add_workdays(today, workdays, calendar, count_first=False)


@rule(number="APL-05", stage="发券", source=SOURCE, since=SINCE)
def check_said(labels: Mapping[int, str], said: Mapping[int, str]) -> dict[int, str]:
    """Return what was said of every item, without blanks around it. Raises application_item_empty."""
    told = {}
    for position, label in labels.items():
        words = said.get(position, "").strip()
        if not words:
            raise ITEM_EMPTY.refused(label=label, position=position)
        told[position] = words
    return told


@rule(number="APL-06", stage="发券", source=SOURCE, since=SINCE)
def check_in_time(until: date, today: date) -> None:
    """Refuse an answer after its last day. Raises application_answer_late."""
    if today > until:
        raise ANSWERS_LATE.refused(until=until.isoformat())
