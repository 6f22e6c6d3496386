"""Photographs of an inspection: kept sealed without their metadata; every look at one is kept too."""

from __future__ import annotations

from sqlalchemy import func, select

from voucher.ledger import audit
from voucher.plumbing.unit_of_work import Work
from voucher.plumbing.uploads.reading import UploadLimits, read_upload
from voucher.registry import subjects
from voucher.registry.standards import ANYWHERE
from voucher.registry.tables import require_parameter_number
from voucher.rules.actor import Role, check_role
from voucher.rules.errors import Family, reason
from voucher.rules.inspections import SOURCE
from voucher.stages.train.inspecting import (
    INSPECTION_MISSING,
    STEP_WRONG,
    THING,
    lock_inspection,
    may_inspect,
)
from voucher.stages.train.inspection_seeds import INSPECTORS
from voucher.stages.train.models.inspections import Inspection, InspectionPhoto
from voucher.stages.train.reading import load_class

PHOTOS_MOST, BYTES, PIXELS = "inspection_photos_most", "attachment_bytes_most", "attachment_pixels_most"
PHOTO_CONTEXT = "inspection_photo.content"

PHOTOS_TOO_MANY = reason(
    "inspection_photos_too_many",
    "一次检查最多 {most} 张照片",
    "请只留说明问题的几张",
    SOURCE,
    Family.LIMIT,
)


def add_photo(work: Work, inspection_id: int, content: bytes) -> InspectionPhoto:
    """Keep a photograph taken on site, without its metadata; the same one again is the same.

    Raises Refused role_missing, inspection_missing, inspection_step_wrong, inspection_photos_too_many, and
    what an upload is refused for.
    """
    check_role(work.actor, *INSPECTORS)
    found = lock_inspection(work, inspection_id)
    if not may_inspect(work, load_class(work.session, found.class_id).region_code):
        raise INSPECTION_MISSING.refused()
    if found.closed_at is not None:
        raise STEP_WRONG.refused(what="已经办结")
    limits = UploadLimits(
        require_parameter_number(work.session, BYTES, work.today, [ANYWHERE]),
        require_parameter_number(work.session, PIXELS, work.today, [ANYWHERE]),
    )
    read = read_upload(content, limits)
    mine = InspectionPhoto.inspection_id == found.id
    same = work.session.scalars(
        select(InspectionPhoto).where(mine, InspectionPhoto.sha256 == read.sha256)
    ).first()  # fmt: skip
    if same is not None:
        return same
    most = require_parameter_number(work.session, PHOTOS_MOST, work.today, [ANYWHERE])
    if (work.session.scalar(select(func.count()).where(mine)) or 0) >= most:
        raise PHOTOS_TOO_MANY.refused(most=most)
    index = work.keyring.blind_index(THING, str(found.id))
    key = subjects.open_keys(work, [index])[index]
    kept = InspectionPhoto(
        inspection_id=found.id,
        kind=str(read.kind),
        sha256=read.sha256,
        size_bytes=len(read.content),
        content_sealed=work.keyring.seal(key, PHOTO_CONTEXT, read.content),
        taken_at=work.at,
        taken_by_person_id=work.actor.person_id,
    )
    work.session.add(kept)
    work.session.flush()
    audit.record_one(work, THING, found.id, "add_photo", photo=kept.id, sha256=read.sha256)
    return kept


def look_at_photo(work: Work, photo_id: int) -> tuple[InspectionPhoto, bytes]:
    """Return a photograph with its bytes; the look is kept.

    Raises Refused role_missing, inspection_missing (also for a foreign one).
    """
    lookers = (*INSPECTORS, Role.AUDITOR)
    check_role(work.actor, *lookers)
    found = work.session.get(InspectionPhoto, photo_id)
    if found is None:
        raise INSPECTION_MISSING.refused()
    inspected = work.session.get_one(Inspection, found.inspection_id)
    if load_class(work.session, inspected.class_id).region_code not in work.actor.regions_as(*lookers):
        raise INSPECTION_MISSING.refused()
    index = work.keyring.blind_index(THING, str(inspected.id))
    key = subjects.find_keys(work.session, work.keyring, [index]).get(index)
    if key is None:
        raise INSPECTION_MISSING.refused()
    audit.record_one(work, THING, inspected.id, "look", photo=found.id)
    return found, work.keyring.unseal_bytes(key, PHOTO_CONTEXT, found.content_sealed)
