"""线上课 on the own phone: one segment after the other, each ended by this phone's signature."""

from __future__ import annotations

from flask import Response, render_template
from flask.typing import ResponseReturnValue

from voucher.doors.auth.door import the_door
from voucher.doors.auth.films import send_film
from voucher.doors.auth.shield import let_media_play
from voucher.doors.web.worker.blueprint import worker
from voucher.doors.web.worker.own import my_person_id, show
from voucher.stages.issue import queries as issuing
from voucher.stages.train import queries as training
from voucher.stages.train.class_codes import find_marked, read_mark_rules
from voucher.stages.train.queries.lessons import hours_studied, list_session_lessons, outcomes_of
from voucher.stages.train.queries.videos import find_videos
from voucher.stages.train.reading import SESSION_MISSING

OUTCOMES = {
    "counted": ("good", "已学完"),
    "too_fast": ("bad", "速度不可能，计 0 学时，请重学"),
    "wrong_answer": ("warn", "检查题答错，请重学"),
}


@worker.get("/lessons/videos/<int:video_id>")
def lesson_video(video_id: int) -> Response:
    """Play a film of the class one learns in, piece by piece."""
    return send_film(video_id)


@worker.get("/my/vouchers/<int:voucher_id>/sessions/<int:session_id>/lessons")
def lessons(voucher_id: int, session_id: int) -> ResponseReturnValue:
    """Show the lessons of an online session, the next segment ready to play."""
    door, person_id = the_door(), my_person_id()
    with door.read() as session:
        card = issuing.show_card(session, person_id, voucher_id)
        held, found = find_marked(session, session_id)
        place = training.enrolment_of(session, voucher_id)
        if place is None or place.class_id != found.id:
            raise SESSION_MISSING.refused()
        rows = list_session_lessons(session, session_id)
        if any(each.lesson.address for each in rows):
            let_media_play()
        rules = read_mark_rules(session, found, door.at)
        outcomes = outcomes_of(session, voucher_id, [part for each in rows for part in each.segments])
        return render_template(
            "worker/lessons.html",
            shown=show(card),
            found=found,
            held=held,
            rows=rows,
            films=find_videos(session, [each.lesson for each in rows]),
            outcomes=outcomes,
            words=OUTCOMES,
            hours=hours_studied(session, held, rules.lesson_minutes).get(voucher_id, 0),
            current=next(
                (
                    (each, part)
                    for each in rows
                    for part in each.segments
                    if outcomes.get(part.id) != "counted"
                ),
                None,
            ),
            is_open=held.starts_at <= door.at <= held.ends_at + rules.closes_after,
        )
