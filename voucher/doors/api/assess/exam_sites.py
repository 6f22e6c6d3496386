"""Where exams are sat: sites and rooms filed, rooms chosen for an exam, seats, admission slips."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from voucher.doors.api.reach import institutions_served, told
from voucher.doors.api.room import Room
from voucher.doors.auth.door import the_door
from voucher.doors.auth.entries import EVALUATOR_STAFF
from voucher.doors.auth.visitors import current_actor
from voucher.doors.schemas.assess.exam_sites import (
    ExamRoomState,
    ExamSites,
    ExamSiteState,
    NewExamRoom,
    NewExamRoomEnd,
    NewExamSite,
    NewRoomChoice,
    NewSlips,
    RoomsChosen,
    Seats,
    SlipsPrinted,
)
from voucher.doors.schemas.paging import Paging, paged
from voucher.plumbing.unit_of_work import Work
from voucher.stages.assess import queries, seating, sites
from voucher.stages.assess.models_rooms import ExamRoom
from voucher.stages.assess.queries.seats import list_seat_views
from voucher.stages.assess.sites import SiteView
from voucher.stages.assess.slip_printing import print_slips as take_slips

exam_sites = Room("exam_sites", __name__, url_prefix="/api/v1", description="考点、考场、座位和准考证")


@exam_sites.look("/exam-sites", answer=ExamSites)
def list_exam_sites(session: Session, _asked: dict[str, Any]) -> dict[str, Any]:
    """本机构在用的考点和考场。"""
    return {
        "items": [_state(each) for each in sites.list_sites(session, institutions_served(EVALUATOR_STAFF))]
    }


@exam_sites.act(
    "/exam-sites",
    body=NewExamSite,
    answer=ExamSiteState,
    example={"institution_id": 3, "name": "本部实训基地", "address": "济源市学苑路 1 号"},
)
def file_exam_site(work: Work, given: dict[str, Any]) -> dict[str, Any]:
    """登记考点。"""
    made = sites.file_site(work, given["institution_id"], given["name"], given["address"])
    return _state(SiteView(made, ()))


@exam_sites.act(
    "/exam-sites/<int:exam_site_id>/rooms",
    body=NewExamRoom,
    answer=ExamRoomState,
    example={"name": "焊接车间", "kind": "workshop", "seats": 12},
)
def add_exam_room(work: Work, given: dict[str, Any], exam_site_id: int) -> ExamRoom:
    """在考点登记考场或车间；座位数登记后不变，有变的停用后重新登记。"""
    return sites.add_room(work, exam_site_id, given["name"], given["kind"], given["seats"])


@exam_sites.act(
    "/exam-rooms/<int:exam_room_id>/endings",
    body=NewExamRoomEnd,
    answer=ExamRoomState,
    example={"why": "改作他用"},
)
def end_exam_room(work: Work, given: dict[str, Any], exam_room_id: int) -> ExamRoom:
    """停用考场；已安排考试的不能停用。"""
    return sites.end_room(work, exam_room_id, given["why"])


@exam_sites.act(
    "/exam-batches/<int:exam_batch_id>/rooms",
    body=NewRoomChoice,
    answer=RoomsChosen,
    example={"room_ids": [4, 5], "begins": "09:00"},
)
def choose_exam_rooms(work: Work, given: dict[str, Any], exam_batch_id: int) -> dict[str, Any]:
    """选考场（写全名单）、排座位：同一考场不能同时有两场考试，坐不下的拒绝；有人入场后不能再改。"""
    seats = seating.choose_rooms(work, exam_batch_id, given["room_ids"], given["begins"])
    return {"exam_batch_id": exam_batch_id, "seats": len(seats)}


@exam_sites.look("/exam-batches/<int:exam_batch_id>/seats", query=Paging, answer=Seats)
def list_seats(session: Session, asked: dict[str, Any], exam_batch_id: int) -> dict[str, Any]:
    """座位表，姓名脱敏；考场取消或改选的不在其中。"""
    batch = queries.get_batch(
        session, exam_batch_id, current_actor().regions, institutions_served(EVALUATOR_STAFF)
    )
    return paged(
        asked,
        lambda after, limit: list_seat_views(
            session, the_door().keyring, batch.id, after_id=after or 0, limit=limit
        ),
        lambda row: row.id,
    )


@exam_sites.ask(
    "/exam-batches/<int:exam_batch_id>/slips",
    body=NewSlips,
    answer=SlipsPrinted,
    status=201,
    example={"candidate_id": 51},
)
def print_slips(work: Work, given: dict[str, Any], exam_batch_id: int) -> dict[str, Any]:
    """准考证的内容，含考生姓名，每次领取都留痕；二维码的内容就是准考证号。"""
    batch, slips = take_slips(work, exam_batch_id, given["candidate_id"])
    return {"exam_batch_id": batch.id, "items": slips}


def _state(view: SiteView) -> dict[str, Any]:
    return told(view.site, ExamSiteState) | {"rooms": view.rooms}
