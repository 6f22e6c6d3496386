"""课程变更: sessions not held yet get another time, teacher or room, fall away or are added."""

from __future__ import annotations

from datetime import date, datetime, time

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from voucher.doors.auth.door import the_door
from voucher.doors.auth.entries import INSTITUTION_DESK
from voucher.doors.web import fields
from voucher.doors.web.acting import Done, submit
from voucher.doors.web.institution.blueprint import institution
from voucher.doors.web.institution.own import answers_for, get_my_class
from voucher.plumbing.clock import SHANGHAI
from voucher.plumbing.unit_of_work import Work
from voucher.registry import catalogue, tables
from voucher.stages.train import changing
from voucher.stages.train import queries as training
from voucher.stages.train.fitting import count_seated
from voucher.stages.train.models.classes import ClassSession, TrainingClass
from voucher.stages.train.queries import timetables as reading
from voucher.stages.train.queries.filed_choices import list_filed_rooms, list_filed_teachers
from voucher.stages.train.reading import SESSION_MISSING, place_of, teacher_of
from voucher.stages.train.wanted import Addition, Wanted

ADDITIONS = 3


@institution.get("/institution/classes/<int:class_id>/timetable")
def timetable(class_id: int) -> ResponseReturnValue:
    """Show the sessions not held yet, ready to be changed, and what was changed before."""
    return _page(class_id)


@institution.post("/institution/classes/<int:class_id>/timetable")
def change_timetable(class_id: int) -> ResponseReturnValue:
    """Change the sessions ticked, call off those ticked as such, add what was written in new lines."""

    def call(work: Work) -> Done:
        found = get_my_class(work.session, class_id, INSTITUTION_DESK)
        open_sessions = {each.id: each for each in _list_open(work.session, found)}
        dropped = fields.wholes("drop", "取消的课次")
        chosen = {*fields.wholes("session_id", "课次"), *dropped}
        wanted = [_wanted(open_sessions, each, drop=each in dropped) for each in sorted(chosen)]
        why = fields.text("why", "变更原因")
        asked = changing.ask_change(work, class_id, wanted, why, _read_additions(found))
        words = (
            "已提交，等人社部门审核；同意后生效并告知学员"
            if asked.reviewed
            else "已生效，已给登记了手机号的学员发短信"
        )
        return Done(words, url_for("web.institution.timetable", class_id=class_id))

    return submit(call, lambda: _page(class_id))


def _read_additions(found: TrainingClass) -> list[Addition]:
    """Return the new lines that name a day; what a line leaves out is said by its label."""
    lines = range(1, ADDITIONS + 1)
    return [_addition(found, place) for place in lines if request.form.get(f"new-day-{place}")]


def _addition(found: TrainingClass, place: int) -> Addition:
    label = f"新增第 {place} 行"
    day = fields.day(f"new-day-{place}", f"{label}日期")
    begins = fields.clock(f"new-from-{place}", f"{label}开始时间")
    ends = fields.clock(f"new-until-{place}", f"{label}结束时间")
    return Addition(
        "online" if found.mode == "online" else request.form.get(f"new-mode-{place}", "offline"),
        fields.text(f"new-topic-{place}", f"{label}内容", limit=200),
        datetime.combine(day, begins, SHANGHAI),
        datetime.combine(day, ends, SHANGHAI),
        fields.whole(f"new-hours-{place}", f"{label}学时"),
        fields.text(f"new-teacher-{place}", f"{label}教师", required=False, limit=60),
        fields.text(f"new-place-{place}", f"{label}地点", required=False, limit=120),
    )


def _wanted(open_sessions: dict[int, ClassSession], session_id: int, *, drop: bool) -> Wanted:
    """Return what was typed for a session; what was emptied stays as it is."""
    held = open_sessions.get(session_id)
    if held is None:
        raise SESSION_MISSING.refused()
    if drop:
        return Wanted(session_id, drop=True)
    label = f"第 {held.position} 次课"
    starts_at, ends_at = held.starts_at.astimezone(SHANGHAI), held.ends_at.astimezone(SHANGHAI)
    hours_typed = request.form.get(f"hours-{session_id}", "").strip()
    typed_day = request.form.get(f"day-{session_id}", "")
    try:
        day = date.fromisoformat(typed_day) if typed_day else starts_at.date()
        begins = _time(request.form.get(f"from-{session_id}", ""), starts_at)
        ends = _time(request.form.get(f"until-{session_id}", ""), ends_at)
    except ValueError:
        raise fields.FIELD_UNREADABLE.refused(
            field=f"day-{session_id}", label=label, problem="日期或时间没有填写完整"
        ) from None
    return Wanted(
        session_id,
        datetime.combine(day, begins, SHANGHAI),
        datetime.combine(day, ends, SHANGHAI),
        hours=fields.whole(f"hours-{session_id}", f"{label}学时") if hours_typed else None,
        teacher=fields.text(f"teacher-{session_id}", f"{label}教师", required=False, limit=60),
        place=fields.text(f"place-{session_id}", f"{label}地点", required=False, limit=120),
    )


def _time(text: str, kept: datetime) -> time:
    return time.fromisoformat(text).replace(second=0, microsecond=0, tzinfo=None) if text else kept.time()


def _list_open(session: Session, found: TrainingClass) -> list[ClassSession]:
    """Return the sessions that have not begun."""
    at = the_door().at
    return [each for each in training.list_sessions(session, found.id) if each.starts_at > at]


def _page(class_id: int) -> str:
    door = the_door()
    with door.read() as session:
        found = get_my_class(session, class_id, INSTITUTION_DESK)
        changes = reading.list_timetable_changes(session, class_id=class_id)
        regions = catalogue.list_ancestry(session, found.region_code)
        return render_template(
            "institution/timetable.html",
            found=found,
            own=answers_for(found) and found.state in changing.CHANGEABLE,
            waiting=any(each.reviewed and each.decided_at is None for each in changes),
            sessions=[
                (
                    each,
                    each.starts_at.astimezone(SHANGHAI),
                    each.ends_at.astimezone(SHANGHAI),
                    teacher_of(found, each),
                    place_of(found, each),
                )
                for each in _list_open(session, found)
            ],
            teachers=list_filed_teachers(session, door.keyring, [found.delivering_institution_id]),
            rooms=[name for name, _ in list_filed_rooms(session, [found.delivering_institution_id])],
            ticked=set(request.form.getlist("session_id")),
            called_off=set(request.form.getlist("drop")),
            additions=range(1, ADDITIONS + 1),
            total=found.hours_planned,
            seated=count_seated(session, found.id),
            changes=changes,
            rows=reading.list_session_changes(session, [each.id for each in changes]),
            notice=tables.require_parameter_number(session, changing.NOTICE, door.today, regions),
            workdays=tables.require_parameter_number(session, changing.REVIEW, door.today, regions),
        )
