"""开班申请: what is taught, where, by whom, and one row per session; rows are added by the server."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from voucher.doors.auth.door import the_door
from voucher.doors.auth.entries import INSTITUTION_DESK
from voucher.doors.web import fields
from voucher.doors.web.acting import Done, submit
from voucher.doors.web.institution.blueprint import institution
from voucher.doors.web.institution.own import get_my_class, list_houses, my_houses
from voucher.plumbing.clock import SHANGHAI
from voucher.plumbing.unit_of_work import Work
from voucher.registry.catalogue import Occupation, Project, SpecialItem
from voucher.registry.dictionaries import list_words
from voucher.registry.institutions import Institution, get_institution
from voucher.rules.classes import OFFLINE, ONLINE
from voucher.rules.dictionaries import TRAINING_MODE_NAMES, Dictionary, TrainingMode
from voucher.rules.errors import reason
from voucher.rules.levels import Level, name_level
from voucher.rules.money import format_yuan
from voucher.stages.train import classes as drafting
from voucher.stages.train import queries as training
from voucher.stages.train.models.classes import ClassSession, TrainingClass
from voucher.stages.train.planning import NewClass, NewSession
from voucher.stages.train.queries.filed_choices import list_filed_rooms, list_filed_teachers
from voucher.stages.train.queries.limits import read_plan_limits
from voucher.stages.train.subcontracting import find_standing

FIRST_ROWS = 3
MOST_ROWS = 120
ROW_NAMES = ("session_day", "session_from", "session_until", "session_hours", "session_mode", "session_topic")
LEVELS = [(0, "不分等级（专项能力、培训合格）"), *((int(level), name_level(level)) for level in Level)]
MODES = [(str(mode), TRAINING_MODE_NAMES[mode]) for mode in (TrainingMode.OFFLINE, TrainingMode.ONLINE)]

NO_SESSION = reason(
    "class_sessions_missing",
    "还没有填写课次",
    "请至少填写一次课：日期、开始和结束时间、学时、内容",
    "【设】开班申请逐课次填写",
)


@dataclass(frozen=True, slots=True)
class Row:
    """One session as typed."""

    day: str = ""
    begins: str = "08:30"
    ends: str = "17:30"
    hours: str = "8"
    mode: str = OFFLINE
    topic: str = ""


@institution.get("/institution/classes/new")
def new_class() -> ResponseReturnValue:
    """Show an empty plan."""
    return _form(None, {}, [Row()] * FIRST_ROWS)


@institution.post("/institution/classes")
def draft_class() -> ResponseReturnValue:
    """Write a class down as a draft, or show the plan with one more session."""
    if request.form.get("more") == "1":
        return _form(None, _typed(), _longer(_rows()))

    def call(work: Work) -> Done:
        drafted = drafting.draft_class(work, _planned(work.session, None))
        return Done(
            "已保存草稿，请核对后提交", url_for("web.institution.training_class", class_id=drafted.id)
        )

    return submit(call, lambda: _form(None, _typed(), _rows()))


@institution.get("/institution/classes/<int:class_id>/plan")
def edit_class(class_id: int) -> ResponseReturnValue:
    """Show the plan of a draft or of a returned class."""
    with the_door().read() as session:
        found = get_my_class(session, class_id, INSTITUTION_DESK)
        values, rows = (
            _kept(session, found),
            [_row(each) for each in training.list_sessions(session, class_id)],
        )
    return _form(found, values, rows)


@institution.post("/institution/classes/<int:class_id>/plan")
def revise_class(class_id: int) -> ResponseReturnValue:
    """Write the plan anew, or show it with one more session."""
    with the_door().read() as session:
        found = get_my_class(session, class_id, INSTITUTION_DESK)
    if request.form.get("more") == "1":
        return _form(found, _typed(), _longer(_rows()))

    def call(work: Work) -> Done:
        drafting.revise_class(work, class_id, _planned(work.session, found))
        return Done("已保存，请核对后提交", url_for("web.institution.training_class", class_id=class_id))

    return submit(call, lambda: _form(found, _typed(), _rows()))


def _form(found: TrainingClass | None, values: dict[str, str], rows: list[Row]) -> str:
    door = the_door()
    with door.read() as session:
        kinds = list_words(session, Dictionary.TRAINING_KIND, door.today)
        certificates = list_words(session, Dictionary.CERTIFICATE_KIND, door.today)
        houses = list_houses(session)
        starts_on = _first_day(rows)
        regions = {found.region_code} if found else {each.region_code for each in houses}
        return render_template(
            "institution/plan.html",
            found=found,
            values=values,
            rows=rows,
            houses=[(each.id, each.name) for each in houses],
            # of several regions each may have its own
            limits=read_plan_limits(session, regions.pop(), door.today, starts_on)
            if len(regions) == 1
            else None,
            starts_on=starts_on,
            kinds=[(each.code, each.name) for each in kinds],
            certificates=[(each.code, each.name) for each in certificates],
            levels=LEVELS,
            modes=MODES,
            trades=_list_taught(session),
            projects=_list_projects(session),
            teachers=list_filed_teachers(session, door.keyring, my_houses(INSTITUTION_DESK)),
            rooms=list_filed_rooms(session, my_houses(INSTITUTION_DESK)),
            most=MOST_ROWS,
        )


def _list_taught(session: Session) -> list[str]:
    """Return the names of what may be taught, for a field that completes what is typed."""
    names = set(session.scalars(select(SpecialItem.name)))
    names |= {each.trade_name for each in training.view_classes(session, _earlier(session))}
    return sorted(names)


def _list_projects(session: Session) -> list[tuple[str, str]]:
    """Return the projects training is subsidised under."""
    rows = session.scalars(select(Project).where(Project.kind == "training").order_by(Project.id))
    return [(each.code, each.name) for each in rows]


def _earlier(session: Session) -> list[TrainingClass]:
    return training.list_classes(session, institution_ids=my_houses(INSTITUTION_DESK), limit=100)


def _planned(session: Session, found: TrainingClass | None) -> NewClass:
    """Return the plan as typed; days, hours and mode follow from its sessions."""
    sessions = _sessions()
    institution_id = found.institution_id if found else fields.whole("institution_id", "主办机构")
    responsible = session.get(Institution, institution_id)
    delivering = fields.text("delivering", "承训机构的统一社会信用代码", required=False, limit=30)
    hours = {mode: sum(each.hours for each in sessions if each.mode == mode) for mode in (OFFLINE, ONLINE)}
    taught = {each.mode for each in sessions}
    days = [each.starts_at.astimezone(SHANGHAI).date() for each in sessions]
    return NewClass(
        name=fields.text("name", "班级名称", limit=60),
        institution_id=institution_id,
        delivering_institution_id=get_institution(session, delivering).id if delivering else institution_id,
        region_code=found.region_code if found else responsible.region_code if responsible else "",
        training_kind=fields.text("training_kind", "培训类型", limit=60),
        mode=taught.pop() if len(taught) == 1 else str(TrainingMode.BLENDED),
        certificate_kind=fields.text("certificate_kind", "证书类型", limit=60),
        trade_code=_find_trade(session, fields.text("trade", "职业（工种）", limit=60)),
        level=fields.whole("level", "等级"),
        hours_offline=hours[OFFLINE],
        hours_online=hours[ONLINE],
        capacity=fields.whole("capacity", "班额"),
        fee_fen=fields.fen("fee", "学费"),
        starts_on=min(days),
        ends_on=max(days),
        place=fields.text("place", "培训地点", limit=120),
        teacher=fields.text("teacher", "教师", limit=60),
        syllabus=fields.text("syllabus", "教学计划", limit=2000),
        project_code=fields.text("project_code", "补贴项目", limit=40),
        subcontract_why=fields.text("subcontract_why", "分包的理由", required=False, limit=400),
        sessions=sessions,
    )


def _find_trade(session: Session, given: str) -> str:
    """Return the code of a trade given by its code or by its name; the act refuses what is neither."""
    for model in (Occupation, SpecialItem):
        code = session.scalar(select(model.code).where(model.name == given).order_by(model.code).limit(1))
        if code is not None:
            return code
    return given


def _rows() -> list[Row]:
    columns = [request.form.getlist(name)[:MOST_ROWS] for name in ROW_NAMES]
    return [Row(*(each.strip() for each in row)) for row in zip(*columns, strict=False)]


def _first_day(rows: list[Row]) -> date | None:
    """Return the first day typed, which is the day the class begins."""
    days = []
    for row in rows:
        with suppress(ValueError):  # not typed yet, or not to its end
            days.append(date.fromisoformat(row.day))
    return min(days, default=None)


def _longer(rows: list[Row]) -> list[Row]:
    """Return the rows with one more like the last, a day later."""
    last = rows[-1] if rows else Row()
    day = ""
    with suppress(ValueError):  # nothing to go on from
        day = (date.fromisoformat(last.day) + timedelta(days=1)).isoformat()
    return [*rows, Row(day, last.begins, last.ends, last.hours, last.mode, "")][:MOST_ROWS]


def _sessions() -> list[NewSession]:
    """Return the sessions as typed; a row without day and topic is none. Raises class_sessions_missing."""
    sessions = [_session(place, row) for place, row in enumerate(_rows(), 1) if row.day or row.topic]
    if not sessions:
        raise NO_SESSION.refused()
    return sessions


def _session(place: int, row: Row) -> NewSession:
    label = f"第 {place} 行课次"
    try:
        day, begins, ends = date.fromisoformat(row.day), _time(row.begins), _time(row.ends)
    except ValueError:
        raise fields.FIELD_UNREADABLE.refused(
            field="session_day", label=label, problem="日期或时间没有填写完整"
        ) from None
    if not (row.hours.isascii() and row.hours.isdigit() and 0 < int(row.hours) <= 24):
        raise fields.FIELD_UNREADABLE.refused(
            field="session_hours", label=label, problem="学时不是 1 到 24 的整数"
        )
    return NewSession(
        row.mode,
        row.topic,
        datetime.combine(day, begins, SHANGHAI),
        datetime.combine(day, ends, SHANGHAI),
        int(row.hours),
    )


def _time(text: str) -> time:
    return time.fromisoformat(text).replace(second=0, microsecond=0, tzinfo=None)


def _typed() -> dict[str, str]:
    return dict(request.form.items())


def _kept(session: Session, found: TrainingClass) -> dict[str, str]:
    """Return what a class says, as its fields show it."""
    delivering = session.get_one(Institution, found.delivering_institution_id)
    own = found.delivering_institution_id == found.institution_id
    standing = find_standing(session, found.id)
    return {
        "subcontract_why": standing.why if standing is not None else "",
        "name": found.name,
        "institution_id": str(found.institution_id),
        "delivering": "" if own else delivering.code,
        "training_kind": found.training_kind,
        "certificate_kind": found.certificate_kind,
        "trade": found.trade_code,
        "level": str(found.level),
        "capacity": str(found.capacity),
        "fee": format_yuan(found.fee_fen).replace(",", ""),
        "place": found.place,
        "teacher": found.teacher,
        "syllabus": found.syllabus,
        "project_code": session.get_one(Project, found.project_id).code,
    }


def _row(each: ClassSession) -> Row:
    begins, ends = each.starts_at.astimezone(SHANGHAI), each.ends_at.astimezone(SHANGHAI)
    return Row(
        begins.date().isoformat(),
        begins.strftime("%H:%M"),
        ends.strftime("%H:%M"),
        str(each.hours),
        each.mode,
        each.topic,
    )
