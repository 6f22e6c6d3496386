"""亲情代办: who may do what for somebody else, for how long, and for how many people."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from voucher.rules.errors import Family, reason
from voucher.rules.register import rule

SOURCE = "DOMAIN V4 亲情代办; 个人信息保护法 第十三、十四条; 【参】期限和人数"
SINCE = date(2021, 10, 28)


class Relationship(StrEnum):
    """What a helper is to the person helped."""

    CHILD = "child"
    SPOUSE = "spouse"
    PARENT = "parent"
    RELATIVE = "relative"
    NEIGHBOUR = "neighbour"
    VILLAGE = "village"
    OTHER = "other"


class Scope(StrEnum):
    """What a helper may do besides looking at the vouchers."""

    ACCEPT = "accept"
    ENROL = "enrol"
    PAPER = "paper"


class ConsentWay(StrEnum):
    """How a consent was given: from the own account, by a code read out, on paper at the counter."""

    OWN = "own"
    CODE = "code"
    COUNTER = "counter"


class Ending(StrEnum):
    """Who ended a consent before its last day, or what took its place."""

    PRINCIPAL = "principal"
    HELPER = "helper"
    OFFICE = "office"
    RENEWED = "renewed"


RELATIONSHIP_NAMES: Mapping[Relationship, str] = {
    Relationship.CHILD: "子女",
    Relationship.SPOUSE: "配偶",
    Relationship.PARENT: "父母",
    Relationship.RELATIVE: "其他亲属",
    Relationship.NEIGHBOUR: "邻居、朋友",
    Relationship.VILLAGE: "村（社区）工作人员",
    Relationship.OTHER: "其他",
}
SCOPE_NAMES: Mapping[Scope, str] = {
    Scope.ACCEPT: "代为领取",
    Scope.ENROL: "代选班级",
    Scope.PAPER: "打印纸质凭条、把短信码发给本人",
}
WAY_NAMES: Mapping[ConsentWay, str] = {
    ConsentWay.OWN: "本人在自己的账号里同意",
    ConsentWay.CODE: "本人念出授权码",
    ConsentWay.COUNTER: "窗口凭书面委托登记",
}
ENDING_NAMES: Mapping[Ending, str] = {
    Ending.PRINCIPAL: "本人停止",
    Ending.HELPER: "代办人退出",
    Ending.OFFICE: "窗口按本人要求停止",
    Ending.RENEWED: "换成了新的授权",
}

CONSENT_TERM_UNFIT = reason(
    "consent_term_unfit",
    "授权的截止日不在可选范围内",
    "请选 {earliest} 到 {latest} 之间的一天；要更久的，到期后再授权一次",
    SOURCE,
)
HELPED_MOST_REACHED = reason(
    "helped_most_reached",
    "这位代办人已在帮 {most} 个人，不能再加",
    "请换一位代办人，或带书面委托和双方身份证到人社服务窗口登记",
    SOURCE,
    Family.LIMIT,
)
HELPERS_MOST_REACHED = reason(
    "helpers_most_reached",
    "本人已有 {most} 位代办人，不能再加",
    "请先停止其中一位；确需更多的，带书面委托和双方身份证到人社服务窗口登记",
    SOURCE,
    Family.LIMIT,
)
CONSENT_SCOPE_MISSING = reason(
    "consent_scope_missing",
    "本人没有同意代办这一项：{scope}",
    "请本人在“我的—亲情代办”里补充同意，或本人亲自办理",
    SOURCE,
    Family.FORBIDDEN,
)


@dataclass(frozen=True, slots=True)
class ConsentLimits:
    """The dated parameters of a consent; `helpers_most` is None where the way knows no such bound."""

    days: int
    days_most: int
    helped_most: int
    helpers_most: int | None


@rule(number="HLP-01", stage="发券", source=SOURCE, since=SINCE)
def choose_term(until_on: date | None, today: date, limits: ConsentLimits) -> date:
    """Return the last day of a consent, the usual one where none is named. Raises consent_term_unfit."""
    latest = today + timedelta(days=limits.days_most)
    if until_on is None:
        return min(today + timedelta(days=limits.days), latest)
    if not today <= until_on <= latest:
        raise CONSENT_TERM_UNFIT.refused(earliest=today.isoformat(), latest=latest.isoformat())
    return until_on


@rule(number="HLP-02", stage="发券", source=SOURCE, since=SINCE)
def check_numbers(helped: int, helpers: int, limits: ConsentLimits) -> None:
    """Refuse one more consent where the helper helps enough people, or the person has helpers enough.

    Raises helped_most_reached, helpers_most_reached.
    """
    if helped >= limits.helped_most:
        raise HELPED_MOST_REACHED.refused(most=limits.helped_most)
    if limits.helpers_most is not None and helpers >= limits.helpers_most:
        raise HELPERS_MOST_REACHED.refused(most=limits.helpers_most)


@rule(number="HLP-03", stage="发券", source=SOURCE, since=SINCE)
def check_scope(given: Collection[Scope], wanted: Scope) -> None:
    """Refuse what the person helped has not consented to. Raises consent_scope_missing."""
    if wanted not in given:
        raise CONSENT_SCOPE_MISSING.refused(scope=SCOPE_NAMES[wanted])
