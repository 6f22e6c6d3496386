"""Online lessons: added by the institution, begun and ended by the worker, every end signed by the phone."""

from __future__ import annotations

from typing import Any

from voucher.doors.api.reach import told
from voucher.doors.api.room import Room
from voucher.doors.api.train.marks import keep_refused
from voucher.doors.schemas.train.lessons import (
    LessonState,
    NewFilm,
    NewLesson,
    NewStudy,
    NewStudyEnd,
    NewStudyFocus,
    StudyBegun,
    StudyState,
)
from voucher.plumbing.unit_of_work import Work
from voucher.plumbing.uploads.pieces import Mapped
from voucher.stages.train import lessons as building
from voucher.stages.train.focusing import Focus, note_focus
from voucher.stages.train.studying import StudyEnd, begin_study, end_study

lessons = Room("lessons", __name__, url_prefix="/api/v1", description="线上课")
EXAMPLE = {
    "session_id": 9,
    "kind": "video",
    "title": "老年人饮食照护",
    "address": "https://media.example/yl5-01.mp4",
    "segments": [
        {"minutes": 40, "question": "喂食前先做什么？", "options": ["洗手", "关灯"], "answer": 1},
    ],
}


@lessons.act("/lessons", body=NewLesson, answer=LessonState, example=EXAMPLE)
def add_lesson(work: Work, given: dict[str, Any]) -> Any:
    """给线上课次添加一节课：外链视频或图文，分段，段末可有检查题。"""
    segments = tuple(
        building.NewSegment(**each | {"options": tuple(each["options"])}) for each in given["segments"]
    )
    return building.add_lesson(work, building.NewLesson(**given | {"segments": segments}))


@lessons.act_on_file("/lesson-videos", form=NewFilm, answer=LessonState, in_pieces=True)
def add_film(work: Work, given: dict[str, Any], file: tuple[str, Mapped]) -> Any:
    """给线上课次添加一节上传的视频（MP4 或 WebM），整节一段。"""
    segments = (building.NewSegment(given["minutes"]),)
    new = building.NewLesson(given["session_id"], "video", given["title"], None, segments, file[1])
    return building.add_lesson(work, new)


@lessons.act("/studies", body=NewStudy, answer=StudyBegun, example={"segment_id": 5, "voucher_id": 17})
def begin(work: Work, given: dict[str, Any]) -> dict[str, Any]:
    """开始学一段；没学完的接着学。"""
    begun = begin_study(work, given["segment_id"], given["voucher_id"])
    return told(begun.study, StudyBegun) | {"number": begun.number}


@lessons.ask(
    "/study-focus",
    body=NewStudyFocus,
    answer=StudyState,
    example={"study_id": 31, "open_minutes": 12, "acts": 4},
)
def tell_focus(work: Work, given: dict[str, Any]) -> Any:
    """学习页面每分钟报一次：页面是否在眼前、有没有操作；不报的不作不利处理。"""
    return note_focus(work, Focus(**given))


@lessons.act(
    "/study-ends",
    body=NewStudyEnd,
    answer=StudyState,
    example={"study_id": 31, "digits": "7100000000000000000", "answer": 1},
    witness=keep_refused,
)
def end(work: Work, given: dict[str, Any]) -> Any:
    """学完一段：手机签名；速度不可能的计 0 学时并转核查，检查题答错的重学。"""
    return end_study(work, StudyEnd(**given))
