"""An online lesson at the doors: put together at the institution's page, played at the worker's, judged."""

from __future__ import annotations

import io
import struct
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, update

from tests.doors.loop import CLASS_DAY, Loop
from tests.doors.test_marks import at, first_session
from tests.doors.test_phones import Wire
from tests.doors.world import refused_with
from tests.films import mp4, webm
from tests.scene import JIYUAN
from voucher.doors.auth.door import EXTENSION
from voucher.doors.auth.films import PIECE_BYTES
from voucher.ledger.credentials.keys import ensure_keys
from voucher.ledger.vouchers import Voucher
from voucher.rules.actor import Actor, Grant, Role
from voucher.rules.errors import Refused
from voucher.stages.train.models.classes import ClassSession
from voucher.stages.train.models.lessons import StudyFocus
from voucher.stages.train.models.videos import PART_BYTES, LessonVideo, LessonVideoPart
from voucher.stages.train.queries.videos import get_own_film, get_video_for
from voucher.stages.train.video_keeping import MB


@pytest.mark.parametrize("loop", ["sqlite"], indirect=True)
def test_a_lesson_is_added_played_and_a_rushed_one_goes_to_the_office(loop: Loop) -> None:
    world, ids = loop.world, loop.ids
    world.do("operator", ensure_keys)
    held = first_session(loop)
    world.do(
        "operator",
        lambda work: work.session.execute(
            update(ClassSession).where(ClassSession.id == held).values(mode="online")
        ),
    )
    loop.move_to(CLASS_DAY - timedelta(minutes=10))
    desk = at(loop, "t1-teach")
    assert "线上课" in desk.go(f"/institution/classes/{ids['class']}").text
    desk.go(f"/institution/sessions/{held}/lessons")
    typed = {"title": "老年人饮食照护", "address": "http://media.example/a.mp4", "segment_minutes": ["40"]}
    page = desk.press("添加", **typed)
    assert "视频要有 https:// 开头的地址" in page.text
    typed["address"] = "https://media.example/a.mp4"
    half = {"segment_minutes": ["40", ""], "segment_question": ["", "先做什么？"]}
    page = desk.press("添加", **typed | half)
    assert "第 2 段没有填分钟数" in page.text
    assert 'value="先做什么？"' in page.html, "nothing that was typed is lost without a word"
    wide = {"segment_question": ["先做什么？"], "segment_options": ["洗手｜关灯"], "segment_answer": ["1"]}
    page = desk.press("添加", **typed | wide)
    assert "已添加" in page.text
    assert "先做什么？（洗手／关灯，答案 1）" in page.text
    # what is too short for the hours planned is said while there is time to add to it
    assert (
        "内容一共 40 分钟，全部学完计 0 学时（45 分钟 1 学时）；这次课计划 8 学时，请在上课前补足"
        in page.text
    )
    pages = {
        "session_id": held,
        "kind": "pages",
        "title": "饮食禁忌",
        "segments": [
            {
                "minutes": 5,
                "content": "洗手以后",
                "question": "先做什么？",
                "options": ["洗手", "关灯"],
                "answer": 1,
            }
        ],
    }
    assert loop["t1-teach"].post("/lessons", pages).status_code == 201

    phone = Wire(world, loop=loop, login="zhang").bind()
    own = f"/my/vouchers/{ids['voucher']}/sessions/{held}/lessons"
    assert "请在上课时间内学习" in at(loop, "zhang").go(own).text
    loop.move_to(CLASS_DAY + timedelta(minutes=1))
    worker = at(loop, "zhang")
    page = worker.go(own)
    assert 'src="https://media.example/a.mp4#t=0,2400"' in page.html
    assert "media-src 'self' https:" in worker.answer.headers["Content-Security-Policy"]
    assert own in at(loop, "zhang").go("/my").html
    assert at(loop, "li").http.get(own).status_code == 404

    begun = loop["zhang"].post("/studies", {"segment_id": 1, "voucher_id": ids["voucher"]}).json
    refused_with(
        loop["li"].post("/studies", {"segment_id": 1, "voucher_id": ids["voucher"]}), 404, "voucher_missing"
    )
    loop.move_to(CLASS_DAY + timedelta(minutes=6))
    seen = {"study_id": begun["id"], "open_minutes": 900, "acts": 2}
    refused_with(loop["li"].post("/study-focus", seen), 404, "lesson_segment_missing")
    assert loop["zhang"].post("/study-focus", seen).status_code == 200
    with world.database.read() as session:
        kept = session.get_one(StudyFocus, begun["id"])
        assert (kept.open_minutes, kept.acts) == (5, 2), "no more minutes than have passed"
    assert "没有记到的不会因此不计学时" in page.text
    bad = {"study_id": begun["id"], "digits": phone.show(ids["voucher"], challenge=5)}
    refused_with(loop["zhang"].post("/study-ends", bad), 409, "class_code_over")
    shown = phone.show(ids["voucher"], challenge=begun["number"])
    good = {"study_id": begun["id"], "digits": shown, "answer": 1}
    told = loop["zhang"].post("/study-ends", good)
    assert (told.status_code, told.json["outcome"], told.json["minutes"]) == (201, "too_fast", 0), told.json
    refused_with(loop["li"].post("/study-ends", good), 404, "lesson_segment_missing")
    assert "速度不可能，计 0 学时，请重学" in at(loop, "zhang").go(own).text
    (case,) = loop["shenhe"].get("/attendance-cases").json["items"]
    assert (case["kind"], case["people"], case["marks"], case["segments"]) == ("impossible_speed", 1, 0, 1)
    office = at(loop, "shenhe")
    page = office.go("/office/attendance-cases")
    assert "线上课速度不可能" in page.text
    assert "40 分钟，计 0" in page.text
    page = office.press("写明结论，办结", outcome="refused", conclusion="快进，已提醒重学")
    assert "没有待办结的到课核查" in page.text
    refused_with(
        loop["zz-shenhe"].post(
            f"/attendance-cases/{case['id']}/closings", {"outcome": "counted", "conclusion": "无"}
        ),
        404,
        "attendance_case_missing",
    )


@pytest.mark.parametrize("loop", ["sqlite"], indirect=True)
def test_an_uploaded_film_is_checked_and_played_piece_by_piece_by_its_learners_alone(
    loop: Loop, tmp_path: Path
) -> None:
    world, ids = loop.world, loop.ids
    held = first_session(loop)
    world.do(
        "operator",
        lambda work: work.session.execute(
            update(ClassSession).where(ClassSession.id == held).values(mode="online")
        ),
    )
    loop.move_to(CLASS_DAY - timedelta(minutes=10))
    film = mp4(1830, size=PART_BYTES * 3)
    desk = at(loop, "t1-teach")
    desk.go(f"/institution/sessions/{held}/lessons")

    def send(content: bytes, minutes: str, name: str = "课.mp4") -> str:
        typed = {"title": "饮食照护", "segment_minutes": [minutes], "film": (io.BytesIO(content), name)}
        return desk.press("添加", **typed).text

    assert "不是 MP4 或 WebM 视频" in send(b"\xff\xd8\xff photograph", "20")
    assert "各段共 32 分钟，视频只有 30 分 30 秒" in send(film, "32")
    # what the cameras of many telephones write, and few browsers play: refused with what to set instead
    words = send(mp4(1830, codec=b"hvc1"), "20")
    assert "编码是 HEVC（H.265）" in words
    assert "兼容性最佳" in words
    assert 'name="segment_minutes" inputmode="numeric" maxlength="3" value="20"' in desk.page.html
    text = send(film, "31")
    assert "已添加" in text
    assert "不超过 60 MB" in text
    assert "看上传的视频（MP4，30 分 30 秒" in text
    bad = {"session_id": str(held), "title": "t", "minutes": "1"}
    part = {"file": (io.BytesIO(b"x"), "x.mp4")}
    refused_with(loop["t1-teach"].post("/lesson-videos", None, data=bad | part), 422, "lesson_video_unknown")
    whole = {"file": (io.BytesIO(webm(60)), "x.webm")}
    made = loop["t1-teach"].post("/lesson-videos", None, data=bad | whole)
    assert (made.status_code, made.json["kind"]) == (201, "video")
    for wanted in (held, 999_999):
        stranger = {**bad, "session_id": str(wanted), "file": (io.BytesIO(webm(60)), "x.webm")}
        refused_with(
            loop["t2-teach"].post("/lesson-videos", None, data=stranger), 404, "class_session_missing"
        )

    # the same film again, sent or chosen, is a row and no bytes; a stranger's is as good as none
    assert "已添加" in send(film, "10")
    desk.go(f"/institution/sessions/{held}/lessons")
    assert "饮食照护（30 分 30 秒" in desk.page.text
    chosen = {"title": "复习", "segment_minutes": ["31"], "film_id": "1"}
    assert "已添加" in desk.press("添加", **chosen).text
    assert "没有找到这个视频" in desk.press("添加", **chosen | {"film_id": "999"}).text
    with world.database.read() as session:
        shared = select(LessonVideo.id).where(LessonVideo.same_as_id == 1)
        assert session.scalars(shared).all() == [3, 4]
        kept = select(func.count()).select_from(LessonVideoPart).where(LessonVideoPart.video_id.in_((3, 4)))
        assert session.scalar(kept) == 0

    loop.move_to(CLASS_DAY + timedelta(minutes=1))
    page = at(loop, "zhang").go(f"/my/vouchers/{ids['voucher']}/sessions/{held}/lessons")
    assert 'src="/lessons/videos/1#t=0,1860"' in page.html
    assert loop["zhang"].http.get("/lessons/videos/4").data == film
    assert 'preload="none" poster="' in page.html
    assert "约 2 MB" in page.text
    zhang = loop["zhang"].http

    def ask(piece: str) -> Any:
        return zhang.get("/lessons/videos/1", headers={"Range": piece} if piece else {})

    answer = ask("bytes=0-")
    assert (answer.status_code, answer.headers["Content-Range"]) == (
        206, f"bytes 0-{PIECE_BYTES - 1}/{len(film)}",
    )  # fmt: skip
    got = answer.data
    while len(got) < len(film):
        got += ask(f"bytes={len(got)}-").data
    assert got == film
    start = PART_BYTES - 7
    assert ask(f"bytes={start}-{start + 19}").data == film[start : start + 20]
    assert ask("bytes=-5").data == film[-5:]
    # who learns where a film was uploaded, and teaches elsewhere, watches it and takes it nowhere
    with world.database.read() as session:
        holder = session.get_one(Voucher, ids["voucher"]).holder_person_id
        grants = (Grant(Role.WORKER, JIYUAN), Grant(Role.TEACHER, JIYUAN, 999))
        learner = Actor(1, "both", holder, grants)
        assert get_video_for(session, learner, 1).id == 1
        with pytest.raises(Refused, match="lesson_video_missing"):
            get_own_film(session, learner, 1)
    assert ask(f"bytes={len(film)}-").status_code == 416
    full = ask("")
    assert (full.status_code, full.mimetype, full.data) == (200, "video/mp4", film)
    assert loop["t1-scan"].http.get("/institution/lessons/videos/1").status_code == 200
    heavy = tmp_path / "heavy.mp4"
    heavy.write_bytes(mp4(1830) + struct.pack(">I4s", 24 * MB + 8, b"free") + bytes(24 * MB))
    loop.move_to(CLASS_DAY - timedelta(minutes=5))
    send_and_play_in_little_memory(loop, heavy, bad)
    loop.move_to(CLASS_DAY + timedelta(minutes=1))
    # nobody else's: enrolled and not redeemed, in no class, of another school, and one that is not there
    missing = [zhang.get("/lessons/videos/999").status_code]
    missing += [loop[each].http.get("/lessons/videos/1").status_code for each in ("li", "sun")]
    missing.append(loop["t2-admin"].http.get("/institution/lessons/videos/1").status_code)
    assert missing == [404] * 4
    assert world.app.test_client().get("/lessons/videos/1").status_code == 302


def send_and_play_in_little_memory(loop: Loop, heavy: Path, form: dict[str, str]) -> None:
    """A film of 24 MB is taken in and given out, and no more than a few of its parts lie in memory."""
    size, app = heavy.stat().st_size, loop.world.app
    door = app.extensions[EXTENSION]
    # of the size an installation takes in; the town takes little
    app.extensions[EXTENSION] = replace(door, config=replace(door.config, max_upload_bytes=2 * size))
    teacher = loop["t1-teach"]
    with heavy.open("rb") as film, counted_memory(8 * MB):
        made = teacher.post("/lesson-videos", None, data=form | {"file": (film, "heavy.mp4")})
        assert made.status_code == 201, made.text
    address = made.json["address"].replace("/lessons", "/institution/lessons")
    with counted_memory(8 * MB):
        answer = teacher.http.get(address, buffered=False)
        assert sum(len(each) for each in answer.iter_encoded()) == size
        answer.close()


@contextmanager
def counted_memory(most: int) -> Iterator[None]:
    """Expect that no more than so many bytes are ever held at once."""
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < most
    finally:
        tracemalloc.stop()
