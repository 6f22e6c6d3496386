"""How much one filing holds: licences, trades, teachers, rooms, photographs, and how large a paper may be."""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from voucher.plumbing.unit_of_work import Work
from voucher.registry import catalogue
from voucher.registry.filing.models import (
    Filing,
    FilingLicence,
    FilingPaper,
    FilingRoom,
    FilingScope,
    FilingTeacher,
)
from voucher.registry.tables import require_parameter_number
from voucher.rules.filing import check_paper_fits, check_papers_fit, check_part_fits, check_uploads_fit

BYTES, PAPERS_BYTES = "filing_paper_bytes_most", "filing_papers_bytes_most"
UPLOADS_BYTES, UPLOADS_DAYS = "filing_uploads_bytes_most", "filing_uploads_days"
PHOTOS_MOST, PHOTOS_LEAST = "filing_room_photos_most", "filing_room_photos_least"
MOST: dict[str, tuple[type[FilingLicence | FilingScope | FilingTeacher | FilingRoom], str]] = {
    "licences": (FilingLicence, "filing_licences_most"),
    "scopes": (FilingScope, "filing_scopes_most"),
    "teachers": (FilingTeacher, "filing_teachers_most"),
    "rooms": (FilingRoom, "filing_rooms_most"),
}


def check_place_left(work: Work, filing: Filing, part: str) -> None:
    """Refuse one more entry of a part that is full. Raises Refused filing_part_full, parameter_missing."""
    model, _ = MOST[part]
    held = select(func.count()).select_from(model).where(model.filing_id == filing.id)
    check_part_fits(part, work.session.scalar(held) or 0, read_most(work.session, filing, part, work.today))


def check_paper_size(work: Work, filing: Filing, content: bytes) -> None:
    """Refuse a paper heavier than allowed. Raises Refused filing_paper_too_large, parameter_missing."""
    regions = catalogue.list_ancestry(work.session, filing.region_code)
    check_paper_fits(len(content), require_parameter_number(work.session, BYTES, work.today, regions))


def check_papers_left(work: Work, filing: Filing, more_bytes: int) -> None:
    """Refuse a paper for which a filing, or whoever uploads, has no place left: none is ever deleted.

    What was struck off counts on, and so do the papers of filings withdrawn. Of two uploads at once the
    second is weighed again: no two papers take the same place. Raises Refused filing_papers_full,
    filing_uploads_full, parameter_missing.
    """
    regions = catalogue.list_ancestry(work.session, filing.region_code)
    weigh = select(func.coalesce(func.sum(FilingPaper.size_bytes), 0))
    of_filing = (FilingPaper.code == filing.code, FilingPaper.uploaded_at >= filing.opened_at)
    most = require_parameter_number(work.session, PAPERS_BYTES, work.today, regions)
    check_papers_fit(int(work.session.scalar(weigh.where(*of_filing)) or 0), more_bytes, most)
    days = require_parameter_number(work.session, UPLOADS_DAYS, work.today, regions)
    of_person = (
        FilingPaper.uploaded_by_person_id == work.actor.person_id,
        FilingPaper.uploaded_at > work.at - timedelta(days=days),
    )
    most = require_parameter_number(work.session, UPLOADS_BYTES, work.today, regions)
    check_uploads_fit(int(work.session.scalar(weigh.where(*of_person)) or 0), more_bytes, most, days)


def read_most(session: Session, filing: Filing, part: str, on: date) -> int:
    """Return how many entries of a part a filing holds at most. Raises Refused parameter_missing."""
    regions = catalogue.list_ancestry(session, filing.region_code)
    return require_parameter_number(session, MOST[part][1], on, regions)


def read_limits(session: Session, filing: Filing, on: date) -> dict[str, int]:
    """Return the most entries of every part, how heavy a paper may be, how many photographs a room shows.

    Raises Refused parameter_missing.
    """
    regions = catalogue.list_ancestry(session, filing.region_code)
    limits = {part: read_most(session, filing, part, on) for part in MOST}
    more = {"bytes": BYTES, "photos": PHOTOS_MOST, "photos_least": PHOTOS_LEAST}
    return limits | {
        word: require_parameter_number(session, name, on, regions) for word, name in more.items()
    }
