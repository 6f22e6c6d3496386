"""Inspections on site (现场检查)."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from voucher.doors.api.reach import institutions_served, told
from voucher.doors.api.room import Room, within
from voucher.doors.auth.entries import INSTITUTION_DESK
from voucher.doors.auth.visitors import current_actor
from voucher.doors.schemas.paging import Paging, paged
from voucher.doors.schemas.train.inspections import (
    InspectionDrawTold,
    InspectionFilter,
    Inspections,
    InspectionSeeds,
    InspectionSeedState,
    InspectionState,
    NewInspection,
    NewInspectionDraw,
    NewInspectionSeed,
    NewInspectionWords,
    NewPhoto,
    NewReport,
    PhotoState,
)
from voucher.plumbing.unit_of_work import Work
from voucher.rules.draws import commitment_of
from voucher.rules.inspections import Conclusion, Mark
from voucher.stages.train import inspecting, inspection_photos, inspection_seeds
from voucher.stages.train.models.inspections import Inspection, InspectionDraw, InspectionPhoto
from voucher.stages.train.queries import inspections as reading
from voucher.stages.train.queries.inspections import SeedView

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
    page = paged(
        asked,
        lambda before, limit: reading.list_inspections(
            session, **who, open_only=opened, before_id=before, limit=limit
        ),
        lambda row: row.id,
    )
    return page | {"items": [_told(each) for each in page["items"]]}


@inspections.look("/inspections/<int:inspection_id>", answer=InspectionState)
def show_inspection(session: Session, _asked: dict[str, Any], inspection_id: int) -> dict[str, Any]:
    """一次现场检查。"""
    houses = institutions_served(INSTITUTION_DESK)
    return _told(reading.get_inspection(session, current_actor(), inspection_id, houses))


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
    """随机抽取班级检查，不事先告知；种子的摘要须先公布，种子和名单留存，可以复算。"""
    opened = inspecting.draw_inspections(work, given["region"], given["size"], given["planned_on"])
    drawn = work.session.get_one(InspectionDraw, opened[0].draw_id)
    repeat = {name: getattr(drawn, name) for name in ("seed", "subject", "numbers")}
    return repeat | {"commitment": commitment_of(drawn.seed), "inspections": opened}


@inspections.look("/inspection-seeds", query=Paging, answer=InspectionSeeds)
def list_inspection_seeds(session: Session, asked: dict[str, Any]) -> dict[str, Any]:
    """现场检查随机抽取的种子摘要，新的在前；抽中的班都检查过以后，种子和名单一并公开。"""
    page = paged(
        asked,
        lambda before, limit: reading.list_seeds(session, before_id=before, limit=limit),
        lambda row: row.seed.id,
    )
    return page | {"items": [_seed(each) for each in page["items"]]}


@inspections.act(
    "/inspection-seeds", body=NewInspectionSeed, answer=InspectionSeedState, example={"region": "419001"}
)
def commit_seed(work: Work, given: dict[str, Any]) -> dict[str, Any]:
    """公布一个地区下一次抽取的种子摘要；已公布、还没用的，答复那一个。"""
    return _seed(SeedView(inspection_seeds.commit_inspection_seed(work, given["region"]), None, False))


def _seed(view: SeedView) -> dict[str, Any]:
    drawn = view.told
    return {
        **{name: getattr(view.seed, name) for name in ("id", "region_code", "commitment", "committed_at")},
        "drawn_at": view.draw.drawn_at if view.draw is not None else None,
        "seed": drawn.seed if drawn is not None else None,
        "subject": drawn.subject if drawn is not None else None,
        "numbers": drawn.numbers if drawn is not None else [],
        "chosen": view.chosen,
    }


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
def answer(work: Work, given: dict[str, Any], inspection_id: int) -> dict[str, Any]:
    """机构对检查发现的问题作出说明，一次。"""
    return _told(inspecting.answer(work, inspection_id, given["words"]))


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


def _told(found: Inspection) -> dict[str, Any]:
    """Return what the visitor may read: the institution not why, which may name who complained."""
    if institutions_served(INSTITUTION_DESK):
        return told(found, InspectionState) | {"why": None, "draw_id": None}
    return told(found, InspectionState)
