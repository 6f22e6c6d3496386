"""Programmes as offices, institutions and later stages ask for them."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from voucher.stages.issue.judging import count_room
from voucher.stages.issue.models import Programme, ProgrammeGroup, ProgrammeInstitution
from voucher.stages.issue.reading import PROGRAMME_MISSING, PUBLIC_STATES


def get_programme(session: Session, programme_id: int, regions: Collection[str] | None = None) -> Programme:
    """Return a programme; of other regions than these only what has been published.

    Raises Refused programme_missing.
    """
    found = session.get(Programme, programme_id)
    if found is None or (
        regions is not None and found.region_code not in regions and found.state not in PUBLIC_STATES
    ):
        raise PROGRAMME_MISSING.refused()
    return found


def list_programmes(
    session: Session,
    regions: Collection[str] | None = None,
    *,
    state: str | None = None,
    channel: str | None = None,
    institution_id: int | None = None,
    before_id: int | None = None,
    limit: int = 50,
) -> list[Programme]:
    """Return the newest programmes: all of these regions, or without regions those that are public.

    With an institution only those whose vouchers may be used there.
    """
    query = select(Programme).order_by(Programme.id.desc()).limit(limit)
    if regions is not None:
        query = query.where(Programme.region_code.in_(sorted(regions)))
    else:
        query = query.where(Programme.state.in_(PUBLIC_STATES))
    if state is not None:
        query = query.where(Programme.state == state)
    if channel is not None:
        query = query.where(Programme.channel == channel)
    if institution_id is not None:
        named = select(ProgrammeInstitution.programme_id)
        query = query.where(
            or_(
                Programme.id.not_in(named),
                Programme.id.in_(named.where(ProgrammeInstitution.institution_id == institution_id)),
            )
        )
    if before_id is not None:
        query = query.where(Programme.id < before_id)
    return list(session.scalars(query))


def institutions_of(session: Session, programme_id: int) -> list[int]:
    """Return the institutions a programme's vouchers may be used at; empty where every listed one may."""
    return list(
        session.scalars(
            select(ProgrammeInstitution.institution_id)
            .where(ProgrammeInstitution.programme_id == programme_id)
            .order_by(ProgrammeInstitution.institution_id)
        )
    )


def groups_of(session: Session, programme_id: int) -> list[str]:
    """Return the codes of the groups a programme is for; empty where it is for everyone."""
    return list(
        session.scalars(
            select(ProgrammeGroup.group_code)
            .where(ProgrammeGroup.programme_id == programme_id)
            .order_by(ProgrammeGroup.group_code)
        )
    )


def may_be_used_at(session: Session, programme: Programme, institution_id: int) -> bool:
    """Return whether a programme's vouchers may be used at an institution, its place on the list aside."""
    named = institutions_of(session, programme.id)
    return not named or institution_id in named


def count_remaining(session: Session, programme: Programme) -> int:
    """Return how many more vouchers of a programme may be promised."""
    return max(0, count_room(session, programme))
