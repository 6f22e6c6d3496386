"""Inspections on site (现场检查)."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from voucher.doors.api.reach import institutions_served
from voucher.doors.api.room import Room, within
from voucher.doors.auth.entries import INSTITUTION_DESK
from voucher.doors.auth.visitors import current_actor
from voucher.doors.schemas.inspections import (
    InspectionDrawTold,
    InspectionFilter,
    Inspections,
    InspectionState,
    NewInspection,
    NewInspectionDraw,
    NewInspectionWords,
    NewPhoto,
    NewReport,
    PhotoState,
)
from voucher.doors.schemas.paging import paged
from voucher.plumbing.unit_of_work import Work
from voucher.rules.inspections import Conclusion, Mark
from voucher.stages.train import inspecting, inspection_photos
from voucher.stages.train.models.inspections import Inspection, InspectionPhoto
from voucher.stages.train.queries import inspections as reading

inspections = Room("inspections", __name__, url_prefix="/api/v1", description="现场检查")

REPORT = {
    "people_present": 28,
    "marks": [
        {"item": each, "mark": "met"}
        for each in ("place", "time", "teacher", "content", "people", "equipment", "fees", "safety")
    ],
    "findings": "",
    "conclusion": "in_order",
    "answer_by": None,
}


@inspections.look("/inspections", query=InspectionFilter, answer=Inspections)
def list_inspections(session: Session, asked: dict[str, Any]) -> dict[str, Any]:
    """现场检查，新的在前：人社、监管见本辖区的，机构见告知的和已检查的。"""
    houses, opened = institutions_served(INSTITUTION_DESK), asked["state"] == "open"
    regions = within(session, asked["region"])
    who: dict[str, Any] = {"houses": houses} if houses else {"regions": regions}
    return paged(
        asked,
        lambda before, limit: reading.list_inspections(
            session, **who, open_only=opened, before_id=before, limit=limit
        ),
        lambda row: row.id,
    )


@inspections.look("/inspections/<int:inspection_id>", answer=InspectionState)
def show_inspection(session: Session, _asked: dict[str, Any], inspection_id: int) -> Inspection:
    """一次现场检查。"""
    return reading.get_inspection(
        session, current_actor(), inspection_id, institutions_served(INSTITUTION_DESK)
    )


@inspections.act(
    "/inspections",
    body=NewInspection,
    answer=InspectionState,
    example={"class_id": 3, "planned_on": "2024-03-26", "announced": False, "why": "群众反映没有上课"},
)
def open_inspection(work: Work, given: dict[str, Any]) -> Inspection:
    """指定一个班级检查，写明理由；事先不告知的，机构检查后才看得到。"""
    return inspecting.open_inspection(work, **given)


@inspections.act(
    "/inspection-draws",
    body=NewInspectionDraw,
    answer=InspectionDrawTold,
    example={"region": "419001", "size": 2, "planned_on": "2024-03-26"},
)
def draw_inspections(work: Work, given: dict[str, Any]) -> dict[str, Any]:
    """随机抽取班级检查，不事先告知；种子和名单留存，可以复算。"""
    opened = inspecting.draw_inspections(work, given["region"], given["size"], given["planned_on"])
    drawn = reading.find_inspection_draw(work.session, opened[0])
    told = {name: getattr(drawn, name) for name in ("seed", "subject", "numbers")}
    return told | {"inspections": opened}


@inspections.act(
    "/inspections/<int:inspection_id>/reports", body=NewReport, answer=InspectionState, example=REPORT
)
def conclude(work: Work, given: dict[str, Any], inspection_id: int) -> Inspection:
    """填写检查结果，不再更改；问题严重的，全班的券停住。"""
    report = inspecting.Report(
        people_present=given["people_present"],
        marks={each["item"]: Mark(each["mark"]) for each in given["marks"]},
        findings=given["findings"],
        conclusion=Conclusion(given["conclusion"]),
        answer_by=given["answer_by"],
    )
    return inspecting.conclude(work, inspection_id, report)


@inspections.act(
    "/inspections/<int:inspection_id>/answers",
    body=NewInspectionWords,
    answer=InspectionState,
    example={"words": "当日老师临时请假，已补课"},
)
def answer(work: Work, given: dict[str, Any], inspection_id: int) -> Inspection:
    """机构对检查发现的问题作出说明，一次。"""
    return inspecting.answer(work, inspection_id, given["words"])


@inspections.act(
    "/inspections/<int:inspection_id>/closings",
    body=NewInspectionWords,
    answer=InspectionState,
    example={"words": "说明属实，已整改"},
)
def close(work: Work, given: dict[str, Any], inspection_id: int) -> Inspection:
    """办结：因这次检查停住的券恢复办理。"""
    return inspecting.close(work, inspection_id, given["words"])


@inspections.act_on_file("/inspections/<int:inspection_id>/photos", form=NewPhoto, answer=PhotoState)
def add_photo(
    work: Work, _given: dict[str, Any], file: tuple[str, bytes], inspection_id: int
) -> InspectionPhoto:
    """上传一张现场照片：去掉拍摄地点等信息后加密保存，每看一次都留痕。"""
    return inspection_photos.add_photo(work, inspection_id, file[1])
