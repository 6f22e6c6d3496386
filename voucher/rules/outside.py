"""What other systems know of a person (部门数据): which facts a voucher asks for, and what they say of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from voucher.rules.eligibility import PENSION_DRAWN, Finding, Judgement, Mark
from voucher.rules.errors import Family, Refusal, reason
from voucher.rules.levels import Level
from voucher.rules.register import rule
from voucher.rules.vocabulary import FundSource, Outcome

SOURCE = "S3-07c; S2-15i 实名制（依托“金保工程”）; DOMAIN N8、N12"
INSURANCE_SOURCE = (
    "人社厅发〔2018〕36号（DOMAIN N5）; 豫人社规〔2022〕2号 失业保险基金：参保职工提升、转岗（DOMAIN H-c）"
)
NOT_BOTH_SOURCE = "DOMAIN N4、N5：同一职业同一等级，技能提升补贴与培训补贴不同时享受"
UNREACHED_SOURCE = "【设】部门数据没有核到的转人工，绝不自动通过 (DESIGN 5-23)"
SINCE = date(2022, 3, 31)
# the system of an answer that an officer has verified
BY_HAND = "人工核实"


class FactKind(StrEnum):
    """What another system is asked about a person."""

    IDENTITY = "identity"
    DECEASED = "deceased"
    PENSION = "pension"
    STUDENT = "student"
    EMPLOYMENT = "employment"
    INSURANCE = "insurance"
    POVERTY_WATCH = "poverty_watch"
    SKILL_UPGRADE = "skill_upgrade"
    WORKPLACE = "workplace"


FACT_NAMES: dict[FactKind, str] = {
    FactKind.IDENTITY: "实名核验（金保工程）",
    FactKind.DECEASED: "死亡登记",
    FactKind.PENSION: "按月领取养老金",
    FactKind.STUDENT: "全日制在校",
    FactKind.EMPLOYMENT: "失业登记",
    FactKind.INSURANCE: "失业保险参保",
    FactKind.POVERTY_WATCH: "防返贫监测对象",
    FactKind.SKILL_UPGRADE: "失业保险技能提升补贴",
    FactKind.WORKPLACE: "社会保险参保单位",
}
# a fact that is not so stands in the way; of the others, one that is so
NEEDED = frozenset({FactKind.IDENTITY, FactKind.INSURANCE})
# facts that put a person into a group of the dictionary, and are asked for its sake alone
GROUP_FACTS: dict[FactKind, str] = {
    FactKind.EMPLOYMENT: "unemployed",
    FactKind.POVERTY_WATCH: "relapse_watched",
}
# groups that study full time, or have just left school
STUDENT_GROUPS = frozenset({"student", "graduate"})
OF_INSURANCE = frozenset({FactKind.INSURANCE, FactKind.SKILL_UPGRADE})
EVERYBODY = frozenset({FactKind.IDENTITY, FactKind.DECEASED, FactKind.PENSION, FactKind.STUDENT})

OUTSIDE_UNVERIFIED = reason(
    "outside_unverified",
    "没有核实到：{what}",
    "系统会继续向主管部门核对；急需的可申请人工核实，由审核人员凭依据决定，不会自动通过",
    UNREACHED_SOURCE,
    Family.UNAVAILABLE,
)
IDENTITY_NOT_CONFIRMED = reason(
    "identity_not_confirmed",
    "姓名和证件号码没有通过实名核验（{system}，{told_on}）",
    "请核对证件；确认无误的，请带身份证到人社窗口办理信息更正后再核验",
    SOURCE,
)
PERSON_DECEASED = reason(
    "person_deceased",
    "{system}登记为已死亡（{told_on}）",
    "登记有误的，请凭公安机关证明更正后再办理",
    SOURCE,
)
DIED_BEFORE = reason(
    "died_before_certificate",
    "{system}登记本人已于 {died_on} 死亡，证书发证日期 {issued_on} 在这之后",
    "不予补贴；请评价机构说明，登记有误的，凭公安机关证明更正后重新申领",
    f"{SOURCE}; 审计署2022年 虚假学员（DOMAIN N12）",
    Family.CONFLICT,
)
DEATH_UNDATED = reason(
    "death_undated",
    "{system}登记本人已死亡，没有死亡日期，不能确定证书是否在这之前取得",
    "转人工：请核对死亡登记和考试入场记录；去世以后取得的证书，办理不予通过",
    DIED_BEFORE.source,
    Family.CONFLICT,
)
FULL_TIME_STUDENT = reason(
    "full_time_student",
    "{system}登记为全日制在校学生（{told_on}）",
    "在校学生请选择面向院校学生的券种；已离校的，请凭毕业、离校证明更正",
    "【参】DOMAIN N8、N12（审计：在校生冒领）",
)
NOT_INSURED = reason(
    "not_insured",
    "失业保险累计参保 {months} 个月，不足 {minimum} 个月",
    "失业保险基金的券只发给参保职工；请选择就业补助资金等其他渠道的券种",
    INSURANCE_SOURCE,
)
SKILL_UPGRADE_PAID = reason(
    "skill_upgrade_paid",
    "同一职业同一等级已领取失业保险技能提升补贴，编号 {earlier}",
    "两项补贴不重复享受；登记有误的，请就该编号向失业保险经办机构提出",
    NOT_BOTH_SOURCE,
    Family.CONFLICT,
)


@dataclass(frozen=True, slots=True)
class OutsideFact:
    """What one system said of a person on a day: so or not so; both dates are of the fact itself.

    `amount` counts insured months; occupation, level and number are of a subsidy paid.
    """

    kind: FactKind
    held: bool
    told_on: date
    system: str
    since: date | None = None
    until: date | None = None
    amount: int | None = None
    occupation_code: str | None = None
    level: Level | None = None
    number: str | None = None


@dataclass(frozen=True, slots=True)
class OutsideParameters:
    """Dated choices: how many days an answer counts, insured months needed, whether studying bars."""

    fresh_days: int
    insured_months_minimum: int
    student_bars: bool


@rule(number="OUT-01", stage="发券", source=f"{SOURCE}; {INSURANCE_SOURCE}", since=SINCE)
def wanted_facts(
    fund: FundSource, group_codes: Collection[str], connected: Collection[FactKind]
) -> tuple[FactKind, ...]:
    """Return what must be known before a voucher: what a connected system can say of everybody, what the
    groups are proven by, and for the insurance fund its own two questions, connected or not.
    """
    wanted = {kind for kind in EVERYBODY if kind in connected}
    wanted |= {kind for kind, group in GROUP_FACTS.items() if group in group_codes and kind in connected}
    if FactKind.SKILL_UPGRADE in connected:
        wanted.add(FactKind.SKILL_UPGRADE)
    if fund is FundSource.UNEMPLOYMENT_INSURANCE:
        wanted |= OF_INSURANCE
    return tuple(kind for kind in FactKind if kind in wanted)


@rule(number="OUT-02", stage="发券", source=UNREACHED_SOURCE, since=SINCE)
def is_fresh(told_on: date, on: date, fresh_days: int) -> bool:
    """Return whether an answer still counts on a day; the last of the days is included."""
    return told_on <= on <= told_on + timedelta(days=fresh_days)


@rule(
    number="OUT-05", stage="通用", source="【设】不答复的隔一段再问，间隔逐次加倍", since=date(2026, 11, 22)
)
def list_rests(first_minutes: int, most_minutes: int) -> tuple[timedelta, ...]:
    """Return how long a question rests after its first, second… try in vain: twice as long each time.

    The last rest holds for every try after it.
    """
    rests = [max(first_minutes, 1)]
    while rests[-1] * 2 <= most_minutes:
        rests.append(rests[-1] * 2)
    if rests[-1] < most_minutes:
        rests.append(most_minutes)
    return tuple(timedelta(minutes=each) for each in rests)


@rule(number="OUT-03", stage="发券", source=f"{SOURCE}; {INSURANCE_SOURCE}; {NOT_BOTH_SOURCE}", since=SINCE)
def judge_outside(
    wanted: Sequence[FactKind],
    facts: Mapping[FactKind, Sequence[OutsideFact]],
    trade: tuple[str, Level] | None,
    group_codes: Collection[str],
    on: date,
    parameters: OutsideParameters,
) -> Judgement:
    """Return what other systems' answers say of a voucher for a trade and level on a day.

    `facts` holds the newest answer of each kind, more than one line where a subsidy was paid more than once.
    What stands in the way does so however old it is; what has not been answered lately is left to a person.
    """
    findings: list[Finding] = []
    refusals: list[Refusal] = []
    missing: list[str] = []
    for kind in dict.fromkeys((*wanted, *facts)):
        answered = [each for each in facts.get(kind, ()) if _in_force(each, on)]
        told = [_judge(each, trade, group_codes, parameters) for each in answered]
        barring = next((refusal for refusal in told if refusal is not None), None)
        known = facts.get(kind, ())
        fresh = any(is_fresh(each.told_on, on, parameters.fresh_days) for each in known)
        if barring is not None:
            refusals.append(barring)
            findings.append(Finding(Mark.FAILED, "OUT-03", barring.title, barring.source))
        elif kind in wanted and not fresh:
            missing.append(FACT_NAMES[kind])
            words = f"{FACT_NAMES[kind]}：没有核实到" if not known else f"{FACT_NAMES[kind]}：核实结果已过时"
            findings.append(Finding(Mark.UNCHECKED, "OUT-03", words, UNREACHED_SOURCE))
        elif known:
            findings.append(_tell(known[0]))
    if refusals:
        return Judgement(Outcome.REFUSED, tuple(findings), refusals[0])
    if missing:
        return Judgement(Outcome.MANUAL, tuple(findings), OUTSIDE_UNVERIFIED.refusal(what="、".join(missing)))
    return Judgement(Outcome.PAYABLE, tuple(findings), None)


@rule(number="OUT-04", stage="发券", source="S2-03d; DOMAIN W1（可用人群）", since=SINCE)
def proven_groups(facts: Mapping[FactKind, Sequence[OutsideFact]], on: date) -> tuple[str, ...]:
    """Return the group codes other systems' answers put a person into on a day, with no paper asked for."""
    return tuple(
        group
        for kind, group in GROUP_FACTS.items()
        if any(each.held and _in_force(each, on) for each in facts.get(kind, ()))
    )


def _in_force(fact: OutsideFact, on: date) -> bool:
    return (fact.since is None or fact.since <= on) and (fact.until is None or on <= fact.until)


def _judge(
    fact: OutsideFact,
    trade: tuple[str, Level] | None,
    group_codes: Collection[str],
    parameters: OutsideParameters,
) -> Refusal | None:
    """Return what one answer refuses; facts of groups only ever help."""
    said = {"system": fact.system, "told_on": fact.told_on.isoformat()}
    if fact.kind is FactKind.INSURANCE:
        months = fact.amount or 0 if fact.held else 0
        minimum = parameters.insured_months_minimum
        return NOT_INSURED.refusal(months=months, minimum=minimum) if months < minimum else None
    if fact.kind is FactKind.IDENTITY:
        return None if fact.held else IDENTITY_NOT_CONFIRMED.refusal(**said)
    if not fact.held:
        return None
    if fact.kind is FactKind.DECEASED:
        return PERSON_DECEASED.refusal(**said)
    if fact.kind is FactKind.PENSION:
        return PENSION_DRAWN.refusal()
    if fact.kind is FactKind.STUDENT and parameters.student_bars and not STUDENT_GROUPS & set(group_codes):
        return FULL_TIME_STUDENT.refusal(**said)
    if fact.kind is FactKind.SKILL_UPGRADE and trade == (fact.occupation_code, fact.level):
        return SKILL_UPGRADE_PAID.refusal(earlier=fact.number or fact.told_on.isoformat())
    return None


def _tell(fact: OutsideFact) -> Finding:
    """Say what was answered, by whom and when."""
    says = "是" if fact.held else "否"
    if fact.kind is FactKind.INSURANCE and fact.held:
        says = f"累计 {fact.amount or 0} 个月"
    text = f"{FACT_NAMES[fact.kind]}：{says}（{fact.system}，{fact.told_on.isoformat()}）"
    return Finding(Mark.PASSED, "OUT-03", text, SOURCE)


@rule(number="OUT-06", stage="兑现", source=DIED_BEFORE.source, since=SINCE)
def judge_life(death: OutsideFact, issued_on: date) -> tuple[Outcome, Refusal | None]:
    """Return what a recorded death says of a certificate: none is earned after it, one before is paid for."""
    if death.since is None:
        return Outcome.MANUAL, DEATH_UNDATED.refusal(system=death.system)
    if death.since < issued_on:
        said = {"died_on": death.since.isoformat(), "issued_on": issued_on.isoformat()}
        return Outcome.REFUSED, DIED_BEFORE.refusal(system=death.system, **said)
    return Outcome.PAYABLE, None
