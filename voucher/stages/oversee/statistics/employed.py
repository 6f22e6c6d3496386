"""漏斗的最后一步 就业: who stands on a list of the insured (在职参保名单) from the day of the certificate on.

The list is the one brought along for the yearly questions. Without one nothing is known and nothing told.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from sqlalchemy import and_, func, or_, select, text
from sqlalchemy.orm import Session

from voucher.plumbing.types import Int64, Text
from voucher.registry.catalogue import list_subtree
from voucher.rules.joins import ListKind
from voucher.rules.lifecycle import Thing
from voucher.stages.oversee.joins.models import AuditList, AuditListRow
from voucher.stages.oversee.risk.facts.listing import NUMBERS
from voucher.stages.oversee.statistics.models import StatisticFact
from voucher.stages.oversee.statistics.reading import COUNTED_ONE_BY_ONE, Wish, match_facts


@dataclass(frozen=True, slots=True)
class Employment:
    """How many vouchers with a certificate, and people, are insured at work since; None where too many.

    `as_of` is the day of the newest list, `lists` how many there are.
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
    """Return who of the certified works by the lists that speak of these regions; None without a list.

    People are looked at one by one, up to a limit of vouchers. A line under another name counts for nobody.
    """
    lists = session.scalars(
        select(AuditList)
        .where(AuditList.kind == str(ListKind.INSURED), AuditList.forgotten_at.is_(None))
        .order_by(AuditList.id)
    ).all()
    reached = {each.id: set(list_subtree(session, each.region_code)) & set(regions) for each in lists}
    speaking = [each for each in lists if reached[each.id]]
    if not speaking:
        return None
    as_of = max(each.as_of for each in speaking)
    if certified > COUNTED_ONE_BY_ONE:
        return Employment(None, None, len(speaking), as_of)
    numbers = (
        text(NUMBERS).columns(person_id=Int64(), blind_index=Text(), name_index=Text()).subquery("numbers")
    )
    works = (
        select(AuditListRow.line)
        .join(AuditList, AuditList.id == AuditListRow.list_id)
        .join(numbers, numbers.c.blind_index == AuditListRow.blind_index)
        .where(
            numbers.c.person_id == StatisticFact.person_id,
            or_(AuditListRow.name_index.is_(None), AuditListRow.name_index == numbers.c.name_index),
            func.coalesce(AuditListRow.until, AuditList.as_of) >= StatisticFact.certified_on,
            or_(
                *(
                    and_(
                        AuditListRow.list_id == each.id,
                        StatisticFact.region_code.in_(sorted(reached[each.id])),
                    )
                    for each in speaking
                )
            ),
        )
        .exists()
    )
    conditions = [StatisticFact.region_code.in_(sorted(regions)), *match_facts(wish)]
    if institution_id is not None:
        conditions.append(StatisticFact.institution_id == institution_id)
    times, people = session.execute(
        select(func.count(), func.count(StatisticFact.person_id.distinct())).where(
            StatisticFact.thing == str(Thing.VOUCHER),
            StatisticFact.certified_on.is_not(None),
            works,
            *conditions,
        )
    ).one()
    return Employment(int(times), int(people), len(speaking), as_of)
