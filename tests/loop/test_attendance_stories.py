"""到课经得起查：签到要本人手机，代签待核，线上课刷不出学时。"""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from tests import town_issue, town_train
from tests.loop.telling import set_parameter, told
from tests.scene import LI_SI, SUN_BA, ZHANG_SAN, ZHAO_LIU, Scene
from tests.town_attending import class_room, online
from voucher.rules.actor import Role
from voucher.stages.train import attend, classes, finish, lessons, studying
from voucher.stages.train.doubting import close_attendance_case
from voucher.stages.train.lessons import NewLesson, NewSegment
from voucher.stages.train.models.lessons import LessonSegment, Study
from voucher.stages.train.models.marks import AttendanceCase
from voucher.stages.train.models.places import Completion
from voucher.stages.train.queries import hours_of

VIDEO = (
    "video",
    "https://media.example/yl5.mp4",
    (NewSegment(40), NewSegment(50, question="喂食前先做什么？", options=("洗手", "关灯"), answer=1)),
)
WHOLE_DAY = ("pages", None, tuple(NewSegment(60, content=f"第 {part} 章") for part in range(1, 7)))


def cases(scene: Scene) -> list[str]:
    """Return the kinds of the open cases."""
    with scene.database.read() as session:
        return list(session.scalars(select(AttendanceCase.kind).where(AttendanceCase.closed_at.is_(None))))


def test_线上课四十分钟的视频五分钟放完_该段零学时并立核查(scene: Scene) -> None:
    """AC-E6：1 倍速 40 分钟的内容 5 分钟学完，该段计 0 并只立一件核查；检查题答错不计；重学够时间才计。"""
    room = class_room(scene, (ZHANG_SAN, LI_SI), lesson=VIDEO)
    first, second = room.segments
    zhang, login = room.vouchers[ZHANG_SAN], town_issue.worker(scene, ZHANG_SAN)
    begin = partial(studying.begin_study, segment_id=first, voucher_id=zhang)
    assert told(scene, login, begin).code == "class_not_in_session", "还没上课"
    scene.at = room.held.starts_at
    # 播放的课不签到：在场时间和播放时间加在一起，同一课时算了两遍
    assert room.refused(ZHANG_SAN, room.wish(ZHANG_SAN, "in")) == "session_is_played"
    rushed = room.play(ZHANG_SAN, first, 5)
    assert (rushed.outcome, rushed.minutes) == ("too_fast", 0)
    assert cases(scene) == ["impossible_speed"]
    assert (room.play(ZHANG_SAN, first, 6).minutes, cases(scene)) == (0, ["impossible_speed"]), "只立一件"
    assert room.play(ZHANG_SAN, first, 40).minutes == 40
    assert told(scene, login, begin).code == "studied_already"
    wrong = room.play(ZHANG_SAN, second, 50, answer=2)
    assert (wrong.outcome, wrong.minutes) == ("wrong_answer", 0)
    assert room.play(ZHANG_SAN, second, 50, answer=1).minutes == 50
    # 别人不能替他学完：签名的手机不是本人的
    begun = room.begin(LI_SI, first)
    theirs = room.ending(LI_SI, begun)
    assert told(scene, login, partial(studying.end_study, end=theirs)).code == "lesson_segment_missing"
    scene.at += timedelta(minutes=40)
    ending = room.ending(LI_SI, begun)
    act = partial(studying.end_study, end=ending)
    mine = town_issue.worker(scene, LI_SI)
    assert scene.do(mine, act).minutes == 40
    assert scene.do(mine, act).minutes == 40, "断网后重发，还是同一次"
    type_over = partial(attend.attend, session_id=room.held.id, hours={zhang: 8})
    assert told(scene, room.staff(), type_over).code == "marks_speak", "有学习日志的不能直接填学时"
    assert room.tally() == 2
    with scene.database.read() as session:
        hours = hours_of(session, list(room.vouchers.values()))
    assert hours == {zhang: 2, room.vouchers[LI_SI]: 0}, "90 分钟两学时；40 分钟不足一学时"
    sign = partial(finish.sign_off, class_id=room.class_id, exams=dict.fromkeys(hours, 80_00))
    assert told(scene, room.staff(Role.REGISTRAR), sign).code == "attendance_cases_open"
    with scene.database.read() as session:
        case_id = session.scalars(select(AttendanceCase.id)).one()
    close = partial(close_attendance_case, case_id=case_id, counts=False, conclusion="外挂刷课，已约谈")
    scene.do(town_train.reviewer(scene), close)
    scene.do(room.staff(Role.REGISTRAR), sign)
    with pytest.raises(DBAPIError, match="goes one way"), scene.database.engine.begin() as connection:
        connection.execute(text("UPDATE study SET minutes = 40, outcome = 'counted'"))
    # 同一段只有一次在学、一次计入：数据库也不收第二次，学时是相加的
    kept = "segment_id, voucher_id, person_id, started_at, minutes"
    twice = "study, (SELECT 1 AS one UNION ALL SELECT 2) AS two WHERE outcome = 'counted'"
    for columns in (kept, f"{kept}, ended_at, outcome"):
        insert = f"INSERT INTO study ({columns}) SELECT {columns} FROM {twice} AND segment_id = {first}"
        with pytest.raises(IntegrityError), scene.database.engine.begin() as connection:
            connection.execute(text(insert))


def test_一个人同时放两节课只算一次_线上学时有上限(scene: Scene) -> None:
    """同一时间打开两段，只有一段的时间算数；线上学时超过参数规定比例的部分不计入结业。"""
    room = class_room(scene, (ZHANG_SAN,), lesson=WHOLE_DAY)
    set_parameter(scene, "online_share_most_bp", "7500", "2024-01-01", "万分之一")
    zhang = room.vouchers[ZHANG_SAN]
    one, other, *others = room.segments
    scene.at = room.held.starts_at
    both = [room.begin(ZHANG_SAN, each) for each in (one, other)]
    scene.at += timedelta(minutes=60)
    minutes = [room.end(ZHANG_SAN, each).minutes for each in both]
    assert minutes == [60, 0], "第二段没有自己的时间"
    assert cases(scene) == [], "放够了时间，不是外挂，不立核查"
    assert room.play(ZHANG_SAN, other, 60).minutes == 60
    for each in others:
        assert room.play(ZHANG_SAN, each, 60).minutes == 60
    assert room.tally() == 1
    with scene.database.read() as session:
        assert hours_of(session, [zhang]) == {zhang: 8}
    scene.do(
        room.staff(Role.REGISTRAR), partial(finish.sign_off, class_id=room.class_id, exams={zhang: 80_00})
    )
    with scene.database.read() as session:
        frozen = session.scalars(select(Completion)).one()
        assert session.scalar(select(Study.id).where(Study.outcome == "too_fast")) is not None
    assert (frozen.hours_attended, frozen.passed) == (6, False), "8 学时的 75%"


def test_线上内容放得出来才能加_上课后不再改(scene: Scene) -> None:
    """视频要 https 地址，图文要正文，检查题要有选项和答案；线下课次、已开始的课次、别家的课次都不能加。"""
    room = class_room(scene, (ZHANG_SAN,), lesson=VIDEO)
    registrar = room.staff(Role.REGISTRAR)

    def refused(kind: str, address: str | None, *segments: NewSegment, session_id: int = 0) -> str:
        new = NewLesson(session_id or room.held.id, kind, "课", address, segments)
        return told(scene, registrar, partial(lessons.add_lesson, new=new)).code

    for kind, address, segment in (
        ("video", "http://media.example/a.mp4", NewSegment(1)),
        ("video", None, NewSegment(1)),
        ("pages", "https://media.example/a.mp4", NewSegment(1, "正文")),
        ("pages", None, NewSegment(1)),
        ("pages", None, NewSegment(0, "正文")),
        ("pages", None, NewSegment(1, "正文", question="问", options=("一",), answer=1)),
        ("pages", None, NewSegment(1, "正文", question="问", options=("一", "二"), answer=3)),
        ("pages", None, NewSegment(1, "正文", question="问")),
        ("pages", None, NewSegment(241, "正文")),
        ("pages", None, NewSegment(1, "正" * 5001)),
        ("pages", None, NewSegment(1, "正文", question="问" * 201, options=("一", "二"), answer=1)),
        ("pages", None, NewSegment(1, "正文", question="问", options=("一",) * 9, answer=1)),
        ("pages", None, NewSegment(1, "正文", question="问", options=("一", " "), answer=1)),
        ("pages", None, NewSegment(1, "正文", question="问", options=("一", "二" * 101), answer=1)),
    ):
        assert refused(kind, address, segment) == "lesson_unplayable"
    assert refused("pages", None) == "lesson_unplayable"
    assert refused("pages", None, *[NewSegment(1, "正文")] * 101) == "lesson_unplayable"
    lines = NewSegment(1, "正文", question="问", options=("洗手\n再关灯", "都不做"), answer=1)
    new = NewLesson(room.held.id, "pages", "课", None, (lines,))
    made = scene.do(registrar, partial(lessons.add_lesson, new=new))
    with scene.database.read() as session:
        kept = session.scalars(select(LessonSegment).where(LessonSegment.lesson_id == made.id)).one()
    assert kept.choices == ["洗手\n再关灯", "都不做"], "一个选项分两行，还是一个选项"
    assert refused("pages", None, NewSegment(1, "正文"), session_id=999) == "class_session_missing"
    away = town_train.draft(scene, room.house, hours=8, teacher="李老师", place="二号", **online(scene))
    scene.do(registrar, partial(classes.cancel_class, class_id=away, why="人数不够"))
    over = partial(
        lessons.add_lesson,
        new=NewLesson(town_train.sessions(scene, away)[0].id, "pages", "课", None, (NewSegment(1, "正文"),)),
    )
    assert told(scene, registrar, over).code == "lesson_class_over", "不是上课已经开始，是班级已取消"
    scene.at = room.held.starts_at
    assert refused("pages", None, NewSegment(1, "正文")) == "lesson_too_late"


def test_三个人用一台手机五分钟内签到_都待核_人社部门核实后才计(scene: Scene) -> None:
    """待核的不计学时、不能结业；只立一件核查；核实代签的不计。课表以外的时间签不了。"""
    room = class_room(scene, (ZHANG_SAN, LI_SI, SUN_BA, ZHAO_LIU))
    assert room.refused(ZHAO_LIU, room.wish(ZHAO_LIU, "out")) == "mark_outside_timetable"
    scene.at = room.held.starts_at
    for person in (ZHANG_SAN, LI_SI, SUN_BA):
        room.sign(person, browser="一台手机")
        scene.at += timedelta(minutes=2)
    room.sign(ZHAO_LIU)
    assert cases(scene) == ["shared_device"]
    scene.at = room.held.ends_at
    for person in room.vouchers:
        room.sign(person, "out")
    assert room.tally() == 1, "只有自己手机签到的那一位"
    with scene.database.read() as session:
        assert hours_of(session, list(room.vouchers.values())) == {room.vouchers[ZHAO_LIU]: 8}
        case_id = session.scalars(select(AttendanceCase.id)).one()
    close = partial(close_attendance_case, case_id=case_id, counts=False, conclusion="一人持三部账号代签")
    scene.do(town_train.reviewer(scene), close)
    assert room.tally() == 3
    with scene.database.read() as session:
        assert sorted(hours_of(session, list(room.vouchers.values())).values()) == [0, 0, 0, 8]
