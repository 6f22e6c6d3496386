"""线上课: what an online session plays, put together before it begins."""

from __future__ import annotations

import re
from dataclasses import replace

from flask import Response, render_template, request, url_for
from flask.typing import ResponseReturnValue

from voucher.doors.auth.door import the_door
from voucher.doors.auth.films import send_film
from voucher.doors.auth.visitors import current_actor
from voucher.doors.web import fields
from voucher.doors.web.acting import Done, submit
from voucher.doors.web.institution.blueprint import institution
from voucher.doors.web.institution.own import my_houses
from voucher.plumbing.unit_of_work import Work
from voucher.plumbing.uploads.pieces import lay_open
from voucher.registry import catalogue
from voucher.registry.tables import require_parameter_number
from voucher.rules.lessons import LESSON_UNPLAYABLE
from voucher.rules.training import lesson_hours
from voucher.stages.train import lessons as building
from voucher.stages.train.class_codes import get_room, read_mark_rules
from voucher.stages.train.queries.lessons import list_session_lessons
from voucher.stages.train.queries.videos import find_videos, list_own_films
from voucher.stages.train.reading import STAFF
from voucher.stages.train.video_keeping import BYTES_MOST, MB

# the wide mark is what a Chinese keyboard writes
OPTION_MARK, SEGMENTS = re.compile(r"[|｜]"), 6
SEGMENT = ("minutes", "content", "question", "options", "answer")
MINUTES = re.compile(r"\d{1,3}")


@institution.get("/institution/sessions/<int:session_id>/lessons")
def lessons(session_id: int) -> ResponseReturnValue:
    """Show what a session plays, and the form for more."""
    return _page(session_id)


@institution.post("/institution/sessions/<int:session_id>/lessons")
def add_lesson(session_id: int) -> ResponseReturnValue:
    """Add a video or pages, segment by segment."""

    def call(work: Work) -> Done:
        address = fields.text("address", "视频地址", required=False) or None
        sent = request.files.get("film")
        is_sent = sent is not None and bool(sent.filename)
        again = fields.whole("film_id", "用过的视频") if request.form.get("film_id") else None
        is_video = address or is_sent or again is not None
        new = building.NewLesson(
            session_id,
            "video" if is_video else "pages",
            fields.text("title", "标题", limit=100),
            address if not is_sent and again is None else None,
            _read_segments(),
            film_id=again if not is_sent else None,
        )
        if sent is None or not is_sent:
            building.add_lesson(work, new)
        else:
            with lay_open(sent.stream) as film:
                building.add_lesson(work, replace(new, film=film))
        return Done("已添加", url_for("web.institution.lessons", session_id=session_id))

    return submit(call, lambda: _page(session_id))


@institution.get("/institution/lessons/videos/<int:video_id>")
def lesson_video(video_id: int) -> Response:
    """Play a film of the own class."""
    return send_film(video_id)


def _read_segments() -> tuple[building.NewSegment, ...]:
    """Return the segments of the form: those in which nothing was typed are left out."""
    columns = [request.form.getlist(f"segment_{name}") for name in SEGMENT]
    typed = enumerate(zip(*columns, strict=False), start=1)
    return tuple(_read_segment(place, *each) for place, each in typed if any(map(str.strip, each)))


def _read_segment(
    place: int, minutes: str, content: str, question: str, options: str, answer: str
) -> building.NewSegment:
    if not minutes.strip():
        raise LESSON_UNPLAYABLE.refused(problem=f"第 {place} 段没有填分钟数")
    if not MINUTES.fullmatch(minutes.strip()) or (answer.strip() and not MINUTES.fullmatch(answer.strip())):
        raise LESSON_UNPLAYABLE.refused(problem="分钟数和答案要填数字")
    return building.NewSegment(
        minutes=int(minutes),
        content=content.strip(),
        question=question.strip() or None,
        options=tuple(each.strip() for each in OPTION_MARK.split(options) if each.strip()),
        answer=int(answer) if answer.strip() else None,
    )


def _typed_segments() -> list[dict[str, str]]:
    """Return what was typed into the segments of a refused form; empty ones where nothing was."""
    typed = [request.form.getlist(f"segment_{name}") for name in SEGMENT]
    lines = [dict(zip(SEGMENT, each, strict=True)) for each in zip(*typed, strict=False)][:SEGMENTS]
    return lines + [dict.fromkeys(SEGMENT, "")] * (SEGMENTS - len(lines))


def _page(session_id: int) -> str:
    door = the_door()
    houses = set(my_houses(frozenset(STAFF)))
    with door.read() as session:
        held, found = get_room(session, current_actor(), session_id)
        regions = catalogue.list_ancestry(session, found.region_code)
        rows = list_session_lessons(session, session_id)
        minutes = read_mark_rules(session, found, held.starts_at).lesson_minutes
        return render_template(
            "institution/lessons.html",
            found=found,
            held=held,
            rows=rows,
            films=find_videos(session, [each.lesson for each in rows]),
            own_films=list_own_films(session, houses),
            size_most=require_parameter_number(session, BYTES_MOST, door.today, regions) // MB,
            segments=_typed_segments(),
            playable_hours=lesson_hours(sum(each.minutes for each in rows), minutes),
            lesson_minutes=minutes,
            may_add=held.mode == "online" and door.at < held.starts_at,
        )
