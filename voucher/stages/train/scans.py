"""Every code held to a scanner is written down, also the refused ones."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from voucher.ledger.credentials import DOMAIN, ScreenCode
from voucher.plumbing.unit_of_work import Work
from voucher.rules.code_format import parse_t
from voucher.rules.errors import Refusal, Refused
from voucher.stages.train.models.classes import TrainingClass
from voucher.stages.train.models.places import Scan
from voucher.stages.train.reading import STAFF, serves_class


@dataclass(frozen=True, slots=True)
class Scanned:
    """What was held to a scanner: for check, enrol or redeem, for which class, on which device."""

    act: str
    class_id: int | None
    digits: str
    device: str = ""


def record_scan(work: Work, scanned: Scanned, refusal: Refusal | None) -> Scan:
    """Write a scan down; the digits themselves are never kept, only whose code they were.

    An accepted scan is written by its act; a refused one, whose act left nothing behind, by the door in a
    transaction of its own.
    """
    code = find_shown(work, scanned.digits)
    found = work.session.get(TrainingClass, scanned.class_id) if scanned.class_id is not None else None
    if found is not None and not serves_class(work.actor, found, *STAFF):
        found = None
    scan = Scan(
        act=scanned.act,
        class_id=found.id if found else None,
        institution_id=_house(work, found),
        voucher_id=code.voucher_id if code else None,
        code=refusal.code if refusal else None,
        title=refusal.title if refusal else None,
        device=scanned.device,
        scanned_at=work.at,
        scanned_by_person_id=work.actor.person_id,
    )
    work.session.add(scan)
    work.session.flush()
    return scan


def find_shown(work: Work, digits: str) -> ScreenCode | None:
    """Return the code behind the digits, also a used or an expired one."""
    try:
        digest = work.keyring.blind_index(DOMAIN, parse_t(digits))
    except Refused:
        return None
    return work.session.scalars(select(ScreenCode).where(ScreenCode.digest == digest)).first()


def _house(work: Work, found: TrainingClass | None) -> int | None:
    """Return the institution the scan belongs to: where the scanning person works."""
    mine = [each.institution_id for each in work.actor.grants if each.institution_id is not None]
    if found is not None:
        houses = (found.institution_id, found.delivering_institution_id)
        return next((each for each in houses if each in mine), None)
    return min(mine, default=None)
