"""Exam sites (考点): an evaluator files them with their halls and workshops, each with its seats."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from voucher.ledger import audit
from voucher.plumbing.unit_of_work import Work
from voucher.rules.actor import ROLE_MISSING, Role, check_role
from voucher.rules.errors import Family, reason
from voucher.rules.seats import SOURCE, RoomKind
from voucher.stages.assess.models import ExamBatch
from voucher.stages.assess.models_rooms import SITE_NAMED_ALREADY, ExamRoom, ExamRoomUse, ExamSite
from voucher.stages.assess.reading import check_why

SEATS_MOST = 1000

SITE_MISSING = reason(
    "exam_site_missing", "没有找到这个考点", "请从本机构的考点列表重新选择", SOURCE, Family.MISSING
)
ROOM_MISSING = reason(
    "exam_room_missing", "没有找到这个考场", "请从本机构的考点列表重新选择", SOURCE, Family.MISSING
)
SITE_INCOMPLETE = reason(
    "exam_site_incomplete", "考点或考场没有填写完整", "请填写名称、详细地址和座位数后重新保存", SOURCE
)
SEATS_UNFIT = reason(
    "exam_room_seats_unfit",
    "座位数应为 1 至 {most} 的整数",
    "请按考场实际可用的座位（工位）数填写",
    SOURCE,
)
ROOM_IN_USE = reason(
    "exam_room_in_use",
    "这个考场已安排考试 {number}，不能停用",
    "请先为那场考试改选考场，或等考试结束后再停用",
    SOURCE,
    Family.CONFLICT,
)


@dataclass(frozen=True, slots=True)
class SiteView:
    """A site with the rooms that are in use there."""

    site: ExamSite
    rooms: tuple[ExamRoom, ...]


def file_site(work: Work, institution_id: int, name: str, address: str) -> ExamSite:
    """File an exam site of the actor's own evaluator.

    Raises Refused role_missing, exam_site_incomplete, exam_site_named_already.
    """
    check_role(work.actor, Role.EVALUATOR_ADMIN)
    if not work.actor.serves(institution_id, Role.EVALUATOR_ADMIN):
        raise ROLE_MISSING.refused(needed="该评价机构管理员")
    if not name.strip() or not address.strip():
        raise SITE_INCOMPLETE.refused()
    same = select(ExamSite.id).where(
        ExamSite.institution_id == institution_id, ExamSite.name == name.strip(), ExamSite.ended_at.is_(None)
    )
    if work.session.scalars(same).first() is not None:
        raise SITE_NAMED_ALREADY.refused()
    made = ExamSite(
        institution_id=institution_id,
        name=name.strip(),
        address=address.strip(),
        filed_at=work.at,
        filed_by_person_id=work.actor.person_id,
    )
    work.session.add(made)
    work.session.flush()
    audit.record_one(work, "exam_site", made.id, "file", institution=institution_id)
    return made


def add_room(work: Work, site_id: int, name: str, kind: RoomKind, seats: int) -> ExamRoom:
    """Add a hall or a workshop to one of the actor's sites.

    Raises Refused role_missing, exam_site_missing, exam_site_incomplete, exam_room_seats_unfit,
    exam_site_named_already.
    """
    check_role(work.actor, Role.EVALUATOR_ADMIN)
    site = work.session.get(ExamSite, site_id)
    if (
        site is None
        or site.ended_at is not None
        or not work.actor.serves(site.institution_id, Role.EVALUATOR_ADMIN)
    ):
        raise SITE_MISSING.refused()
    if not name.strip():
        raise SITE_INCOMPLETE.refused()
    if not 1 <= seats <= SEATS_MOST:
        raise SEATS_UNFIT.refused(most=SEATS_MOST)
    same = select(ExamRoom.id).where(
        ExamRoom.site_id == site.id, ExamRoom.name == name.strip(), ExamRoom.ended_at.is_(None)
    )
    if work.session.scalars(same).first() is not None:
        raise SITE_NAMED_ALREADY.refused()
    made = ExamRoom(
        site_id=site.id,
        name=name.strip(),
        kind=kind,
        seats=seats,
        filed_at=work.at,
        filed_by_person_id=work.actor.person_id,
    )
    work.session.add(made)
    work.session.flush()
    audit.record_one(work, "exam_site", site.id, "add_room", room=made.id, seats=seats)
    return made


def end_room(work: Work, room_id: int, why: str) -> ExamRoom:
    """Take a room out of use; exams that are still to come keep it.

    Raises Refused role_missing, exam_room_missing, exam_room_in_use, assessment_why_missing.
    """
    check_role(work.actor, Role.EVALUATOR_ADMIN)
    room = work.session.get(ExamRoom, room_id, with_for_update=True)
    site = work.session.get_one(ExamSite, room.site_id) if room is not None else None
    if (
        room is None
        or site is None
        or room.ended_at is not None
        or not work.actor.serves(site.institution_id, Role.EVALUATOR_ADMIN)
    ):
        raise ROOM_MISSING.refused()
    told = check_why(why)
    coming = work.session.scalars(
        select(ExamBatch)
        .join(ExamRoomUse, ExamRoomUse.batch_id == ExamBatch.id)
        .where(
            ExamRoomUse.room_id == room.id,
            ExamRoomUse.ended_at.is_(None),
            ExamBatch.state == "planned",
            ExamBatch.exam_on >= work.today,
        )
    ).first()
    if coming is not None:
        raise ROOM_IN_USE.refused(number=coming.number)
    room.ended_at = work.at
    work.session.flush()
    audit.record_one(work, "exam_site", site.id, "end_room", room=room.id, why=told)
    return room


def list_sites(session: Session, institution_ids: Collection[int]) -> list[SiteView]:
    """Return the sites in use of these evaluators with their rooms, in the order they were filed."""
    sites = session.scalars(
        select(ExamSite)
        .where(ExamSite.institution_id.in_(sorted(institution_ids)), ExamSite.ended_at.is_(None))
        .order_by(ExamSite.id)
    ).all()
    rooms = session.scalars(
        select(ExamRoom)
        .where(ExamRoom.site_id.in_([each.id for each in sites]), ExamRoom.ended_at.is_(None))
        .order_by(ExamRoom.id)
    ).all()
    return [SiteView(site, tuple(each for each in rooms if each.site_id == site.id)) for site in sites]
