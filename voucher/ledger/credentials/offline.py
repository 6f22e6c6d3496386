"""A code judged without the network: by what the scanner fetched when it last had one. First failure wins.

    red      refused, with the reason
    amber    good, but on old knowledge: the identity card must be seen
    green    good

An offline scan is provisional whatever its colour: recorded, never paid before the server has confirmed it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from voucher.ledger.credentials.screen import CODE_USED
from voucher.ledger.credentials.verifying import (
    SOURCE,
    BeaconOf,
    Trust,
    check_dates,
    check_holder,
    check_issuer,
    check_moment,
)
from voucher.rules.code_format import (
    Credential,
    Kind,
    Presentation,
    Window,
    parse_code,
    parse_presentation,
)
from voucher.rules.errors import Family, Refusal, Refused, reason

CODE_KIND_WRONG = reason(
    "code_kind_wrong",
    "这里不能使用这种码（{kind}）",
    "没有网络时，请持券人在出示页切换到“离线码”；有网络的，请联网扫描",
    SOURCE,
    Family.CONFLICT,
)
CREDENTIAL_ELSEWHERE = reason(
    "credential_elsewhere",
    "这张券没有锁定在本机构",
    "请持券人到所报名的机构办理；要在本机构报名的，请联网办理",
    SOURCE,
    Family.CONFLICT,
)
OFFLINE_FORBIDDEN = reason(
    "offline_forbidden",
    "这张券不能离线核验",
    "请联网后重新扫描",
    SOURCE,
    Family.CONFLICT,
)
CREDENTIAL_SUPERSEDED = reason(
    "credential_superseded",
    "这张券凭证已作废或已换新",
    "请让持券人联网打开“我的券”，更新后重新出示",
    SOURCE,
    Family.CONFLICT,
)
CREDENTIAL_FROZEN = reason(
    "credential_frozen",
    "这张券凭证已冻结",
    "请持券人在“我的券”查看原因，解冻后再出示",
    SOURCE,
    Family.CONFLICT,
)
STATUS_UNKNOWN = reason(
    "status_unknown",
    "本机保存的券凭证状态名单没有或已过期，不能离线核验",
    "请先联网同步状态名单，再重新扫描",
    SOURCE,
    Family.UNAVAILABLE,
)
COUNTER_WENT_BACK = reason(
    "counter_went_back",
    "这个码的序号比已经扫过的还早：可能是旧码，也可能是复制出来的手机页面",
    "请持券人联网打开“我的券”重新绑定手机，核对身份证后再办理",
    SOURCE,
    Family.CONFLICT,
)
STATUS_OLD = reason(
    "status_old",
    "券凭证状态名单不是最近一天的",
    "必须核对身份证原件；请尽快联网同步",
    SOURCE,
    Family.CONFLICT,
)
BEACON_OLD = reason(
    "beacon_old",
    "持券人的手机较久没有联网",
    "必须核对身份证原件；请持券人有网络时刷新一次",
    SOURCE,
    Family.CONFLICT,
)

VALID, FROZEN = 0, 2


class Colour(StrEnum):
    """What the person at the counter sees; always with the word and the reason beside it."""

    GREEN = "green"
    AMBER = "amber"
    RED = "red"


@dataclass(frozen=True, slots=True)
class StatusSeen:
    """What a status list says of one credential, and when the list was made."""

    value: int
    listed_at: datetime


@dataclass(frozen=True, slots=True)
class OfflineScanner:
    """What a scanner knows and how old its knowledge may be, in the words of its own institution.

    `status_of` takes list and place; `last_counter` takes the holder's key and returns the last number of it
    that was seen; `challenge` is the number it has asked. A beacon up to `fresh_beacon_age` quarter hours old
    is fresh.
    """

    institution: int
    trust: Trust
    status_of: Callable[[int, int], StatusSeen | None]
    beacon_of: BeaconOf
    last_counter: Callable[[bytes], int | None]
    window: Window
    fresh_list: timedelta
    usable_list: timedelta
    fresh_beacon_age: int
    challenge: int | None = None


@dataclass(frozen=True, slots=True)
class Judged:
    """The colour, why it is not green, whether the card must be seen, and the credential if one was read."""

    colour: Colour
    reason: Refusal | None
    card_required: bool
    credential: Credential | None


def judge_offline(text: str, scanner: OfflineScanner, at: datetime) -> Judged:
    """Return what a scanner without the network may say to a code; it raises nothing."""
    try:
        credential, why = _judge(text, scanner, at)
    except Refused as refused:
        return Judged(Colour.RED, refused.refusal, card_required=False, credential=None)
    colour = Colour.GREEN if why is None else Colour.AMBER
    return Judged(colour, why, colour is Colour.AMBER or credential.card_required, credential)


def _judge(text: str, scanner: OfflineScanner, at: datetime) -> tuple[Credential, Refusal | None]:
    kind = parse_code(text)
    if kind is not Kind.F:
        raise CODE_KIND_WRONG.refused(kind=str(kind))
    presentation = parse_presentation(text)
    credential = check_issuer(presentation.credential, scanner.trust, at)
    check_dates(credential, at)
    _check_place(credential, scanner.institution)
    old_list = _check_status(credential, scanner, at)
    check_holder(presentation, presentation.credential, scanner.beacon_of)
    check_moment(presentation, at, scanner.window, scanner.challenge)
    _check_counter(presentation, scanner.last_counter(credential.holder_key))
    old_beacon = BEACON_OLD.refusal() if presentation.beacon_age > scanner.fresh_beacon_age else None
    return credential, old_list or old_beacon


def _check_place(credential: Credential, institution: int) -> None:
    # 0 is nobody's: a voucher that is not reserved could be shown in ten offline places at once
    if credential.institution != institution or not institution:
        raise CREDENTIAL_ELSEWHERE.refused()
    if not credential.offline_allowed:
        raise OFFLINE_FORBIDDEN.refused()


def _check_status(credential: Credential, scanner: OfflineScanner, at: datetime) -> Refusal | None:
    seen = scanner.status_of(credential.status_list, credential.status_place)
    if seen is None or at - seen.listed_at > scanner.usable_list:
        raise STATUS_UNKNOWN.refused()
    if seen.value == FROZEN:
        raise CREDENTIAL_FROZEN.refused()
    if seen.value != VALID:
        raise CREDENTIAL_SUPERSEDED.refused()
    return STATUS_OLD.refusal() if at - seen.listed_at > scanner.fresh_list else None


def _check_counter(presentation: Presentation, last: int | None) -> None:
    if last is None or presentation.counter > last:
        return
    raise (CODE_USED if presentation.counter == last else COUNTER_WENT_BACK).refused()
