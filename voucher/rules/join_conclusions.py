"""What becomes of a hit of an audit join (比对结论): true or not, dealt with, and what follows from it.

A hit is a lead. It is closed by a conclusion in words; where something is to follow for money or for an
institution, another person has to confirm it first.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from enum import StrEnum

from voucher.rules.errors import Family, reason
from voucher.rules.register import rule

SINCE = date(2021, 10, 28)
SOURCE = "审计署令第11号 第12条; 审计法 第四十四条 审计结论须经核实【设】"


class Outcome(StrEnum):
    """What was found when a hit was looked into."""

    UPHELD = "upheld"
    DISMISSED = "dismissed"
    HANDLED = "handled"
    # said by the withdrawal of a list, by nobody else
    WITHDRAWN = "withdrawn"


class FollowUp(StrEnum):
    """What follows from a hit; nothing needs no second person."""

    NOTHING = "nothing"
    CLAWBACK = "clawback"
    INSTITUTION = "institution"
    TRANSFER = "transfer"


class HitState(StrEnum):
    """How a hit stands on the pages."""

    OPEN = "open"
    WAITING = "waiting"
    UPHELD = "upheld"
    DISMISSED = "dismissed"
    HANDLED = "handled"
    WITHDRAWN = "withdrawn"


OUTCOME_NAMES: dict[Outcome, str] = {
    Outcome.UPHELD: "属实",
    Outcome.DISMISSED: "不属实",
    Outcome.HANDLED: "已处理",
    Outcome.WITHDRAWN: "名单已撤回",
}
# what somebody may say of a hit
CHOSEN = (Outcome.UPHELD, Outcome.DISMISSED, Outcome.HANDLED)
FOLLOW_UP_NAMES: dict[FollowUp, str] = {
    FollowUp.NOTHING: "不需要处置",
    FollowUp.CLAWBACK: "追回补贴",
    FollowUp.INSTITUTION: "处置机构",
    FollowUp.TRANSFER: "移送",
}
STATE_NAMES: dict[HitState, str] = {
    HitState.OPEN: "未下结论",
    HitState.WAITING: "待确认",
    HitState.UPHELD: "属实",
    HitState.DISMISSED: "不属实",
    HitState.HANDLED: "已处理",
    HitState.WITHDRAWN: "名单已撤回",
}

HITS_UNCHOSEN = reason(
    "join_hits_unchosen",
    "没有选中可以办理的比对结果",
    "请在表中勾选要办理的各条，一次最多 {most} 条",
    SOURCE,
)
FOLLOW_UP_UNSUITED = reason(
    "join_follow_up_unsuited",
    "结论是“不属实”，不能再选“{follow_up}”",
    "请改选“不需要处置”，或者改结论为“属实”“已处理”",
    SOURCE,
)
OUTCOME_UNSUITED = reason(
    "join_outcome_unsuited",
    "“{outcome}”不能在这里选",
    "请选“属实”“不属实”“已处理”；名单导入错了的，到“审计名单”由两人撤回",
    SOURCE,
)
HIT_WAITING = reason(
    "join_hit_waiting",
    "第 {positions} 条已经有人下了结论，等另一人确认",
    "请由另一人先确认或退回，再下新的结论",
    SOURCE,
    Family.CONFLICT,
)
HITS_STALE = reason(
    "join_hits_stale",
    "第 {positions} 条在页面打开之后有了新的结论或办理，本次没有办理",
    "请刷新页面，看过现在的结论和理由后重新办理",
    "【设】确认的就是看到的：页面上的结论与办理时一致",
    Family.CONFLICT,
)
HIT_NOT_WAITING = reason(
    "join_hit_not_waiting",
    "第 {positions} 条没有等待确认的结论",
    "请刷新页面；已经确认的不用再确认，退回的请重新下结论",
    SOURCE,
    Family.CONFLICT,
)
OWN_CONCLUSION = reason(
    "join_conclusion_own",
    "第 {positions} 条的结论是您自己下的",
    "要由另一人确认的结论不能自己确认，请转给同事；想改的，写明理由退回（撤回）后重新下",
    SOURCE,
)


@rule(number="JOI-08", stage="监管", source=SOURCE, since=SINCE)
def check_conclusion(outcome: Outcome, follow_up: FollowUp) -> None:
    """Refuse a conclusion nobody may say, or from which something cannot follow.

    Raises join_outcome_unsuited, join_follow_up_unsuited.
    """
    if outcome not in CHOSEN:
        raise OUTCOME_UNSUITED.refused(outcome=OUTCOME_NAMES[outcome])
    if outcome is Outcome.DISMISSED and follow_up is not FollowUp.NOTHING:
        raise FOLLOW_UP_UNSUITED.refused(follow_up=FOLLOW_UP_NAMES[follow_up])


@rule(number="JOI-09", stage="监管", source=SOURCE, since=SINCE)
def needs_another(follow_up: FollowUp, in_force: str | None = None) -> bool:
    """Return whether a conclusion counts only when another person has confirmed it.

    `in_force` is what follows from the conclusion it would take the place of: what two have said, one alone
    does not overturn.
    """
    return follow_up is not FollowUp.NOTHING or in_force not in (None, FollowUp.NOTHING)


@rule(number="JOI-10", stage="监管", source=SOURCE, since=SINCE)
def state_of_hit(outcome: str | None, *, is_agreed: bool | None) -> HitState:
    """Return how a hit stands by its latest conclusion that was not sent back; one sent back is none."""
    if outcome is None or is_agreed is False:
        return HitState.OPEN
    return HitState.WAITING if is_agreed is None else HitState(outcome)


@rule(number="JOI-11", stage="监管", source=SOURCE, since=SINCE)
def write_positions(positions: Collection[int]) -> str:
    """Return the positions of hits as a sentence names them, the first few of many."""
    ordered = sorted(positions)
    told = "、".join(str(each) for each in ordered[:8])
    return told if len(ordered) <= 8 else f"{told} 等 {len(ordered)}"
