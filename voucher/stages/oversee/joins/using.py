"""What was used in a span: every claim filed in it, and every redemption that nobody has claimed for."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import bindparam, text
from sqlalchemy.orm import Session

from voucher.ledger.holders import claim_number
from voucher.ledger.vouchers import voucher_number
from voucher.plumbing.clock import day_of
from voucher.plumbing.types import Day, Int64, UtcTime
from voucher.rules.joins import Used
from voucher.rules.lifecycle import STATE_NAMES, Thing
from voucher.rules.vocabulary import SUBSIDY_NAMES, SubsidyKind
from voucher.stages.oversee.risk.facts.asking import Window
from voucher.stages.oversee.risk.facts.listing import NUMBERS as NUMBERS

AT_A_TIME = 5_000
# a voucher's own region, not its claim's, where there is no claim yet
USED = """
    SELECT c.person_id, c.voucher_id, c.id AS claim_id, c.institution_id, c.region_code, c.kind, c.state,
        coalesce(c.amount_fen, 0) AS amount_fen, c.filed_on, t.id AS class_id, t.name AS class_name,
        t.starts_on, t.ends_on, k.issued_on
    FROM claim c
    LEFT JOIN redemption r ON r.voucher_id = c.voucher_id AND r.reversed_at IS NULL
    LEFT JOIN training_class t ON t.id = r.class_id
    LEFT JOIN certificate k ON k.id = c.certificate_id
    WHERE c.filed_on >= :first_on AND c.filed_on <= :last_on AND c.region_code IN :regions
      AND c.state NOT IN ('draft','withdrawn','rejected')
    UNION ALL
    SELECT r.person_id, r.voucher_id, NULL, r.institution_id, v.region_code, NULL, NULL, 0, NULL, t.id,
        t.name, t.starts_on, t.ends_on, NULL
    FROM redemption r JOIN voucher v ON v.id = r.voucher_id JOIN training_class t ON t.id = r.class_id
    WHERE r.reversed_at IS NULL AND r.redeemed_at >= :since AND r.redeemed_at < :until
      AND v.region_code IN :regions
      AND NOT EXISTS (SELECT 1 FROM claim c WHERE c.voucher_id = r.voucher_id
                      AND c.state NOT IN ('draft','withdrawn','rejected'))
"""
DAYS = ("filed_on", "starts_on", "ends_on", "issued_on", "list_since", "list_until")
MOMENTS = ("starts_at", "ends_at", "other_starts_at", "other_ends_at", "last_present_at")


@dataclass(frozen=True, slots=True)
class Scope:
    """What is looked at: a span of days, the regions, and the list, if there is one."""

    window: Window
    regions: frozenset[str]
    list_id: int | None = None


def ask(session: Session, scope: Scope, sql: str) -> Iterator[Any]:
    """Yield the rows of a query that may ask for the span, the regions and the list."""
    window = scope.window
    given: dict[str, tuple[object, Any]] = {
        "since": (window.since, UtcTime()),
        "until": (window.until, UtcTime()),
        "first_on": (window.first_on, Day()),
        "last_on": (window.last_on, Day()),
        "list_id": (scope.list_id, Int64()),
    }
    used = {name: each for name, each in given.items() if f":{name}" in sql}
    statement = text(sql).bindparams(*(bindparam(name, type_=kind) for name, (_, kind) in used.items()))
    values: dict[str, object] = {name: value for name, (value, _) in used.items()}
    if ":regions" in sql:
        statement = statement.bindparams(bindparam("regions", expanding=True))
        values["regions"] = sorted(scope.regions)
    typed = statement.columns(**dict.fromkeys(DAYS, Day()), **dict.fromkeys(MOMENTS, UtcTime()))
    yield from session.execute(typed, values, execution_options={"yield_per": AT_A_TIME})


def days_of(row: Any) -> tuple[date, date]:
    """Return the first and last day a row of `USED` was used for: the class, or the certificate."""
    if row.kind == SubsidyKind.EVALUATION and row.issued_on is not None:
        return row.issued_on, row.issued_on
    first = row.starts_on or row.issued_on or row.filed_on
    return first, row.ends_on or first


def used_of(row: Any) -> Used:
    """Return a row of `USED` as a sentence wants it."""
    first, last = days_of(row)
    what = f"参加“{row.class_name}”" if row.class_name else "取得证书"
    if row.kind == SubsidyKind.EVALUATION and row.issued_on is not None:
        what = "取得证书"
    if row.claim_id is None:
        return Used(what, first, last, "", 0)
    claim = f"申领{SUBSIDY_NAMES[SubsidyKind(row.kind)]}（{STATE_NAMES[Thing.CLAIM][row.state]}）"
    return Used(what, first, last, claim, row.amount_fen)


def rows_of(row: Any, numbers: Mapping[int, str]) -> list[dict[str, str]]:
    """Return the rows behind a hit as a clerk finds them: voucher, class, claim."""
    found = []
    if row.voucher_id is not None:
        found.append({"table": "培训券", "key": numbers.get(row.voucher_id, str(row.voucher_id))})
    if row.class_id is not None:
        found.append({"table": "班级", "key": f"{row.class_id} {row.class_name}"})
    if row.claim_id is not None:
        found.append({"table": "申领", "key": claim_number(row.region_code, row.filed_on.year, row.claim_id)})
    return found


def name_vouchers(session: Session, voucher_ids: Collection[int]) -> dict[int, str]:
    """Return the numbers people quote of vouchers."""
    found: dict[int, str] = {}
    ordered = sorted(set(voucher_ids))
    sql = text("SELECT id, region_code, issued_at FROM voucher WHERE id IN :ids").bindparams(
        bindparam("ids", expanding=True)
    )
    for first in range(0, len(ordered), AT_A_TIME):
        piece = ordered[first : first + AT_A_TIME]
        for row in session.execute(sql.columns(issued_at=UtcTime()), {"ids": piece}):
            found[row.id] = voucher_number(row.region_code, day_of(row.issued_at).year, row.id)
    return found
