"""Reviewing classes (开班审核): the queue with the days left, one class with every rule, the decision."""

from __future__ import annotations

from flask import Response, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from voucher.doors.auth.door import the_door
from voucher.doors.auth.entries import OFFICERS
from voucher.doors.auth.files import send_proof
from voucher.doors.auth.visitors import current_actor, perform
from voucher.doors.web import fields
from voucher.doors.web.office import reach
from voucher.doors.web.office.blueprint import office
from voucher.doors.web.office.deeds import (
    WHY,
    Ask,
    Deed,
    Touched,
    ask_why,
    do_deed,
    get_deed,
    list_open,
    said_why,
    show_deed,
)
from voucher.doors.web.office.issue.transferring import (
    ASK_CLASS,
    CLASS,
    check_differences_read,
    list_targets,
    read_target,
    tell_seen,
    warn_of,
)
from voucher.doors.web.timelines import list_class_steps
from voucher.plumbing.clock import day_of
from voucher.plumbing.unit_of_work import Work
from voucher.rules.actor import Actor
from voucher.rules.lifecycle import STATE_NAMES, Thing, may_move
from voucher.stages.train import queries, reviewing
from voucher.stages.train.classes import cancel_class
from voucher.stages.train.models.classes import TrainingClass
from voucher.stages.train.proving import look_at_proof
from voucher.stages.train.queries.facts import list_proven
from voucher.stages.train.queries.intakes import count_named
from voucher.stages.train.queries.phone_checks import find_draw_of
from voucher.stages.train.queries.presence import list_presence
from voucher.stages.train.queries.ratings import list_said
from voucher.stages.train.queries.reviewing import find_next_to_review, list_checks, list_due
from voucher.stages.train.transfer import transfer

PER_PAGE, ROSTER_SHOWN = 20, 50
STATES = {word: name for word, name in STATE_NAMES[Thing.CLASS].items() if word != "draft"}
ALL = "all"


@office.get("/office/classes")
def classes() -> ResponseReturnValue:
    """Show the classes of these regions: those that wait for review first, with the days left."""
    before, state = fields.cursor("before"), fields.asked("state", {*STATES, ALL}) or "filed"
    with the_door().read() as session:
        region, regions = reach.asked_regions(session)
        found = queries.list_classes(
            session,
            regions=regions,
            state=None if state == ALL else state,
            before_id=before or None,
            limit=PER_PAGE,
        )
        return render_template(
            "office/classes.html",
            rows=queries.view_classes(session, found),
            due=list_due(session, found, the_door().today),
            states=STATES,
            state=state,
            regions=reach.list_region_choices(session),
            region=region,
            next_before=found[-1].id if len(found) == PER_PAGE else None,
            before=before,
        )


@office.get("/office/classes/<int:class_id>")
def class_page(class_id: int) -> ResponseReturnValue:
    """Show one class: facts, sessions and roster beside the rules it has to meet."""
    door, actor = the_door(), current_actor()
    with door.read() as session:
        found = queries.get_own_class_for(session, actor, class_id)
        due = list_due(session, [found], door.today).get(found.id)
        people = queries.roster(session, door.keyring, found.id, after_id=fields.cursor(), limit=ROSTER_SHOWN)
        sessions = queries.list_sessions(session, found.id)
        return render_template(
            "office/class.html",
            view=queries.view_classes(session, [found])[0],
            found=found,
            sessions=sessions,
            presence=list_presence(session, sessions),
            people=people,
            proofs=list_proven(session, found.id),
            named=count_named(session, found.id),
            counted=queries.counters(session, found.id),
            checks=list_checks(session, door.keyring, found, day_of(due.filed_at) if due else door.today),
            due=due,
            phone_draw=find_draw_of(session, found.id),
            said=list_said(session, door.keyring, [found.id]),
            happenings=list_class_steps(session, found.id),
            next_id=find_next_to_review(session, actor.regions, found.id),
            deeds=_list_deeds(session, actor, found),
            per_page=ROSTER_SHOWN,
        )


@office.get("/office/attendances/<int:attendance_id>/proof")
def attendance_proof(attendance_id: int) -> Response:
    """Hand over the evidence behind hours written by hand; this is the look that is kept."""
    kind, content = perform(lambda work: look_at_proof(work, attendance_id))
    return send_proof(attendance_id, kind, content)


@office.get("/office/classes/<int:class_id>/<word>")
def class_deed(class_id: int, word: str) -> ResponseReturnValue:
    """Ask whether a class is to be approved, sent back or cancelled."""
    return _ask(class_id, word)


@office.post("/office/classes/<int:class_id>/<word>")
def do_class_deed(class_id: int, word: str) -> ResponseReturnValue:
    """Approve a class, send it back, or cancel it; then the next one that waits."""
    deed, here = get_deed(DEEDS, word), url_for("web.office.class_page", class_id=class_id)
    location = here if word in ("cancel", "transfer") else _next(class_id)
    return do_deed(deed, class_id, location, lambda: _ask(class_id, word))


def _list_deeds(session: Session, actor: Actor, found: TrainingClass) -> list[tuple[str, Deed]]:
    deeds = list_open(DEEDS, actor, Thing.CLASS, found.state)
    if actor.has(*DEEDS["transfer"].roles) and _list_movable(session, found.id):
        deeds.insert(0, ("transfer", DEEDS["transfer"]))
    return deeds


def _ask(class_id: int, word: str) -> str:
    deed, door = get_deed(DEEDS, word), the_door()
    with door.read() as session:
        found = queries.get_own_class_for(session, current_actor(), class_id)
        view, counted = queries.view_classes(session, [found])[0], queries.counters(session, found.id)
        back = url_for("web.office.class_page", class_id=found.id)
        facts = [
            ("主办机构", view.institution_name),
            ("职业、等级", f"{view.trade_name} {view.level_name}"),
            (
                "开班",
                f"{found.starts_on.isoformat()} 至 {found.ends_on.isoformat()}，{found.hours_planned} 学时",
            ),
            ("班额、教师", f"{found.capacity} 人，{found.teacher}"),
        ]
        warnings, targets, count = [], [], None
        values: dict[str, str] = {}
        if word == "transfer":
            targets = list_targets(session, current_actor().regions, found)
            movable = _list_movable(session, found.id)
            count, warnings = len(movable), warn_of(session, found, movable, bool(targets))
            values = tell_seen(session, found, movable)
        elif word == "cancel":
            facts.append(("未核销，将退出班级", f"{counted['enrolled']:,} 人"))
            facts.append(("已核销，将停住等待转班", f"{counted['in_training']:,} 人"))
        else:
            due = list_due(session, [found], door.today).get(found.id)
            checks = list_checks(session, door.keyring, found, day_of(due.filed_at) if due else door.today)
            broken = [each.text for each in checks if each.mark == "✗"]
            warnings = [f"不符合的规则：{each}" for each in broken]
        steps = [("开班审核", url_for("web.office.classes")), (found.number, back)]
        return show_deed(
            deed,
            Touched(
                heading=found.name,
                steps=steps,
                back=back,
                facts=facts,
                count=count,
                warnings=warnings,
                choices={CLASS: targets},
                values=values,
            ),
        )


def _next(class_id: int) -> str:
    """Return the page of the class to review next, or the queue where none is left."""
    with the_door().read() as session:
        following = find_next_to_review(session, current_actor().regions, class_id)
    if following is None:
        return url_for("web.office.classes")
    return url_for("web.office.class_page", class_id=following)


def _approve(work: Work, class_id: int) -> str:
    return f"已准予开班：{reviewing.approve_class(work, class_id, said_why('意见')).name}"


def _return(work: Work, class_id: int) -> str:
    return f"已退回补正：{reviewing.return_class(work, class_id, said_why('需要补正的全部问题')).name}"


def _cancel(work: Work, class_id: int) -> str:
    found = cancel_class(work, class_id, said_why("取消的理由"))
    return f"已取消班级 {found.number}：未核销的退出班级，已核销的等待转班"


def _transfer(work: Work, class_id: int) -> str:
    former = queries.get_own_class_for(work.session, work.actor, class_id)
    target = read_target(work)
    movable = _list_movable(work.session, class_id)
    if target.id != class_id:
        check_differences_read(work, former, target, movable)
    moved = transfer(work, movable, target.id, said_why())
    return f"已把 {moved:,} 张券转到班级 {target.number}，已有学时保留，因此停住的已恢复"


def _list_movable(session: Session, class_id: int) -> list[int]:
    """Return the vouchers of a class that may be moved to another one."""
    people = queries.roster(session, the_door().keyring, class_id)
    return [each.voucher_id for each in people if may_move(Thing.VOUCHER, each.state, "transfer")]


DEEDS: dict[str, Deed] = {
    "transfer": Deed(
        "整班转班",
        OFFICERS,
        "把这个班还在学的券一次转到另一个班级，已有学时保留；有一张转不了，就一张也不转，并说明原因。",
        _transfer,
        asks=(ASK_CLASS, ask_why()),
    ),
    "approve": Deed(
        "准予开班",
        OFFICERS,
        "准予后机构可以招收持券人；有不符合的规则，请先核实，确须开班的在意见中写明依据。",
        _approve,
        "approve",
        (Ask(WHY, "意见", value="教学计划、师资、场地符合要求，准予开班。"),),
    ),
    "return": Deed(
        "退回补正",
        OFFICERS,
        "退回后由机构补正再提交。",
        _return,
        "return",
        (ask_why("需要补正的全部问题", "须一次性告知全部问题：缺什么、改什么"),),
    ),
    "cancel": Deed(
        "取消班级",
        OFFICERS,
        "这个班不再开。取消后不能恢复。",
        _cancel,
        "cancel",
        (ask_why("取消的理由"),),
        is_danger=True,
    ),
}
