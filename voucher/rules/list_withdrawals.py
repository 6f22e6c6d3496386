"""审计名单撤回: a list brought along by mistake stops counting when two people say so; nothing is deleted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from voucher.rules.errors import Family, reason
from voucher.rules.joins import LIST_NAMES, NEEDED, JoinKind, ListKind
from voucher.rules.register import rule

SINCE = date(2021, 10, 28)
SOURCE = "审计法 第四十四条 审计结论须经核实; 个人信息保护法 第八条 信息质量【设】"

WITHDRAWN = reason(
    "audit_list_withdrawn",
    "名单 {number} 已经撤回",
    "请选另一份名单；更正过的文件可以重新导入",
    SOURCE,
    Family.CONFLICT,
)
WITHDRAWAL_WAITING = reason(
    "audit_list_withdrawal_waiting",
    "名单 {number} 的撤回已经有人提出，等另一人确认",
    "请由另一人确认或退回；提出的人想改的，先退回再提出",
    SOURCE,
    Family.CONFLICT,
)
WITHDRAWAL_NOT_WAITING = reason(
    "audit_list_withdrawal_not_waiting",
    "名单 {number} 没有等待确认的撤回",
    "请刷新页面；要撤回的，先由一人提出并写明理由",
    SOURCE,
    Family.CONFLICT,
)
SUPERVISOR_NEEDED = reason(
    "audit_list_withdrawal_supervisor",
    "有 {flags} 条风险线索只依据名单 {number}，撤回后停住的补贴恢复办理",
    "请由监管人员确认；审计人员可以提出、退回",
    SOURCE,
    Family.FORBIDDEN,
)
HIT_WITHDRAWN = reason(
    "join_hit_withdrawn",
    "第 {positions} 条依据的名单已经撤回，不再下结论",
    "请导入更正过的名单，重新比对",
    SOURCE,
    Family.CONFLICT,
)
# what the kinds of links a question on shared ones goes by begin with that no list but theirs says
OF_LISTS_ALONE = "account/"


@rule(number="JOI-12", stage="监管", source=SOURCE, since=SINCE)
def rests_on_list(kind: JoinKind, rows: Sequence[Mapping[str, str]]) -> bool:
    """Return whether a hit of a question put to a list says nothing once the list is withdrawn.

    The house knows no accounts of trainees, but phones: two who share one may do so without the list, and
    only the question put anew tells.
    """
    if kind in NEEDED:
        return True
    first = rows[0] if rows else {}
    if kind is JoinKind.OVERLAP:
        return first.get("table") == LIST_NAMES[ListKind.ELSEWHERE]
    return kind is JoinKind.SHARED and first.get("key", "").startswith(OF_LISTS_ALONE)
