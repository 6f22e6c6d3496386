"""Photographs of rooms in filings (场地照片): added, opened, told where another house filed the same."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from voucher.ledger import audit
from voucher.plumbing.unit_of_work import Work
from voucher.plumbing.uploads.reading import UploadKind
from voucher.registry import catalogue
from voucher.registry.filing.applying import get_editable
from voucher.registry.filing.limits import PHOTOS_MOST
from voucher.registry.filing.models import Filing, FilingPaper, FilingRoom, FilingRoomPhoto
from voucher.registry.filing.papers import keep_paper, read_paper, unseal_paper
from voucher.registry.filing.parts import PART_MISSING, PART_TWICE
from voucher.registry.filing.reading import get_filing_for
from voucher.registry.tables import require_parameter_number
from voucher.rules.errors import reason
from voucher.rules.filing import SOURCE, check_part_fits
from voucher.rules.lifecycle import Thing

SHOWN_STATES = ("filed", "returned", "accepted")

PHOTO_NOT_PICTURE = reason(
    "filing_photo_not_picture",
    "场地照片要是照片，不能是 PDF",
    "请用手机拍下场地后直接上传，一张照片一次",
    SOURCE,
)


def add_photo(work: Work, filing_id: int, room_id: int, content: bytes) -> FilingRoomPhoto:
    """Add a photograph of a room of a filing that is being written.

    Raises Refused institution_filing_missing, filing_not_editable, filing_part_missing, filing_part_full,
    filing_photo_not_picture, filing_part_twice, filing_paper_too_large, parameter_missing and what reading
    an upload refuses.
    """
    filing = get_editable(work, filing_id)
    room = work.session.get(FilingRoom, room_id)
    if room is None or room.filing_id != filing.id:
        raise PART_MISSING.refused()
    regions = catalogue.list_ancestry(work.session, filing.region_code)
    most = require_parameter_number(work.session, PHOTOS_MOST, work.today, regions)
    of_room = FilingRoomPhoto.room_id == room.id
    check_part_fits(
        "photos", work.session.scalar(select(func.count(FilingRoomPhoto.id)).where(of_room)) or 0, most
    )
    read = read_paper(work, filing, content)
    if read.kind is UploadKind.PDF:
        raise PHOTO_NOT_PICTURE.refused()
    same = select(FilingRoomPhoto.id).join(FilingPaper, FilingPaper.id == FilingRoomPhoto.paper_id)
    if work.session.scalar(same.where(of_room, FilingPaper.sha256 == read.sha256)) is not None:
        raise PART_TWICE.refused(what="这张照片")
    made = FilingRoomPhoto(filing_id=filing.id, room_id=room.id, paper_id=keep_paper(work, filing, read).id)
    work.session.add(made)
    work.session.flush()
    audit.record_one(work, str(Thing.FILING), filing.id, "add", part="photos", entry=made.id)
    return made


def open_photo(work: Work, filing_id: int, photo_id: int) -> tuple[FilingPaper, bytes]:
    """Return a photograph of a room for its applicant or the office; every look is kept.

    Raises Refused institution_filing_missing, filing_part_missing, subject_erased.
    """
    filing = get_filing_for(work.session, work.actor, filing_id, work.today)
    photo = work.session.get(FilingRoomPhoto, photo_id)
    if photo is None or photo.filing_id != filing.id:
        raise PART_MISSING.refused()
    return unseal_paper(work, filing, photo.paper_id)


def group_by_room(photos: Iterable[FilingRoomPhoto]) -> Mapping[int, list[FilingRoomPhoto]]:
    """Return the photographs of each room in the order they were added."""
    found: dict[int, list[FilingRoomPhoto]] = {}
    for each in photos:
        found.setdefault(each.room_id, []).append(each)
    return found


def find_shown_elsewhere(session: Session, filing: Filing) -> dict[int, str]:
    """Return by photograph the other institution that filed the very same picture of a room of its own."""
    own, other = (
        select(FilingRoomPhoto.id, FilingRoomPhoto.filing_id, FilingPaper.sha256)
        .join(FilingPaper, FilingPaper.id == FilingRoomPhoto.paper_id)
        .subquery(name)
        for name in ("own", "other")
    )
    rows = session.execute(
        select(own.c.id, Filing.name)
        .join(other, other.c.sha256 == own.c.sha256)
        .join(Filing, Filing.id == other.c.filing_id)
        .where(
            own.c.filing_id == filing.id,
            Filing.code != filing.code,
            Filing.state.in_(SHOWN_STATES),
        )
        .order_by(own.c.id, Filing.id.desc())
    )
    return dict(rows.all())
