"""Runs as the office reads them: counts by kind and region, why what stays stays, and what became of it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from voucher.registry.catalogue import Region
from voucher.rules.errors import list_reasons, open_words
from voucher.stages.oversee.retention.asking import RUN_MISSING
from voucher.stages.oversee.retention.models import RetentionItem, RetentionRun

KIND_NAMES = {"person": "整个人（密钥）", "sign_in": "登录记录", "complaint": "没有登录的人的投诉举报"}
NOWHERE = "没有登记地区"


@dataclass(frozen=True, slots=True)
class Sum:
    """One kind in one region: how many were looked at, due, destroyed, kept after all, and not done."""

    kind: str
    region_name: str
    looked_at: int
    due: int
    erased: int
    kept: int
    failed: int


@dataclass(frozen=True, slots=True)
class Why:
    """One reason why something was not due, and how often it stood.

    In the words of its cases where they all say the same; else with what differs left open.
    """

    kind: str
    code: str
    words: str
    count: int


def list_runs(
    session: Session, regions: Collection[str], *, before_id: int | None = None, limit: int
) -> list[RetentionRun]:
    """Return the runs of regions, the newest first."""
    query = select(RetentionRun).where(RetentionRun.region_code.in_(sorted(regions)))
    if before_id:
        query = query.where(RetentionRun.id < before_id)
    return list(session.scalars(query.order_by(RetentionRun.id.desc()).limit(limit)))


def get_run(session: Session, run_id: int, regions: Collection[str]) -> RetentionRun:
    """Return a run of these regions. Raises Refused retention_run_missing."""
    found = session.get(RetentionRun, run_id)
    if found is None or found.region_code not in regions:
        raise RUN_MISSING.refused()
    return found


def state_of(run: RetentionRun) -> tuple[str, str]:
    """Return how a run stands: a stable word and its name."""
    if run.ending is not None:
        return run.ending, {"done": "已办结", "dropped": "已作废"}[run.ending]
    if run.confirmed_at is not None:
        return "carrying_out", "正在清除"
    return ("listed", "待确认") if run.listed_at is not None else ("listing", "正在列名单")


def sum_run(session: Session, run_id: int) -> list[Sum]:
    """Return the counts of a run by kind and region."""
    is_due = RetentionItem.code.is_(None)
    rows = session.execute(
        select(
            RetentionItem.kind,
            Region.name,
            func.count(),
            func.sum(case((is_due, 1), else_=0)),
            func.sum(case((RetentionItem.outcome == "erased", 1), else_=0)),
            func.sum(case((RetentionItem.outcome == "kept", 1), else_=0)),
            func.sum(case((RetentionItem.failed_at.is_not(None), 1), else_=0)),
        )
        .outerjoin(Region, Region.code == RetentionItem.region_code)
        .where(RetentionItem.run_id == run_id)
        .group_by(RetentionItem.kind, RetentionItem.region_code, Region.name)
        .order_by(RetentionItem.kind.desc(), RetentionItem.region_code)
    )
    return [Sum(kind, name or NOWHERE, *map(int, counts)) for kind, name, *counts in rows]


def list_whys(session: Session, run_id: int) -> list[Why]:
    """Return why things of a run were not due, the commonest first."""
    count = func.count()
    rows = session.execute(
        select(
            RetentionItem.kind,
            RetentionItem.code,
            func.min(RetentionItem.words),
            func.max(RetentionItem.words),
            count,
        )
        .where(RetentionItem.run_id == run_id, RetentionItem.code.is_not(None))
        .group_by(RetentionItem.kind, RetentionItem.code)
        .order_by(count.desc(), RetentionItem.code)
    )
    general = {each.code: open_words(each.title) for each in list_reasons()}
    return [
        Why(kind, code or "", (first if first == last else general.get(code or "")) or "", number)
        for kind, code, first, last, number in rows
    ]


def list_items(
    session: Session, run_id: int, *, due: bool | None = None, after_id: int | None = None, limit: int
) -> list[RetentionItem]:
    """Return the lines of a run in the order they were listed; only those due, or only those kept."""
    query = select(RetentionItem).where(RetentionItem.run_id == run_id)
    if due is not None:
        query = query.where(RetentionItem.code.is_(None) if due else RetentionItem.code.is_not(None))
    if after_id:
        query = query.where(RetentionItem.id > after_id)
    return list(session.scalars(query.order_by(RetentionItem.id).limit(limit)))


def count_listed(
    session: Session, regions: Collection[str], *, person_id: int
) -> tuple[int, datetime | None]:
    """Return how many lists wait for this officer to confirm them, and since when."""
    count, oldest = session.execute(
        select(func.count(), func.min(RetentionRun.listed_at)).where(
            RetentionRun.region_code.in_(sorted(regions)),
            RetentionRun.listed_at.is_not(None),
            RetentionRun.confirmed_at.is_(None),
            RetentionRun.ended_at.is_(None),
            RetentionRun.asked_by_person_id != person_id,
        )
    ).one()
    return int(count), oldest


def list_failures(
    session: Session, regions: Collection[str], *, before_id: int | None = None, limit: int
) -> list[tuple[RetentionItem, RetentionRun]]:
    """Return what could not be done in these regions and was not dealt with since, the newest first."""
    later = aliased(RetentionItem)
    since = exists().where(
        later.kind == RetentionItem.kind,
        later.object_id == RetentionItem.object_id,
        later.id > RetentionItem.id,
        or_(later.outcome.is_not(None), later.failed_at.is_not(None), later.code.is_not(None)),
    )
    rows = session.execute(
        select(RetentionItem, RetentionRun)
        .join(RetentionRun, RetentionRun.id == RetentionItem.run_id)
        .where(
            RetentionItem.failed_at.is_not(None),
            RetentionRun.region_code.in_(sorted(regions)),
            *([RetentionItem.id < before_id] if before_id else []),
            ~since,
        )
        .order_by(RetentionItem.id.desc())
        .limit(limit)
    )
    return [(item, run) for item, run in rows]
