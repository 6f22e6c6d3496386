"""The yearly list of training institutions (目录清单): who stands on it, and who may train at public cost."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from voucher.ledger.states import StateEvent
from voucher.registry.institutions import Institution, InstitutionListing, ListingScope
from voucher.rules.errors import Family, Refused, reason
from voucher.rules.lifecycle import STATE_NAMES, Thing

SOURCE = "豫办〔2021〕29号 第3项; S2-03c; AC-E7"
# a warning (约谈) takes nobody off the list; what comes after it does
IN_GOOD_STANDING = ("listed", "warned")
# and these may neither use a voucher nor be paid until somebody has decided
STOPPED = frozenset({"suspended", "delisted", "blacklisted"})
# still on the list, and back in good standing once somebody restores it
PAUSED = frozenset({"rectifying", "suspended"})

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
    """Refuse an institution that may not train at public cost on a day. Raises institution_not_listed.

    Of one that stands on the list and has been stopped for now it is said that it is, and not that it is off.
    """
    if is_listed(session, institution_id, on):
        return
    found = session.get(Institution, institution_id)
    told = INSTITUTION_NOT_LISTED.refusal(institution=found.name if found else "该机构", year=on.year)
    if found is not None and found.state in PAUSED and _is_named(session, institution_id, on.year):
        state = STATE_NAMES[Thing.INSTITUTION][found.state]
        told = replace(told, title=f"{found.name}当前为“{state}”，暂停开班和报名，恢复前所办培训不予补贴")
    raise Refused(told)


def read_states_at(session: Session, institution_ids: Collection[int], at: datetime) -> dict[int, str]:
    """Return the state each of these institutions stood in at a moment, by its newest step until then."""
    newest = (
        select(StateEvent.object_id, func.max(StateEvent.seq).label("seq"))
        .where(
            StateEvent.thing == str(Thing.INSTITUTION),
            StateEvent.object_id.in_(sorted(institution_ids)),
            StateEvent.at <= at,
        )
        .group_by(StateEvent.object_id)
        .subquery()
    )
    rows = session.execute(
        select(StateEvent.object_id, StateEvent.to_state)
        .join(newest, (newest.c.object_id == StateEvent.object_id) & (newest.c.seq == StateEvent.seq))
        .where(StateEvent.thing == str(Thing.INSTITUTION))
    )
    return dict(rows.all())


def _is_named(session: Session, institution_id: int, year: int) -> bool:
    """Return whether a year's list names an institution, whatever its state is now."""
    named = select(InstitutionListing.id).where(
        InstitutionListing.institution_id == institution_id, InstitutionListing.year == year
    )
    return session.scalar(named) is not None


def read_listed_scope(session: Session, institution_id: int, year: int) -> set[tuple[str, int]]:
    """Return the occupations and levels a year's list names for an institution; none where it names none."""
    rows = session.execute(
        select(ListingScope.trade_code, ListingScope.level)
        .join(InstitutionListing, InstitutionListing.id == ListingScope.listing_id)
        .where(InstitutionListing.institution_id == institution_id, InstitutionListing.year == year)
    )
    return {(code, level) for code, level in rows}
