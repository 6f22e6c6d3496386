"""Random draws anybody can repeat: a seed is fixed, its hash shown, before there is anything to choose.

The algorithm, in words: the score of a name is SHA-256 of seed, subject and name, joined by line feeds, in
UTF-8; the names are put in ascending order of their scores, written in lower-case hexadecimal, and the first
so many are drawn. Whoever joins or leaves changes nobody else's score. The subject keeps two draws with one
seed apart.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from voucher.rules.errors import Family, reason
from voucher.rules.register import rule

FOUNDED = date(2021, 10, 28)
SHARE_SOURCE = "【参】某市定点机构办法 每班电话抽查不少于10%（DOMAIN 2.4 P6）; AC-E9"
DRAW_SOURCE = "AC-E9 随机种子留存; 【设】先公开种子摘要、后抽取，任何人可复算"
CALL_SOURCE = "【参】某市定点机构办法 电话抽查（DOMAIN 2.4 P6）; 审计署2022年 虚假学员（DOMAIN N12）"
WHOLE = 10_000

CALLER_OF_INSTITUTION = reason(
    "caller_of_institution",
    "您在这个班级的机构任职，或申报开班以后在那里任过职，不能办理对它的电话抽查",
    "请由与该机构无关的人社部门人员拨打",
    "【设】抽查人员与机构无关; LIFECYCLE 按人比较",
    Family.FORBIDDEN,
)


class CallResult(StrEnum):
    """What came of one call."""

    CONFIRMED = "confirmed"
    DENIED = "denied"
    DIFFERS = "differs"
    WRONG_NUMBER = "wrong_number"
    UNREACHED = "unreached"
    DECLINED = "declined"
    NO_NUMBER = "no_number"


CALL_RESULT_NAMES: dict[CallResult, str] = {
    CallResult.CONFIRMED: "接通，本人确认参加了培训",
    CallResult.DENIED: "接通，称没有参加培训",
    CallResult.DIFFERS: "接通，称时间、内容或收费与登记不符",
    CallResult.WRONG_NUMBER: "接通，号码不是本人的",
    CallResult.UNREACHED: "没有接通",
    CallResult.DECLINED: "接通，不愿回答",
    CallResult.NO_NUMBER: "没有登记手机号",
}
UNFAVOURABLE = frozenset({CallResult.DENIED, CallResult.DIFFERS, CallResult.WRONG_NUMBER})


class CheckOutcome(StrEnum):
    """What the calls to one person came to."""

    WAITING = "waiting"
    CONFIRMED = "confirmed"
    DOUBTED = "doubted"
    UNREACHABLE = "unreachable"


CHECK_OUTCOME_NAMES: dict[CheckOutcome, str] = {
    CheckOutcome.WAITING: "待拨打",
    CheckOutcome.CONFIRMED: "已核实",
    CheckOutcome.DOUBTED: "有疑问，已停住核查",
    CheckOutcome.UNREACHABLE: "未能联系上",
}


@dataclass(frozen=True, slots=True)
class RosterChange:
    """Who is no longer on a roster that was drawn from, and who is new on it."""

    gone: tuple[str, ...]
    added: tuple[str, ...]


@rule(number="DRW-01", stage="通用", source=DRAW_SOURCE, since=FOUNDED)
def commitment_of(seed: str) -> str:
    """Return the hash of a seed that is shown before the draw: SHA-256 of its characters, hexadecimal."""
    return hashlib.sha256(seed.encode()).hexdigest()


@rule(number="DRW-02", stage="通用", source=DRAW_SOURCE, since=FOUNDED)
def score_of(seed: str, subject: str, name: str) -> str:
    """Return the score by which a name is drawn: SHA-256 of seed, subject and name, a line feed between."""
    return hashlib.sha256(f"{seed}\n{subject}\n{name}".encode()).hexdigest()


@rule(number="DRW-03", stage="通用", source=SHARE_SOURCE, since=FOUNDED)
def sample_size(count: int, share_bp: int) -> int:
    """Return how many of so many are drawn at least: the share in basis points, rounded up, one at the least.

    Of nobody nobody is drawn, and never more than there are. Raises ValueError for negative numbers.
    """
    if count < 0 or share_bp < 0:
        raise ValueError(f"{count} names, a share of {share_bp}")
    return min(count, max(1, -(-count * share_bp // WHOLE))) if count else 0


@rule(number="DRW-04", stage="通用", source=DRAW_SOURCE, since=FOUNDED)
def draw(seed: str, subject: str, names: Collection[str], size: int) -> list[str]:
    """Return the names drawn, in the order of their scores; the order they are given in changes nothing."""
    return sorted(set(names), key=lambda name: score_of(seed, subject, name))[:size]


@rule(number="DRW-05", stage="通用", source=DRAW_SOURCE, since=FOUNDED)
def digest_of(names: Collection[str]) -> str:
    """Return the hash of a roster: SHA-256 of its names in ascending order, each followed by a line feed."""
    return hashlib.sha256("".join(f"{name}\n" for name in sorted(set(names))).encode()).hexdigest()


@rule(number="DRW-06", stage="通用", source=DRAW_SOURCE, since=FOUNDED)
def compare_rosters(drawn_from: Collection[str], now: Collection[str]) -> RosterChange:
    """Return how a roster differs from the one that was drawn from."""
    before, after = set(drawn_from), set(now)
    return RosterChange(tuple(sorted(before - after)), tuple(sorted(after - before)))


@rule(number="DRW-07", stage="培训", source=CALL_SOURCE, since=FOUNDED)
def judge_calls(results: Sequence[CallResult], most_attempts: int) -> CheckOutcome:
    """Return what the calls to one person came to, in their order; None reached after so many is an end too.

    A single unfavourable answer is a doubt, whatever was said before or after.
    """
    if any(each in UNFAVOURABLE for each in results):
        return CheckOutcome.DOUBTED
    if CallResult.CONFIRMED in results:
        return CheckOutcome.CONFIRMED
    if CallResult.NO_NUMBER in results or len(results) >= most_attempts:
        return CheckOutcome.UNREACHABLE
    return CheckOutcome.WAITING


@rule(number="DRW-08", stage="培训", source=CALL_SOURCE, since=FOUNDED)
def check_caller(own_institutions: Collection[int], institutions: Collection[int]) -> None:
    """Check that who calls worked for none of the institutions of a class. Raises caller_of_institution."""
    if set(own_institutions) & set(institutions):
        raise CALLER_OF_INSTITUTION.refused()
