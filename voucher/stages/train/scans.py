"""Every code held to a scanner is written down, also the refused ones."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import insert

from voucher.ledger.credentials.presented import Behind, find_behind
from voucher.plumbing.trips import send
from voucher.plumbing.unit_of_work import Work
from voucher.registry.copied_phones import freeze_copied
from voucher.rules.errors import Refusal
from voucher.rules.presenting import CODE_COPIED
from voucher.stages.train.models.classes import TrainingClass
from voucher.stages.train.models.places import Scan
from voucher.stages.train.reading import STAFF, serves_class

_NOTE = insert(Scan).inline()


@dataclass(frozen=True, slots=True)
class Scanned:
    """What was held to a scanner: for check, enrol or redeem, for which class, on which device."""

    act: str
    class_id: int | None
    digits: str
    device: str = ""


def record_scan(
    work: Work,
    scanned: Scanned,
    refusal: Refusal | None,
    *,
    code: Behind | None = None,
    found: TrainingClass | None = None,
) -> None:
    """Write a scan down; the digits themselves are never kept, only whose code they were.

    An accepted scan is written by its act; a refused one, whose act left nothing behind, by the door in a
    transaction of its own. Whoever has read whose code it was, and the class, says so by `code` and `found`.
    A code that shows its phone's data to be copied freezes the phone here, where it stays.
    """
    code = code or find_shown(work, scanned.digits)
    if refusal is not None and refusal.code == CODE_COPIED.code and code is not None and code.device_id:
        freeze_copied(work, code.device_id)
    if found is None and scanned.class_id is not None:
        found = work.session.get(TrainingClass, scanned.class_id)
    if found is not None and not serves_class(work.actor, found, *STAFF):
        found = None
    written = {
        "act": scanned.act,
        "class_id": found.id if found else None,
        "institution_id": _house(work, found),
        "voucher_id": code.voucher_id if code else None,
        "code": refusal.code if refusal else None,
        "title": refusal.title if refusal else None,
        "device": scanned.device,
        "scanned_at": work.at,
        "scanned_by_person_id": work.actor.person_id,
    }
    send(work.session.connection(), _NOTE, written)


def find_shown(work: Work, digits: str) -> Behind | None:
    """Return whose code the digits are, also a used or an expired one."""
    return find_behind(work.session, work.keyring, digits, work.at)


def _house(work: Work, found: TrainingClass | None) -> int | None:
    """Return the institution the scan belongs to: where the scanning person works."""
    mine = [each.institution_id for each in work.actor.grants if each.institution_id is not None]
    if found is not None:
        houses = (found.institution_id, found.delivering_institution_id)
        return next((each for each in houses if each in mine), None)
    return min(mine, default=None)
