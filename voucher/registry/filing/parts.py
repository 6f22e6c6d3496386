"""The parts of a filing, added and struck one by one: licences with their papers, scope, teachers, rooms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import delete, select

from voucher.ledger import audit
from voucher.plumbing.unit_of_work import Work
from voucher.registry import catalogue, people
from voucher.registry.filing.applying import get_editable
from voucher.registry.filing.limits import check_place_left
from voucher.registry.filing.models import (
    Filing,
    FilingLicence,
    FilingPaper,
    FilingRoom,
    FilingRoomPhoto,
    FilingScope,
    FilingTeacher,
)
from voucher.registry.filing.papers import keep_paper, read_paper, unseal_paper
from voucher.registry.filing.reading import Part, get_filing_for, read_parts
from voucher.registry.people import Newcomer
from voucher.registry.trades import find_trade
from voucher.rules.card_numbers import mask_number
from voucher.rules.errors import Family, reason
from voucher.rules.filing import SOURCE, LicenceKind, check_complete, check_licence_dates
from voucher.rules.identity import normalise_identity
from voucher.rules.lifecycle import Thing
from voucher.rules.names import normalise_name
from voucher.rules.positions import check_position

PART_MISSING = reason(
    "filing_part_missing",
    "备案申请中没有这一项",
    "它可能已被移除，请刷新页面后再办理",
    SOURCE,
    Family.MISSING,
)
PART_TWICE = reason(
    "filing_part_twice",
    "{what}已在这件申请中",
    "请不要重复填写；需要修改的，先移除原来的一项再添加",
    SOURCE,
    Family.CONFLICT,
)
# whoever is known under another name: the refusal says of whom nothing, and shows nobody's name for a number
TEACHER_DIFFERS = reason(
    "filing_teacher_differs",
    "这位教师的姓名与证件号码没有核对一致",
    "请按本人身份证逐字核对；确已更名的，由本人先办理更名登记",
    SOURCE,
)
SEATS_WRONG = reason(
    "filing_seats_wrong",
    "场地的座位数应在 1 到 2000 之间",
    "请按实际座位填写",
    SOURCE,
)
SEATS_MOST, LEVEL_MOST = 2000, 8


@dataclass(frozen=True, slots=True)
class NewLicence:
    """A licence as it stands on paper; without a last day it is for long."""

    kind: LicenceKind
    number: str
    authority: str
    since: date
    until: date | None
    paper: bytes


@dataclass(frozen=True, slots=True)
class NewTeacher:
    """A teacher by identity number, with what qualifies and the trades (codes or names) it is for."""

    name: str
    number: str
    qualification: str
    certificate_number: str
    until: date | None
    trades: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NewRoom:
    """A room: its name, where it lies, seats, equipment; a position is in micro-degrees, both or none."""

    name: str
    address: str
    region_code: str
    seats: int
    equipment: str
    latitude_e6: int | None = None
    longitude_e6: int | None = None


def add_licence(work: Work, filing_id: int, new: NewLicence) -> FilingLicence:
    """Add a licence with the photograph or PDF of it.

    Raises Refused institution_filing_missing, filing_not_editable, filing_part_full, filing_incomplete,
    licence_dates_wrong, filing_part_twice, filing_paper_too_large, filing_papers_full, filing_uploads_full
    and what reading an upload refuses.
    """
    filing = get_editable(work, filing_id)
    check_place_left(work, filing, "licences")
    check_complete({"证照编号": new.number, "发证机关": new.authority}, {}, (), {})
    check_licence_dates(new.since, new.until, work.today)
    same = select(FilingLicence.id).where(
        FilingLicence.filing_id == filing.id,
        FilingLicence.kind == str(new.kind),
        FilingLicence.number == new.number.strip(),
    )
    if work.session.scalar(same) is not None:
        raise PART_TWICE.refused(what="这张证照")
    paper = keep_paper(work, filing, read_paper(work, filing, new.paper))
    return _add(
        work,
        filing,
        "licences",
        FilingLicence(
            filing_id=filing.id,
            kind=str(new.kind),
            number=new.number.strip(),
            authority=new.authority.strip(),
            since=new.since,
            until=new.until,
            paper_id=paper.id,
        ),
    )


def add_scope(work: Work, filing_id: int, trade: str, level: int, project_code: str) -> FilingScope:
    """Apply for a trade (code or name), a level and the project it is trained under; level 0 for none.

    Raises Refused institution_filing_missing, filing_not_editable, filing_part_full, trade_unknown,
    project_unknown, filing_part_twice, filing_incomplete.
    """
    filing = get_editable(work, filing_id)
    check_place_left(work, filing, "scopes")
    code = find_trade(work.session, trade, work.today)
    project = catalogue.get_project(work.session, project_code)
    check_complete({}, {"等级": int(0 <= level <= LEVEL_MOST)}, (), {})
    same = select(FilingScope.id).where(
        FilingScope.filing_id == filing.id,
        FilingScope.trade_code == code,
        FilingScope.level == level,
        FilingScope.project_id == project.id,
    )
    if work.session.scalar(same) is not None:
        raise PART_TWICE.refused(what="这个职业和等级")
    made = FilingScope(filing_id=filing.id, trade_code=code, level=level, project_id=project.id)
    return _add(work, filing, "scopes", made)


def add_teacher(work: Work, filing_id: int, new: NewTeacher) -> FilingTeacher:
    """Add a teacher; one identity number is one person in every institution.

    Raises Refused institution_filing_missing, filing_not_editable, filing_part_full, filing_incomplete,
    trade_unknown, filing_part_twice, licence_dates_wrong, filing_teacher_differs, name_malformed and what
    reading an identity number refuses.
    """
    filing = get_editable(work, filing_id)
    check_place_left(work, filing, "teachers")
    check_complete(
        {"教师资格": new.qualification, "资格证书编号": new.certificate_number},
        {"可教的职业": len(new.trades)},
        (),
        {},
    )
    check_licence_dates(date.min, new.until, work.today)
    codes = sorted({find_trade(work.session, each, work.today) for each in new.trades})
    newcomer = Newcomer(normalise_identity(new.number, work.today), normalise_name(new.name))
    person_id = next(iter(people.open_people(work, [newcomer]).values()))
    accepted = people.accepted_name_indexes(work.session, [person_id])[person_id]
    if people.name_index_of(work.keyring, newcomer.name) not in accepted:
        raise TEACHER_DIFFERS.refused()
    same = select(FilingTeacher.id).where(
        FilingTeacher.filing_id == filing.id, FilingTeacher.person_id == person_id
    )
    if work.session.scalar(same) is not None:
        raise PART_TWICE.refused(what="这位教师")
    return _add(
        work,
        filing,
        "teachers",
        FilingTeacher(
            filing_id=filing.id,
            person_id=person_id,
            qualification=new.qualification.strip(),
            certificate_number=mask_number(new.certificate_number.strip()),
            until=new.until,
            trade_codes=" ".join(codes),
        ),
    )


def add_room(work: Work, filing_id: int, new: NewRoom) -> FilingRoom:
    """Add a room. Raises institution_filing_missing, filing_not_editable, filing_part_full,
    filing_incomplete, region_unknown, filing_seats_wrong, position_malformed, filing_part_twice.
    """
    filing = get_editable(work, filing_id)
    check_place_left(work, filing, "rooms")
    check_complete({"场地名称": new.name, "场地地址": new.address, "设备": new.equipment}, {}, (), {})
    if not 0 < new.seats <= SEATS_MOST:
        raise SEATS_WRONG.refused()
    check_position(new.latitude_e6, new.longitude_e6)
    same = select(FilingRoom.id).where(FilingRoom.filing_id == filing.id, FilingRoom.name == new.name.strip())
    if work.session.scalar(same) is not None:
        raise PART_TWICE.refused(what="这个场地")
    made = FilingRoom(
        filing_id=filing.id,
        name=new.name.strip(),
        address=new.address.strip(),
        region_code=catalogue.get_region(work.session, new.region_code).code,
        seats=new.seats,
        equipment=new.equipment.strip(),
        latitude_e6=new.latitude_e6,
        longitude_e6=new.longitude_e6,
    )
    return _add(work, filing, "rooms", made)


def strike(work: Work, filing_id: int, part: str, part_id: int) -> None:
    """Strike one entry off a filing that may still be written on; the trail keeps that it stood there.

    Raises Refused institution_filing_missing, filing_not_editable, filing_part_missing.
    """
    filing = get_editable(work, filing_id)
    parts = read_parts(work.session, filing.id)
    listed: dict[
        str, Sequence[FilingLicence | FilingScope | FilingTeacher | FilingRoom | FilingRoomPhoto]
    ] = {
        "licences": parts.licences,
        "scopes": parts.scope,
        "teachers": parts.teachers,
        "rooms": parts.rooms,
        "photos": parts.photos,
    }
    found = next((each for each in listed.get(part, ()) if each.id == part_id), None)
    if found is None:
        raise PART_MISSING.refused()
    if isinstance(found, FilingRoom):
        # its photographs show nothing any more
        work.session.execute(delete(FilingRoomPhoto).where(FilingRoomPhoto.room_id == found.id))
    work.session.delete(found)
    work.session.flush()
    audit.record_one(work, str(Thing.FILING), filing.id, "strike", part=part, entry=part_id)


def open_paper(work: Work, filing_id: int, licence_id: int) -> tuple[FilingPaper, bytes]:
    """Return the paper of a licence for its applicant or the office; every look by the office is kept.

    Raises Refused institution_filing_missing, filing_part_missing, subject_erased.
    """
    filing = get_filing_for(work.session, work.actor, filing_id, work.today)
    licence = work.session.get(FilingLicence, licence_id)
    if licence is None or licence.filing_id != filing.id:
        raise PART_MISSING.refused()
    return unseal_paper(work, filing, licence.paper_id)


def _add(work: Work, filing: Filing, part: str, made: Part) -> Part:
    work.session.add(made)
    work.session.flush()
    audit.record_one(work, str(Thing.FILING), filing.id, "add", part=part, entry=made.id)
    return made
