"""班级: the list with its filters, one class with its roster, filing it and cancelling it."""

from __future__ import annotations

from datetime import timedelta

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from voucher.doors.auth.door import the_door
from voucher.doors.web import fields
from voucher.doors.web.acting import Done, submit
from voucher.doors.web.institution.blueprint import institution
from voucher.doors.web.institution.own import answers_for, get_my_class, my_houses
from voucher.doors.web.timelines import list_class_steps
from voucher.plumbing.unit_of_work import Work
from voucher.registry import catalogue
from voucher.rules.lifecycle import STATE_NAMES, Thing
from voucher.rules.vocabulary import CertificateKind
from voucher.stages.train import classes as planning
from voucher.stages.train import queries as training
from voucher.stages.train.models.classes import TrainingClass
from voucher.stages.train.queries import house
from voucher.stages.train.queries.desk import taught_by
from voucher.stages.train.queries.intakes import count_named
from voucher.stages.train.queries.phone_checks import find_draw_of
from voucher.stages.train.queries.ratings import rated_class
from voucher.stages.train.subcontracting import find_standing

PAGE = 20
STATES = [(code, name) for code, name in STATE_NAMES[Thing.CLASS].items()]
# what a state asks of the institution: the sentence that says the next step
NEXT_STEPS = {
    "draft": "还没有提交。核对无误后，在下面勾选告知承诺并提交。",
    "returned": "已退回。请按退回意见把全部问题改好，再提交。",
    "filed": "已提交，等人社部门审核；审核期间不能修改。",
    "approved": "已准予开班。开班当天起扫码核销；第一次课开始后登记到课。",
    "running": "正在上课。每次课后登记到课；全部课上完后结业签字。",
    "signed_off": "已结业签字。等学员考试、取证；持证后可以申领补贴。",
    "closed": "学员都有去向，班级已结束。",
    "cancelled": "班级已取消。",
}
TAUGHT = ("approved", "running")
# where its institution, or who teaches it, may not go on
STOPPED_STEP = (
    "机构已退出目录或停业：停下以前上的课照常登记到课，以后的课不上了，也不能核销、签到。"
    "学员的券停着，由人社部门转到别的班，或由本人另选，已上的学时保留。"
    "课在停下以前已经全部上完的，人社部门对学员的券作出处置结论以后，仍由本机构结业签字。"
)
# once the last session has ended: to whoever signs the class off, and to everybody else
OVER = {
    True: "课已全部上完。请核对每次课的到课，再点“结业签字”。",
    False: "课已全部上完。请核对每次课的到课，由教务或管理员结业签字。",
}


@institution.get("/institution/classes")
def classes() -> ResponseReturnValue:
    """Show the classes of this institution, the newest first."""
    state, trade = fields.asked("state", STATE_NAMES[Thing.CLASS]), fields.asked("trade")
    before = fields.cursor("before")
    houses = my_houses()
    with the_door().read() as session:
        rows = training.list_classes(
            session,
            institution_ids=houses,
            state=state,
            trade_code=trade,
            before_id=before or None,
            limit=PAGE + 1,
        )
        more = len(rows) > PAGE
        return render_template(
            "institution/classes.html",
            rows=training.view_classes(session, rows[:PAGE]),
            states=STATES,
            trades=_list_trades(session, houses),
            chosen={"state": state, "trade": trade},
            before=before,
            next_before=rows[PAGE - 1].id if more else None,
        )


def _list_trades(session: Session, houses: list[int]) -> list[tuple[str, str]]:
    """Return the trades this institution has ever taught."""
    codes = session.scalars(select(TrainingClass.trade_code).where(taught_by(houses)).distinct()).all()
    return sorted(catalogue.name_trades(session, codes).items(), key=lambda each: each[1])


@institution.get("/institution/classes/<int:class_id>")
def training_class(class_id: int) -> ResponseReturnValue:
    """Show one class: facts, what to do next, sessions, roster, what happened."""
    return show_class(class_id)


def show_class(class_id: int) -> str:
    """Return the page of a class. Raises Refused class_missing for a missing or foreign one."""
    door = the_door()
    with door.read() as session:
        found = get_my_class(session, class_id)
        roster = training.roster(session, door.keyring, class_id)
        sessions = training.list_sessions(session, class_id)
        is_over = bool(sessions) and max(each.ends_at for each in sessions) <= door.at
        own, is_stopped = answers_for(found), found.state in TAUGHT and house.is_stopped(session, found)
        return render_template(
            "institution/class.html",
            view=training.view_classes(session, [found])[0],
            found=found,
            next_step=STOPPED_STEP if is_stopped else _next_step(found, is_over=is_over, own=own),
            sessions=sessions,
            recorded=house.count_recorded(session, class_id),
            roster=roster,
            counted=training.counters(session, class_id),
            phone_draw=find_draw_of(session, class_id),
            rated=rated_class(session, class_id, door.today),
            happenings=list_class_steps(session, class_id),
            own=own,
            handed=find_standing(session, class_id),
            named=count_named(session, class_id),
            is_near=lambda each: timedelta(hours=-1) <= door.at - each.starts_at,
            is_over=is_over and (not is_stopped or house.is_signable(session, found, door.at)),
            taught_stopped=training.list_taught_stopped(session, [each.id for each in sessions]),
            is_scannable=not is_stopped
            and found.state in TAUGHT
            and found.starts_on <= door.today <= found.ends_on,
            gives_completions=found.certificate_kind == CertificateKind.TRAINING_COMPLETION,
            to_certify=sum(each.state == "trained" and not each.on_hold for each in roster),
        )


def _next_step(found: TrainingClass, *, is_over: bool, own: bool) -> str:
    return OVER[own] if is_over and found.state in TAUGHT else NEXT_STEPS[found.state]


@institution.post("/institution/classes/<int:class_id>/filings")
def file_class(class_id: int) -> ResponseReturnValue:
    """File the class for review, with the promise."""

    def call(work: Work) -> Done:
        planning.file_class(work, class_id, promised=request.form.get("promised") == "1")
        return Done(
            "已提交开班申请，等人社部门审核", url_for("web.institution.training_class", class_id=class_id)
        )

    return submit(call, lambda: show_class(class_id))


@institution.post("/institution/classes/<int:class_id>/cancellations")
def cancel_class(class_id: int) -> ResponseReturnValue:
    """Cancel a class before it begins, after a second look at whom it concerns."""
    if request.form.get("sure") != "1":
        return _confirm(class_id)

    def call(work: Work) -> Done:
        waiting = training.counters(work.session, class_id)["in_training"]
        planning.cancel_class(work, class_id, fields.text("why", "取消原因", limit=200))
        then = f"已核销的 {waiting} 人等人社部门转班" if waiting else "已报名的学员可以另选班级"
        return Done(
            f"班级已取消，{then}",
            url_for("web.institution.training_class", class_id=class_id),
        )

    return submit(call, lambda: _confirm(class_id))


def _confirm(class_id: int) -> str:
    with the_door().read() as session:
        found = get_my_class(session, class_id)
        return render_template(
            "institution/cancel.html", found=found, counted=training.counters(session, class_id)
        )
