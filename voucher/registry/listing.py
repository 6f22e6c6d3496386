"""The yearly list of training institutions (目录清单): who stands on it, and who may train at public cost."""

from __future__ import annotations

from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from voucher.registry.institutions import Institution, InstitutionListing, ListingScope
from voucher.rules.errors import Family, reason

SOURCE = "豫办〔2021〕29号 第3项; S2-03c; AC-E7"
# a warning (约谈) takes nobody off the list; what comes after it does
IN_GOOD_STANDING = ("listed", "warned")
# and these may neither use a voucher nor be paid until somebody has decided
STOPPED = frozenset({"suspended", "delisted", "blacklisted"})

INSTITUTION_NOT_LISTED = reason(
    "institution_not_listed",
    "{institution}不在目录清单内（{year} 年），所办培训不予补贴",
    "请选择本年度目录清单内的机构；机构应先申请列入目录清单，整改或停业的恢复后再办理",
    SOURCE,
    Family.CONFLICT,
)


def is_listed(session: Session, institution_id: int, on: date) -> bool:
    """Return whether an institution stands on the list of a day's year and is in good standing now."""
    return (
        session.scalar(
            select(InstitutionListing.id)
            .join(Institution, Institution.id == InstitutionListing.institution_id)
            .where(
                InstitutionListing.institution_id == institution_id,
                InstitutionListing.year == on.year,
                Institution.state.in_(IN_GOOD_STANDING),
            )
        )
        is not None
    )


def check_listed(session: Session, institution_id: int, on: date) -> None:
    """Refuse an institution that may not train at public cost on a day. Raises institution_not_listed."""
    if not is_listed(session, institution_id, on):
        name = session.scalar(select(Institution.name).where(Institution.id == institution_id))
        raise INSTITUTION_NOT_LISTED.refused(institution=name or "该机构", year=on.year)


def read_listed_scope(session: Session, institution_id: int, year: int) -> set[tuple[str, int]]:
    """Return the occupations and levels a year's list names for an institution; none where it names none."""
    rows = session.execute(
        select(ListingScope.trade_code, ListingScope.level)
        .join(InstitutionListing, InstitutionListing.id == ListingScope.listing_id)
        .where(InstitutionListing.institution_id == institution_id, InstitutionListing.year == year)
    )
    return {(code, level) for code, level in rows}
