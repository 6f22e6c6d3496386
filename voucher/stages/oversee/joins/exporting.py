"""An answer as a workbook: the hits as they were frozen, and a sheet that says how it was asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from voucher.plumbing.clock import SHANGHAI
from voucher.plumbing.spreadsheets import Kind, Sheet, SheetColumn
from voucher.rules.join_conclusions import (
    FOLLOW_UP_NAMES,
    STATE_NAMES,
    FollowUp,
    HitState,
    state_of_hit,
)
from voucher.rules.joins import JOIN_NAMES, JoinKind
from voucher.rules.money import format_yuan
from voucher.stages.oversee.joins.models import AuditJoin, AuditJoinConclusion
from voucher.stages.oversee.joins.telling import ToldHit

COLUMNS = (
    SheetColumn("序号", Kind.WHOLE, 6), SheetColumn("姓名（脱敏）", width=12),
    SheetColumn("证件号码（脱敏）", width=22), SheetColumn("券号", width=26), SheetColumn("机构", width=30),
    SheetColumn("金额（元）", Kind.AMOUNT, 14), SheetColumn("金额（分）", Kind.FEN, 12),
    SheetColumn("情况和核对办法", width=90), SheetColumn("依据的行", width=60),
    SheetColumn("办理", width=16), SheetColumn("后续", width=14), SheetColumn("理由和依据", width=60),
    SheetColumn("下结论的时间", width=18),
)  # fmt: skip


def make_sheets(
    found: AuditJoin,
    hits: Sequence[ToldHit],
    said: Mapping[int, AuditJoinConclusion],
    in_force: Mapping[int, AuditJoinConclusion],
) -> list[Sheet]:
    """Return the sheets of an answer with what became of each hit; names and numbers stay masked.

    Of a hit whose latest conclusion was sent back, the one in force is told.
    """
    rows = [
        (
            each.position, each.masked_name, each.masked_number, each.voucher, each.institution,
            each.amount_fen, each.amount_fen, each.sentence,
            "；".join(f"{row['table']} {row['key']}" for row in each.rows),
            *_concluded(_telling(said.get(each.position), in_force.get(each.position))),
        )
        for each in hits
    ]  # fmt: skip
    told = [
        ("编号", found.number),
        ("比对", JOIN_NAMES[JoinKind(found.kind)]),
        ("期间", f"{found.since} 至 {found.until}"),
        ("案由", found.why),
        ("界限", "；".join(f"{name}={value}" for name, value in found.terms.items()) or "无"),
        ("条数", f"{found.hits:,}" + ("（只保留前面一部分，请缩短期间）" if found.is_cut else "")),
        ("涉及人数", f"{found.people:,}"),
        ("涉及金额（同一申领只计一次）", f"{format_yuan(found.amount_fen)} 元"),
        ("比对时间", f"{found.ran_at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"),
        ("结果摘要 SHA-256", found.sha256),
    ]
    return [
        Sheet("比对结果", COLUMNS, rows),
        Sheet("怎样比对的", (SheetColumn("项目", width=34), SheetColumn("内容", width=80)), told),
    ]


def _telling(
    latest: AuditJoinConclusion | None, in_force: AuditJoinConclusion | None
) -> AuditJoinConclusion | None:
    sent_back = latest is not None and latest.agreed is False
    return in_force if sent_back and in_force is not None else latest


def _concluded(said: AuditJoinConclusion | None) -> tuple[str, str, str, str]:
    if said is None:
        return STATE_NAMES[HitState.OPEN], "", "", ""
    state = STATE_NAMES[state_of_hit(said.outcome, is_agreed=said.agreed)]
    at = f"{said.concluded_at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
    return state, FOLLOW_UP_NAMES[FollowUp(said.follow_up)], said.words, at
