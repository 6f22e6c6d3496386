"""持证统计 by the five categories of talent: how many hold a certificate that counts for each, on any day."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, and_, case, false, func, or_, select
from sqlalchemy.orm import Session

from voucher.registry.catalogue import read_aliases
from voucher.registry.talents.categories import list_mappings
from voucher.rules.duplicates import canonical_occupation
from voucher.rules.talents import TALENT_CATEGORY_NAMES, CategoryRow, TalentCategory
from voucher.stages.certify.models import Certificate
from voucher.stages.certify.queries.talents import select_standing


@dataclass(frozen=True, slots=True)
class CategoryCount:
    """How many people hold a certificate that counts for a category, and by which rows it counts.

    Without a row nothing can count: the figures are None then, not nought.
    """

    category: TalentCategory
    rows: list[CategoryRow]
    certificates: int | None
    people: int | None

    @property
    def name(self) -> str:
        """Return the category in Chinese."""
        return TALENT_CATEGORY_NAMES[self.category]

    @property
    def provisional(self) -> bool:
        """Return whether any row of it is ours and not a document's."""
        return any(each.provisional for each in self.rows)


@dataclass(frozen=True, slots=True)
class CategoryFigures:
    """The five categories on a day; who counts in several is one person in the total."""

    on: date
    categories: list[CategoryCount]
    people: int


def read_categories(session: Session, regions: Collection[str], on: date) -> CategoryFigures:
    """Return how many hold what counts for each category in these regions at the end of a day.

    An old occupation code counts as the one it became. Raises Refused occupation_alias_circle.
    """
    aliases = read_aliases(session)
    present = {old: canonical_occupation(old, aliases) for old in aliases}
    mappings = list_mappings(session, on)
    rows = {each: [row for row in mappings if row.category is each] for each in TalentCategory}
    fits = {each: or_(false(), *(_fits(row, present) for row in of)) for each, of in rows.items()}
    columns = []
    for fit in fits.values():
        columns.append(func.count(case((fit, Certificate.id))))
        columns.append(func.count(case((fit, Certificate.person_id)).distinct()))
    columns.append(func.count(case((or_(*fits.values()), Certificate.person_id)).distinct()))
    *counted, people = session.execute(select(*columns).where(*select_standing(regions, on))).one()
    return CategoryFigures(
        on=on,
        categories=[
            CategoryCount(
                each,
                rows[each],
                counted[2 * at] if rows[each] else None,
                counted[2 * at + 1] if rows[each] else None,
            )
            for at, each in enumerate(TalentCategory)
        ],
        people=people,
    )


def _fits(row: CategoryRow, present: dict[str, str]) -> ColumnElement[bool]:
    """Return what `counts_for` says, for the database."""
    said: list[ColumnElement[bool]] = []
    if row.kind is not None:
        said.append(Certificate.kind == str(row.kind))
    if row.trades is not None:
        moved = [old for old, new in present.items() if new.startswith(row.trades)]
        gone = [old for old, new in present.items() if not new.startswith(row.trades)]
        begins = Certificate.trade_code.startswith(row.trades, autoescape=True)
        said.append(or_(Certificate.trade_code.in_(moved), and_(begins, Certificate.trade_code.not_in(gone))))
    return and_(*said)
