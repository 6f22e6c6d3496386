"""漏斗的最后一步 就业: whose insurance at work (在职参保名单) began on the day of the certificate or later.

Where a list tells no beginning, whoever still stands on it after that day counts.

The list is the one brought along for the yearly questions. Without one nothing is known and nothing told.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from sqlalchemy import CTE, and_, func, or_, select, text
from sqlalchemy.orm import Session

from voucher.plumbing.types import Int64, Text
from voucher.registry.catalogue import Region
from voucher.rules.joins import ListKind
from voucher.rules.lifecycle import Thing
from voucher.stages.oversee.joins.models import AuditList, AuditListRow
from voucher.stages.oversee.risk.facts.listing import NUMBERS
from voucher.stages.oversee.statistics.models import StatisticFact
from voucher.stages.oversee.statistics.reading import COUNTED_ONE_BY_ONE, Wish, match_facts


@dataclass(frozen=True, slots=True)
class Employment:
    """How many vouchers with a certificate, and people, are insured at work since; None where too many.

    `as_of` is the day of the newest list, `lists` how many there are: none where all were deleted in time.
    """

    times: int | None
    people: int | None
    lists: int
    as_of: date


def count_employed(
    session: Session,
    regions: Collection[str],
    wish: Wish,
    *,
    institution_id: int | None = None,
    certified: int,
) -> Employment | None:
    """Return who of the certified works by the lists that speak of these regions; None where none ever did.

    People are looked at one by one, up to a limit of vouchers. A line under another name counts for nobody.
    """
    within = _reach()
    told = select(
        func.count(AuditList.id.distinct()).filter(AuditList.forgotten_at.is_(None)),
        func.max(AuditList.as_of).filter(AuditList.forgotten_at.is_(None)),
        func.max(AuditList.as_of),
    )
    row = session.execute(
        told.join(within, within.c.list_id == AuditList.id).where(within.c.code.in_(sorted(regions)))
    ).one()
    lists, newest, ever = int(row[0]), row[1], row[2]
    if ever is None:
        return None
    as_of: date = ever if newest is None else newest
    if not lists or certified > COUNTED_ONE_BY_ONE:
        return Employment(None, None, lists, as_of)
    numbers = (
        text(NUMBERS).columns(person_id=Int64(), blind_index=Text(), name_index=Text()).subquery("numbers")
    )
    conditions = [StatisticFact.region_code.in_(sorted(regions)), *match_facts(wish)]
    if institution_id is not None:
        conditions.append(StatisticFact.institution_id == institution_id)
    times, people = session.execute(
        select(func.count(StatisticFact.object_id.distinct()), func.count(StatisticFact.person_id.distinct()))
        .join(within, within.c.code == StatisticFact.region_code)
        .join(AuditList, AuditList.id == within.c.list_id)
        .join(numbers, numbers.c.person_id == StatisticFact.person_id)
        .join(
            AuditListRow,
            and_(AuditListRow.list_id == AuditList.id, AuditListRow.blind_index == numbers.c.blind_index),
        )
        .where(
            StatisticFact.thing == str(Thing.VOUCHER),
            AuditList.forgotten_at.is_(None),
            or_(AuditListRow.name_index.is_(None), AuditListRow.name_index == numbers.c.name_index),
            # who was insured before was in work before; without a beginning nobody knows
            func.coalesce(AuditListRow.since, AuditListRow.until, AuditList.as_of)
            >= StatisticFact.certified_on,
            *conditions,
        )
    ).one()
    return Employment(int(times), int(people), lists, as_of)


def _reach() -> CTE:
    """Return, list by list, the regions it speaks of: its own and everything below."""
    listed = and_(AuditList.kind == str(ListKind.INSURED), AuditList.withdrawn_at.is_(None))
    top = select(AuditList.id.label("list_id"), AuditList.region_code.label("code")).where(listed)
    within = top.cte("within", recursive=True)
    below = select(within.c.list_id, Region.code).join(Region, Region.parent_code == within.c.code)
    return within.union_all(below)
