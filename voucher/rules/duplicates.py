"""Once per person, occupation and level, in the whole province and for ever: the key, and who came first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from voucher.rules.entitlement_periods import PERIOD_NOT_OVER, is_too_soon
from voucher.rules.errors import Family, Refusal, reason
from voucher.rules.levels import clean_word
from voucher.rules.register import rule
from voucher.rules.vocabulary import (
    LEVEL_CERTIFICATE_KINDS,
    CertificateKind,
    Level,
    Outcome,
    SubsidyKind,
    name_level,
)

SOURCE = "豫办〔2021〕29号 第4项; S2-04o"
KEY_SOURCE = f"{SOURCE}; LIFECYCLE Entitlement"
SINCE = date(2021, 10, 28)

DUPLICATE_ENTITLEMENT = reason(
    "duplicate_entitlement",
    "同一人员同一职业同一等级已申领，首次申领编号 {earlier}",
    "不得重复申领；首次申领有误的，请就编号 {earlier} 提出异议",
    SOURCE,
    Family.CONFLICT,
)
YEARLY_CAP_REACHED = reason(
    "yearly_cap_reached",
    "{year} 年已申领 {count} 次，达到每人每年 {cap} 次的上限",
    "请在下一年度申领；上限以当年文件为准",
    "【参】每人每年补贴次数上限 (DOMAIN 2.6-3; N4、N5、N7)",
    Family.LIMIT,
)
HIGHER_LEVEL_HELD = reason(
    "higher_level_held",
    "已有高等级：同一职业已申领{level}，申领编号 {earlier}",
    "按现行参数，{step}",
    "【参】高等级后是否享受低等级 (DOMAIN 2.6-4; N4、N7); AC-D9",
    Family.CONFLICT,
)
ENTITLEMENT_CLAWED_BACK = reason(
    "entitlement_clawed_back",
    "同一人员同一职业同一等级的补贴曾被追回，原申领编号 {earlier}",
    "转人工：由两人核实后放行或不予受理",
    "【设】追回后的键由两人放行 (LIFECYCLE Entitlement; DOMAIN 2.6-9)",
    Family.CONFLICT,
)
ENTITLEMENT_UNCLEAR = reason(
    "entitlement_unclear",
    "缺少或无法识别{what}，不能确定是否重复申领",
    "请补填{what}后重新办理",
    KEY_SOURCE,
)
OCCUPATION_ALIAS_CIRCLE = reason(
    "occupation_alias_circle",
    "职业编码 {code} 的新旧对照成了环",
    "请管理员核对职业编码对照表",
    "S3-12a; 【设】新旧编码对照不得成环",
    Family.CONFLICT,
)

_SEPARATOR = "|"
_RENEWAL = "|after|"
_BY_OCCUPATION = frozenset(
    {"occupation", str(CertificateKind.SPECIAL_OPERATION), str(CertificateKind.SPECIAL_EQUIPMENT)}
)
_FREE_STATES = frozenset({"withdrawn", "rejected"})
_CLAWED_STATES = frozenset({"recovering", "recovered"})
# a voucher that holds the key for its holder: it bars the same key, and is no claim of the year yet
HELD_BY_VOUCHER = "enrolled"


@dataclass(frozen=True, slots=True)
class EarlierClaim:
    """A claim of the same person, as the judge needs it; `released` once two people have freed its key.

    `earned_on` is the day of its card, or the last of its class; empty where nobody knows it.

    With the state HELD_BY_VOUCHER it is a voucher that holds the key, and `number` is the voucher's.
    """

    number: str
    kind: SubsidyKind
    key: str
    occupation_code: str | None
    level: Level | None
    state: str
    filed_on: date
    paid: bool
    released: bool = False
    earned_on: date | None = None


@dataclass(frozen=True, slots=True)
class DuplicateParameters:
    """The dated choices of a province: claims per person, year and subsidy kind (None: no cap), and order.

    `period_months` lie between two claims of what is had once a period; None asks for no distance.
    """

    yearly_cap: int | None
    higher_bars_lower: bool
    period_months: int | None = None


@dataclass(frozen=True, slots=True)
class Precedence:
    """Whether the claim may go on beside the earlier ones, and which of them stands in the way."""

    outcome: Outcome
    refusal: Refusal | None
    earlier: EarlierClaim | None


@rule(number="DUP-01", stage="兑现", source="中办发〔2022〕58号（十二）; S3-12a", since=SINCE)
def canonical_occupation(code: str, aliases: Mapping[str, str]) -> str:
    """Return the code an occupation is known by today, following renamings to their end.

    Raises occupation_alias_circle.
    """
    current = _fold(code)
    seen = {current}
    while current in aliases:
        current = _fold(aliases[current])
        if current in seen:
            # a code that names itself is no circle of renamings, only a row without meaning
            if _fold(aliases[current]) == current:
                return current
            raise OCCUPATION_ALIAS_CIRCLE.refused(code=code)
        seen.add(current)
    return current


def _fold(code: str) -> str:
    return clean_word(code).upper()


@rule(number="DUP-02", stage="兑现", source=KEY_SOURCE, since=SINCE)
def entitlement_key(
    kind: SubsidyKind,
    person_id: int,
    *,
    certificate_kind: CertificateKind | None,
    occupation_code: str | None,
    level: Level | None,
    item_code: str | None,
    project_code: str | None = None,
    period: str | None = None,
    aliases: Mapping[str, str],
) -> str:
    """Return what a person can be given once: by occupation and level, by item, by project, or by period.

    Year, region, institution, certificate kind (资格 or 等级) and method are no part of it. Without a
    certificate (岗前) it goes by project. Raises entitlement_unclear, occupation_alias_circle.
    """
    if certificate_kind in LEVEL_CERTIFICATE_KINDS:
        occupation = canonical_occupation(_part(occupation_code, "职业编码"), aliases)
        if level is None:
            raise ENTITLEMENT_UNCLEAR.refused(what="等级")
        parts = ["occupation", _part(occupation, "职业编码"), str(level.value)]
    elif certificate_kind is CertificateKind.SPECIAL_SKILL:
        parts = ["item", _part(item_code, "专项职业能力项目")]
    elif certificate_kind in (CertificateKind.SPECIAL_OPERATION, CertificateKind.SPECIAL_EQUIPMENT):
        trade = canonical_occupation(_part(item_code or occupation_code, "作业项目"), aliases)
        parts = [str(certificate_kind), _part(trade, "作业项目")]
    else:
        parts = ["project", _part(project_code, "培训项目")]
    if period is not None:
        parts += ["period", _part(period, "周期")]
    return _SEPARATOR.join([kind.value, str(person_id), *parts])


@rule(number="DUP-05", stage="兑现", source="中办发〔2022〕58号（十二）; S3-12a", since=SINCE)
def fold_key(key: str, aliases: Mapping[str, str]) -> str:
    """Return a key as it would be made today: an occupation renamed since is the same occupation.

    A key that is kept stays as it was made; only what is compared is folded. Raises occupation_alias_circle.
    """
    parts = key.split(_SEPARATOR)
    if len(parts) > 3 and parts[2] in _BY_OCCUPATION:
        parts[3] = canonical_occupation(parts[3], aliases)
    return _SEPARATOR.join(parts)


def _part(text: str | None, what: str) -> str:
    """Return a part of the key; an empty one, or one that could be read as two, makes no key."""
    folded = _fold(text or "")
    if not folded or _SEPARATOR in folded:
        raise ENTITLEMENT_UNCLEAR.refused(what=what)
    return folded


@rule(number="DUP-03", stage="兑现", source=f"{SOURCE}; 【参】N4、N7", since=SINCE)
def judge_duplicates(
    key: str,
    level: Level | None,
    occupation: str | None,
    filed_on: date,
    earlier: Sequence[EarlierClaim],
    parameters: DuplicateParameters,
    earned_on: date | None = None,
) -> Precedence:
    """Return whether a claim may stand beside the person's earlier ones; never give it its own revision.

    `earned_on` is the day of its card, or of its class; without one the day of the claim stands for it.

    `occupation` and the earlier codes are canonical. A higher level after a lower one, and another
    occupation, are free. A clawed-back key and a lower level after a higher one are decided by a person.
    """
    standing = [claim for claim in earlier if claim.paid or claim.state not in _FREE_STATES]
    same = [claim for claim in standing if _own(claim.key) == _own(key) and not claim.released]
    taken = _first(claim for claim in same if claim.state not in _CLAWED_STATES)
    if taken is not None:
        return Precedence(Outcome.REFUSED, DUPLICATE_ENTITLEMENT.refusal(earlier=taken.number), taken)
    on, months = earned_on or filed_on, parameters.period_months
    near = (c for c in standing if is_too_soon(_own(key), on, _own(c.key), c.earned_on or c.filed_on, months))
    recent = _first(claim for claim in near if claim.state not in _CLAWED_STATES)
    if recent is not None:
        then = (recent.earned_on or recent.filed_on).isoformat()
        days = {"earlier_on": then, "earned_on": on.isoformat()}
        refusal = PERIOD_NOT_OVER.refusal(earlier=recent.number, months=months, **days)
        return Precedence(Outcome.REFUSED, refusal, recent)
    counted = [claim for claim in standing if claim.state not in {*_CLAWED_STATES, HELD_BY_VOUCHER}]
    capped = _judge_cap(key, filed_on, counted, parameters.yearly_cap)
    higher = _judge_higher(level, occupation, counted, bars=parameters.higher_bars_lower)
    clawed = _first(same)
    answers = [answer for answer in (capped, higher) if answer is not None]
    if clawed is not None:
        refusal = ENTITLEMENT_CLAWED_BACK.refusal(earlier=clawed.number)
        answers.append(Precedence(Outcome.MANUAL, refusal, clawed))
    # what nobody may decide otherwise goes before what a person decides
    answers.sort(key=lambda answer: answer.outcome is not Outcome.REFUSED)
    return answers[0] if answers else Precedence(Outcome.PAYABLE, None, None)


@rule(
    number="DUP-04",
    stage="兑现",
    source="【设】追回后的键由两人放行 (LIFECYCLE Entitlement; DOMAIN 2.6-9)",
    since=SINCE,
)
def renewed_key(key: str, earlier: Sequence[EarlierClaim]) -> str:
    """Return the key a claim takes: its own, or one after the claim that used it and was clawed back.

    A used key stays used for ever; what two people grant anew is used up in its turn.
    """
    clawed = [
        claim
        for claim in earlier
        if claim.state in _CLAWED_STATES and not claim.released and _own(claim.key) == _own(key)
    ]
    last = max(clawed, key=lambda claim: (claim.filed_on, claim.number), default=None)
    return _own(key) if last is None else f"{_own(key)}{_RENEWAL}{last.number}"


def _own(key: str) -> str:
    return key.partition(_RENEWAL)[0]


def _first(claims: Iterable[EarlierClaim]) -> EarlierClaim | None:
    return min(claims, key=lambda claim: (claim.filed_on, claim.number), default=None)


def _judge_cap(
    key: str, filed_on: date, counted: Iterable[EarlierClaim], cap: int | None
) -> Precedence | None:
    """Count per subsidy kind: the training and the evaluation of one certificate are not two of one sort."""
    if cap is None:
        return None
    kind = key.partition(_SEPARATOR)[0]
    in_year = [each for each in counted if each.filed_on.year == filed_on.year and each.kind.value == kind]
    if len(in_year) < cap:
        return None
    refusal = YEARLY_CAP_REACHED.refusal(year=filed_on.year, count=len(in_year), cap=cap)
    return Precedence(Outcome.REFUSED, refusal, _first(in_year))


def _judge_higher(
    level: Level | None, occupation: str | None, counted: Iterable[EarlierClaim], *, bars: bool
) -> Precedence | None:
    if level is None or occupation is None:
        return None
    higher = _first(
        claim
        for claim in counted
        if claim.occupation_code == occupation and claim.level is not None and claim.level > level
    )
    if higher is None or higher.level is None:
        return None
    step = "高等级后不享受低等级" if bars else "转人工，由审核人员附依据决定是否给予低等级补贴"
    refusal = HIGHER_LEVEL_HELD.refusal(level=name_level(higher.level), earlier=higher.number, step=step)
    return Precedence(Outcome.REFUSED if bars else Outcome.MANUAL, refusal, higher)
