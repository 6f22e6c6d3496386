"""Freeze a report: the roll-ups are brought up first, then what they say is kept whole, with its hash."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from voucher.ledger import audit
from voucher.plumbing.types import canonical_json
from voucher.plumbing.unit_of_work import Work
from voucher.rules.actor import Role, check_reach
from voucher.rules.errors import Family, reason
from voucher.rules.reports import SOURCE, ReportKind, check_over, read_period
from voucher.stages.oversee.reports.composing import Body, compose
from voucher.stages.oversee.reports.models import StatisticReport
from voucher.stages.oversee.statistics.reading import read_age
from voucher.stages.oversee.statistics.refresh import refresh_statistics

REPORT_EMPTY = reason(
    "report_empty",
    "{period} 没有任何数据，不能定稿",
    "请核对期间和地区；确实没有业务的，不出报告",
    SOURCE,
    Family.CONFLICT,
)
REPORT_UNCHANGED = reason(
    "report_unchanged",
    "{period} 的数字与第 {version} 版完全一样，不需要更正",
    "请直接使用已定稿的版本",
    SOURCE,
    Family.CONFLICT,
)
CORRECTION_UNEXPLAINED = reason(
    "report_correction_unexplained",
    "{period} 已经定稿（第 {version} 版），再定稿就是更正，须写明原因",
    "请写明更正原因；旧版本保留，更正逐项列在新版本里",
    SOURCE,
)
REPORT_MISSING = reason("report_missing", "没有找到这份报告", "请从报告列表打开", SOURCE, Family.MISSING)
REPORT_EDITED = reason(
    "report_edited",
    "这份报告的内容与定稿时的摘要不符，可能被改动过",
    "请停止使用本报告并通知系统管理员运行 voucher audit verify；留痕中有定稿时的摘要",
    SOURCE,
    Family.CONFLICT,
)
COUNTED = "counted"  # what a change of a target says that it is of


@dataclass(frozen=True, slots=True)
class Change:
    """One number of a report that is otherwise now."""

    where: str
    what: str
    before: int
    after: int


def freeze_report(work: Work, kind: ReportKind, period: str, region_code: str, why: str = "") -> int:
    """Freeze the report of a period that is over and return its id; a second time it is a correction.

    Raises Refused role_missing, region_foreign, report_period_unknown, report_period_not_over, report_empty,
    report_unchanged, report_correction_unexplained, calendar_year_missing, parameter_missing.
    """
    check_reach(work.actor, region_code, Role.SUPERVISOR)
    check_over(period, read_period(kind, period), work.today)
    while refresh_statistics(work):
        pass
    body = compose(work.session, kind, period, region_code)
    if not _says_anything(body):
        raise REPORT_EMPTY.refused(period=period)
    last = _find_last(work.session, kind, period, region_code)
    if last is not None:
        body["corrections"] = _list_corrections(last, body, period, why)
    written = StatisticReport(
        kind=str(kind), period=period, region_code=region_code,
        version=1 if last is None else last.version + 1, why=None if last is None else why.strip(),
        seal_seq=read_age(work.session).seal_seq, body=body, sha256=hash_body(body), frozen_at=work.at,
        frozen_by_person_id=work.actor.person_id,
    )  # fmt: skip
    work.session.add(written)
    work.session.flush()
    audit.record_one(
        work, "statistic_report", written.id, "freeze", sha256=written.sha256, version=written.version
    )
    return written.id


def _says_anything(body: Body) -> bool:
    """Return whether anything happened, or anything counts toward a target: certificates may be older."""
    return any(body["whole"].values()) or any(each["counted"] for each in body.get("indicators", []))


def _find_last(session: Session, kind: ReportKind, period: str, region_code: str) -> StatisticReport | None:
    return session.scalars(
        select(StatisticReport)
        .where(
            StatisticReport.kind == str(kind),
            StatisticReport.period == period,
            StatisticReport.region_code == region_code,
        )
        .order_by(StatisticReport.version.desc())
        .limit(1)
    ).first()


def _list_corrections(last: StatisticReport, body: Body, period: str, why: str) -> list[dict[str, object]]:
    changes = find_changes(last.body, body)
    if not changes:
        raise REPORT_UNCHANGED.refused(period=period, version=last.version)
    if not why.strip():
        raise CORRECTION_UNEXPLAINED.refused(period=period, version=last.version)
    return [
        {"where": each.where, "what": each.what, "before": each.before, "after": each.after}
        for each in changes
    ]


def hash_body(body: Body) -> str:
    """Return the SHA-256 over everything a report says."""
    return hashlib.sha256(canonical_json(body).encode()).hexdigest()


def find_changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Change]:
    """Return the numbers of a report that differ: of the whole, of each region, and of each target."""
    found = _differ(str(new["region_name"]), old["whole"], new["whole"])
    before = {each["code"]: each for each in old["regions"]}
    after = {each["code"]: each for each in new["regions"]}
    for code in sorted({*before, *after}):
        blank: dict[str, Any] = {"name": (after.get(code) or before[code])["name"]}
        found += _differ(blank["name"], before.get(code, blank), after.get(code, blank))
    return found + _find_moved(old.get("indicators", []), new.get("indicators", []))


def _find_moved(old: Sequence[Mapping[str, Any]], new: Sequence[Mapping[str, Any]]) -> list[Change]:
    """Return what is counted otherwise now toward targets that stand in both."""
    before = {each["code"]: each["counted"] or 0 for each in old}
    return [
        Change(f"指标 {each['code']} {each['name']}", COUNTED, before[each["code"]], each["counted"] or 0)
        for each in new
        if each["code"] in before and before[each["code"]] != (each["counted"] or 0)
    ]


def _differ(where: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Change]:
    names = [each for each in {**old, **new} if each not in ("code", "name", "place")]
    return [
        Change(where, name, old.get(name, 0), new.get(name, 0))
        for name in names
        if old.get(name, 0) != new.get(name, 0)
    ]


def read_report(session: Session, report_id: int, regions: Collection[str]) -> StatisticReport:
    """Return a report of one of these regions as it was frozen. Raises report_missing, report_edited."""
    found = session.get(StatisticReport, report_id)
    if found is None or found.region_code not in regions:
        raise REPORT_MISSING.refused()
    if hash_body(found.body) != found.sha256:
        raise REPORT_EDITED.refused()
    return found


def find_later_changes(session: Session, report: StatisticReport) -> list[Change]:
    """Return the numbers that are otherwise now than when the report was frozen."""
    now = compose(session, ReportKind(report.kind), report.period, report.region_code)
    return find_changes(report.body, now)


def list_reports(
    session: Session, regions: Collection[str], *, before_id: int | None = None, limit: int = 50
) -> list[StatisticReport]:
    """Return the reports of these regions, the newest first."""
    query = select(StatisticReport).where(StatisticReport.region_code.in_(sorted(regions)))
    if before_id is not None:
        query = query.where(StatisticReport.id < before_id)
    return list(session.scalars(query.order_by(StatisticReport.id.desc()).limit(limit)))
