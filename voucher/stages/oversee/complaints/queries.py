"""Complaints as the office, the complainant and the institution read them; each reads its own part."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from voucher.ledger import audit
from voucher.plumbing.unit_of_work import Work
from voucher.registry import subjects
from voucher.rules.actor import Role, check_role
from voucher.rules.lifecycle import Thing
from voucher.stages.oversee.complaints.models import Complaint
from voucher.stages.oversee.complaints.reading import COMPLAINT_MISSING, CONTACT, HANDLERS, WORDS, check_apart

LIVE = ("filed", "accepted", "asked", "answered")
READERS = (*HANDLERS, Role.AUDITOR)


@dataclass(frozen=True, slots=True)
class Said:
    """What a complainant wrote, opened for the office alone."""

    words: str
    contact: str


def list_complaints(
    session: Session,
    regions: Collection[str],
    *,
    states: Collection[str] = LIVE,
    kind: str | None = None,
    overdue_on: date | None = None,
    before_id: int | None = None,
    limit: int,
) -> list[Complaint]:
    """Return the complaints of regions, the newest first; `overdue_on` asks for those late on a day."""
    query = select(Complaint).where(
        Complaint.region_code.in_(sorted(regions)), Complaint.state.in_(sorted(states))
    )
    if kind is not None:
        query = query.where(Complaint.kind == kind)
    if overdue_on is not None:
        query = query.where(_is_overdue(overdue_on))
    if before_id:
        query = query.where(Complaint.id < before_id)
    return list(session.scalars(query.order_by(Complaint.id.desc()).limit(limit)))


def count_waiting(session: Session, regions: Collection[str]) -> tuple[int, datetime | None]:
    """Return how many complaints of regions are not concluded, and since when the oldest waits."""
    count, oldest = session.execute(
        select(func.count(), func.min(Complaint.filed_at)).where(
            Complaint.region_code.in_(sorted(regions)), Complaint.state.in_(LIVE)
        )
    ).one()
    return int(count), oldest


def count_overdue(session: Session, regions: Collection[str], on: date) -> int:
    """Return how many complaints of regions are late on a day."""
    counted = select(func.count()).where(Complaint.region_code.in_(sorted(regions)), _is_overdue(on))
    return session.scalar(counted) or 0


def look_at_complaint(work: Work, complaint_id: int) -> tuple[Complaint, Said]:
    """Return a complaint with what was written, and leave a trace of the look.

    Who has to do with what is complained of reads no word of it. Raises Refused role_missing,
    complaint_missing (also for a foreign one), complaint_own_institution.
    """
    check_role(work.actor, *READERS)
    found = work.session.get(Complaint, complaint_id)
    if found is None or found.region_code not in work.actor.regions_as(*READERS):
        raise COMPLAINT_MISSING.refused()
    check_apart(work, found)
    key = subjects.find_keys(work.session, work.keyring, [found.subject_index]).get(found.subject_index)
    said = Said("（已按规定清除）", "")
    if key is not None:
        sealed = found.contact_sealed
        said = Said(
            work.keyring.unseal(key, WORDS, found.words_sealed),
            work.keyring.unseal(key, CONTACT, sealed) if sealed is not None else "",
        )
    audit.record_one(work, str(Thing.COMPLAINT), complaint_id, "look")
    return found, said


def get_by_number(session: Session, number: str) -> Complaint:
    """Return a complaint by the number its complainant has. Raises Refused complaint_missing."""
    found = session.scalars(select(Complaint).where(Complaint.number == number)).first()
    if found is None:
        raise COMPLAINT_MISSING.refused()
    return found


def list_asked(
    session: Session, houses: Collection[int], *, before_id: int | None = None, limit: int
) -> list[Complaint]:
    """Return what institutions were asked about; of the others, and of who complained, they know nothing."""
    query = select(Complaint).where(
        Complaint.institution_id.in_(sorted(houses)), Complaint.asked_at.is_not(None)
    )
    if before_id:
        query = query.where(Complaint.id < before_id)
    return list(session.scalars(query.order_by(Complaint.id.desc()).limit(limit)))


def list_appeals(session: Session, measure_ids: Collection[int]) -> dict[int, list[Complaint]]:
    """Return the appeals against measures, the oldest first."""
    found: dict[int, list[Complaint]] = {each: [] for each in measure_ids}
    rows = select(Complaint).where(Complaint.measure_id.in_(sorted(found))).order_by(Complaint.id)
    for each in session.scalars(rows):
        found[each.measure_id or 0].append(each)
    return found


def list_own(session: Session, person_id: int) -> list[Complaint]:
    """Return what a worker complained of, the oldest first."""
    rows = select(Complaint).where(Complaint.complainant_person_id == person_id)
    return list(session.scalars(rows.order_by(Complaint.id)))


def _is_overdue(on: date) -> ColumnElement[bool]:
    handled = ("accepted", "asked", "answered")
    return or_(
        (Complaint.state == "filed") & (Complaint.accept_by < on),
        Complaint.state.in_(handled) & (Complaint.close_by < on),
    )
