"""What a filing shows of itself, to its applicant and to the office alike."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from voucher.doors.auth.door import the_door
from voucher.registry import catalogue
from voucher.registry.catalogue import Project
from voucher.registry.filing import photos, reading
from voucher.registry.filing.models import Filing
from voucher.rules.filing import LICENCE_NAMES
from voucher.rules.levels import Level, name_level
from voucher.rules.lifecycle import Thing
from voucher.rules.privacy import mask_mobile, mask_name
from voucher.rules.vocabulary import INSTITUTION_KIND_NAMES
from voucher.stages.settle.queries import object_timeline

LEVELS = [(0, "不分等级（专项能力、培训合格）"), *((int(level), name_level(level)) for level in Level)]
KINDS = [(str(kind), name) for kind, name in INSTITUTION_KIND_NAMES.items()]
LICENCES = [(str(kind), name) for kind, name in LICENCE_NAMES.items()]


def describe_filing(session: Session, found: Filing, *, masked: bool = False) -> dict[str, Any]:
    """Return what applicant and office see of a filing; who only watches sees no name and number whole."""
    door, held = the_door(), reading.read_parts(session, found.id)
    contact = reading.read_contact(session, door.keyring, found)
    teachers = reading.name_teachers(session, door.keyring, held.teachers)
    trades = {each.trade_code for each in held.scope}
    trades |= {code for each in held.teachers for code in each.trade_codes.split()}
    regions = {found.region_code, *(each.region_code for each in held.rooms)}
    return {
        "found": found,
        "held": held,
        "photos": photos.group_by_room(held.photos),
        "contact": _mask(contact) if masked and contact is not None else contact,
        "teachers": {each: mask_name(name) if masked else name for each, name in teachers.items()},
        "trade_names": catalogue.name_trades(session, sorted(trades)),
        "level_names": dict(LEVELS),
        "kind_names": dict(KINDS),
        "licence_names": dict(LICENCES),
        "region_names": {code: catalogue.get_region(session, code).name for code in regions},
        "project_names": {each.id: each.name for each in session.scalars(select(Project))},
        "due": reading.find_due(session, found, door.today),
        "happenings": object_timeline(session, Thing.FILING, found.id),
    }


def _mask(contact: reading.Contact) -> reading.Contact:
    return reading.Contact(
        mask_name(contact.legal_name), mask_name(contact.contact_name), mask_mobile(contact.contact_mobile)
    )
