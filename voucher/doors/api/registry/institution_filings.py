"""Filings of institutions (机构备案): applied for, reviewed, in force, changed."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from voucher.doors.api.reach import told
from voucher.doors.api.room import Room, within
from voucher.doors.auth.door import the_door
from voucher.doors.auth.visitors import current_actor
from voucher.doors.schemas.paging import paged
from voucher.doors.schemas.registry.institution_filings import (
    FilingPartDone,
    FilingRoomState,
    InstitutionFilingDetail,
    InstitutionFilingFilter,
    InstitutionFilings,
    InstitutionFilingState,
    NewFilingLicence,
    NewFilingPhoto,
    NewFilingRemoval,
    NewFilingReview,
    NewFilingRoom,
    NewFilingScope,
    NewFilingTeacher,
    NewInstitutionFiling,
)
from voucher.doors.schemas.values import Wish
from voucher.plumbing.unit_of_work import Work
from voucher.registry.filing import applying, parts, photos, reading, reviewing
from voucher.registry.filing.models import Filing
from voucher.rules.filing import LicenceKind
from voucher.rules.lifecycle import STATE_NAMES, Thing
from voucher.rules.privacy import mask_name
from voucher.stages.settle.queries import object_timeline

institution_filings = Room(
    "institution_filings", __name__, url_prefix="/api/v1", description="机构备案：证照、范围、师资、场地"
)
DECISIONS = {
    "accept": reviewing.accept_filing,
    "return": reviewing.return_filing,
    "refuse": reviewing.refuse_filing,
}


@institution_filings.look("/institution-filings", query=InstitutionFilingFilter, answer=InstitutionFilings)
def list_institution_filings(session: Session, asked: dict[str, Any]) -> dict[str, Any]:
    """本辖区的备案申请，新的在前；申请人只见自己提出的和本机构的。"""
    actor = current_actor()
    regions = within(session, asked["region"])
    page = paged(
        asked,
        lambda before, limit: reading.list_filings(
            session,
            actor=None if regions else actor,
            today=the_door().today,
            regions=regions,
            state=asked["state"],
            before_id=before,
            limit=limit,
        ),
        lambda row: row.id,
    )
    return page | {"items": [_state(each) for each in page["items"]]}


@institution_filings.look("/institution-filings/<int:filing_id>", answer=InstitutionFilingDetail)
def show_institution_filing(session: Session, _asked: dict[str, Any], filing_id: int) -> dict[str, Any]:
    """一件备案申请：证照、申请的职业和等级、师资、场地、办理经过。"""
    found = reading.get_filing_for(session, current_actor(), filing_id, the_door().today)
    held, door = reading.read_parts(session, found.id), the_door()
    shown = photos.group_by_room(held.photos)
    names = reading.name_teachers(session, door.keyring, held.teachers)
    if not _reads_names(session, found):
        names = {each: mask_name(name) for each, name in names.items()}
    due = reading.find_due(session, found, door.today)
    teachers = [
        {
            "id": each.id,
            "name": names.get(each.person_id, ""),
            "qualification": each.qualification,
            "until": each.until,
            "trade_codes": each.trade_codes.split(),
        }
        for each in held.teachers
    ]
    return _state(found) | {
        "address": found.address,
        "licences": held.licences,
        "scopes": held.scope,
        "teachers": teachers,
        "rooms": [
            told(each, FilingRoomState) | {"photo_ids": [photo.id for photo in shown.get(each.id, ())]}
            for each in held.rooms
        ],
        "due_on": due.due_on if due is not None and found.state == "filed" else None,
        "timeline": object_timeline(session, Thing.FILING, found.id),
    }


@institution_filings.act(
    "/institution-filings",
    body=NewInstitutionFiling,
    answer=InstitutionFilingState,
    example={
        "code": "52419001MJTE5T044D",
        "name": "济源市济水职业培训学校",
        "kind": "training_school",
        "region_code": "419001",
        "address": "济源市济水大街1号",
        "legal_name": "王校长",
        "contact_name": "李四",
        "contact_mobile": "13800138000",
    },
)
def open_institution_filing(work: Work, given: dict[str, Any]) -> dict[str, Any]:
    """起草备案申请；本机构已有现行备案的，以其全部内容为变更的起点。"""
    return _state(applying.open_filing(work, applying.FirstPage(**given)))


@institution_filings.act_on_file(
    "/institution-filings/<int:filing_id>/licences", form=NewFilingLicence, answer=FilingPartDone
)
def add_filing_licence(
    work: Work, given: dict[str, Any], file: tuple[str, bytes], filing_id: int
) -> dict[str, Any]:
    """添加一张证照及其照片或 PDF。"""
    new = parts.NewLicence(
        LicenceKind(given["kind"]), given["number"], given["authority"], given["since"], given["until"],
        file[1],
    )  # fmt: skip
    return {"filing_id": filing_id, "entry_id": parts.add_licence(work, filing_id, new).id}


@institution_filings.act(
    "/institution-filings/<int:filing_id>/scopes",
    body=NewFilingScope,
    answer=FilingPartDone,
    example={"trade": "4-10-01-05", "level": 2, "project_code": "TRAIN"},
)
def add_filing_scope(work: Work, given: dict[str, Any], filing_id: int) -> dict[str, Any]:
    """添加申请培训的一个职业和等级。"""
    made = parts.add_scope(work, filing_id, **given)
    return {"filing_id": filing_id, "entry_id": made.id}


@institution_filings.act(
    "/institution-filings/<int:filing_id>/teachers",
    body=NewFilingTeacher,
    answer=FilingPartDone,
    example={
        "name": "周老师",
        "number": "11010519491231002X",
        "qualification": "养老护理员高级考评员",
        "certificate_number": "KP4100000001",
        "until": "2027-12-31",
        "trades": ["4-10-01-05"],
    },
)
def add_filing_teacher(work: Work, given: dict[str, Any], filing_id: int) -> dict[str, Any]:
    """添加一名教师：资格证书和可教的职业。"""
    new = parts.NewTeacher(**{**given, "trades": tuple(given["trades"])})
    return {"filing_id": filing_id, "entry_id": parts.add_teacher(work, filing_id, new).id}


@institution_filings.act(
    "/institution-filings/<int:filing_id>/rooms",
    body=NewFilingRoom,
    answer=FilingPartDone,
    example={
        "name": "实训室一",
        "address": "济源市济水大街1号",
        "region_code": "419001",
        "seats": 40,
        "equipment": "护理床12张、投影1台",
    },
)
def add_filing_room(work: Work, given: dict[str, Any], filing_id: int) -> dict[str, Any]:
    """添加一处场地：地址、座位、设备。"""
    return {
        "filing_id": filing_id,
        "entry_id": parts.add_room(work, filing_id, parts.NewRoom(**given)).id,
    }


@institution_filings.act_on_file(
    "/institution-filings/<int:filing_id>/room-photos", form=NewFilingPhoto, answer=FilingPartDone
)
def add_filing_photo(
    work: Work, given: dict[str, Any], file: tuple[str, bytes], filing_id: int
) -> dict[str, Any]:
    """给一处场地添加一张照片（JPEG 或 PNG），加密保存，只给审核人员看。"""
    made = photos.add_photo(work, filing_id, given["room_id"], file[1])
    return {"filing_id": filing_id, "entry_id": made.id}


@institution_filings.act(
    "/institution-filings/<int:filing_id>/removals",
    body=NewFilingRemoval,
    answer=FilingPartDone,
    example={"part": "rooms", "entry_id": 1},
)
def strike_filing_part(work: Work, given: dict[str, Any], filing_id: int) -> dict[str, Any]:
    """移除草稿或退回的申请中的一项，留有记录。"""
    parts.strike(work, filing_id, given["part"], given["entry_id"])
    return {"filing_id": filing_id, "entry_id": given["entry_id"]}


@institution_filings.act(
    "/institution-filings/<int:filing_id>/submissions", body=Wish, answer=InstitutionFilingState, example={}
)
def file_institution_filing(work: Work, _given: dict[str, Any], filing_id: int) -> dict[str, Any]:
    """提交备案申请，等待审核。"""
    return _state(applying.file_filing(work, filing_id))


@institution_filings.act(
    "/institution-filings/<int:filing_id>/withdrawals", body=Wish, answer=InstitutionFilingState, example={}
)
def withdraw_institution_filing(work: Work, _given: dict[str, Any], filing_id: int) -> dict[str, Any]:
    """撤回还没有办结的备案申请。"""
    return _state(applying.withdraw_filing(work, filing_id))


@institution_filings.act(
    "/institution-filings/<int:filing_id>/reviews",
    body=NewFilingReview,
    answer=InstitutionFilingState,
    example={"decision": "accept", "opinion": "证照、师资、场地符合要求，准予备案。"},
)
def review_institution_filing(work: Work, given: dict[str, Any], filing_id: int) -> dict[str, Any]:
    """审核：准予备案、退回补正（一次列明全部问题）、不予备案；不由申请人本人办理。"""
    return _state(DECISIONS[given["decision"]](work, filing_id, given["opinion"]))


def _state(filing: Filing) -> dict[str, Any]:
    return told(filing, InstitutionFilingState) | {"state_name": STATE_NAMES[Thing.FILING][filing.state]}


def _reads_names(session: Session, found: Filing) -> bool:
    """Return whether the visitor applies with a filing or decides on it; who only watches reads no name."""
    actor = current_actor()
    return actor.has(*reading.OFFICERS) or reading.is_applicant(session, actor, found, the_door().today)
