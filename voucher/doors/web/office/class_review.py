"""Reviewing classes (开班审核): the queue with the days left, one class with every rule, the decision."""

from __future__ import annotations

from flask import render_template, url_for
from flask.typing import ResponseReturnValue

from voucher.doors.auth.door import the_door
from voucher.doors.auth.entries import OFFICERS
from voucher.doors.auth.visitors import current_actor
from voucher.doors.web import fields
from voucher.doors.web.acting import Done, submit
from voucher.doors.web.office import reach
from voucher.doors.web.office.blueprint import office
from voucher.plumbing.clock import day_of
from voucher.plumbing.unit_of_work import Work
from voucher.rules.lifecycle import STATE_NAMES, Thing, may_move
from voucher.stages.settle.queries import object_timeline
from voucher.stages.train import queries, reviewing
from voucher.stages.train.classes import cancel_class as cancel
from voucher.stages.train.queries.reviewing import find_next_to_review, list_checks, list_due

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
    return _show(class_id)


def _show(class_id: int) -> str:
    door, actor = the_door(), current_actor()
    with door.read() as session:
        found = queries.get_own_class_for(session, actor, class_id)
        due = list_due(session, [found], door.today).get(found.id)
        people = queries.roster(session, door.keyring, found.id, after_id=fields.cursor(), limit=ROSTER_SHOWN)
        officer = actor.has(*OFFICERS)
        return render_template(
            "office/class.html",
            view=queries.view_classes(session, [found])[0],
            found=found,
            sessions=queries.list_sessions(session, found.id),
            people=people,
            counted=queries.counters(session, found.id),
            checks=list_checks(session, found, day_of(due.filed_at) if due else door.today),
            due=due,
            happenings=object_timeline(session, Thing.CLASS, found.id),
            next_id=find_next_to_review(session, actor.regions, found.id),
            may_decide=officer and found.state == "filed",
            may_cancel=officer and may_move(Thing.CLASS, found.state, "cancel"),
            per_page=ROSTER_SHOWN,
        )


@office.post("/office/classes/<int:class_id>/approvals")
def approve_class(class_id: int) -> ResponseReturnValue:
    """Allow a class to take place."""

    def call(work: Work) -> Done:
        found = reviewing.approve_class(work, class_id, fields.text("opinion", "意见", limit=1000))
        return Done(f"已准予开班：{found.name}", _next(work, class_id))

    return submit(call, lambda: _show(class_id))


@office.post("/office/classes/<int:class_id>/returns")
def return_class(class_id: int) -> ResponseReturnValue:
    """Send a class back with everything that is wrong with it."""

    def call(work: Work) -> Done:
        found = reviewing.return_class(
            work, class_id, fields.text("defects", "需要补正的全部问题", limit=1000)
        )
        return Done(f"已退回补正：{found.name}", _next(work, class_id))

    return submit(call, lambda: _show(class_id))


@office.post("/office/classes/<int:class_id>/cancellations")
def cancel_class(class_id: int) -> ResponseReturnValue:
    """Cancel a class; whoever sits in it leaves it or waits for another."""

    def call(work: Work) -> Done:
        found = cancel(work, class_id, fields.text("why", "取消的理由"))
        words = f"已取消班级 {found.number}：未核销的退出班级，已核销的等待转班"
        return Done(words, url_for("web.office.class_page", class_id=class_id))

    return submit(call, lambda: _show(class_id))


def _next(work: Work, class_id: int) -> str:
    """Return the page of the class to review next, or the queue where none is left."""
    following = find_next_to_review(work.session, work.actor.regions, class_id)
    if following is None:
        return url_for("web.office.classes")
    return url_for("web.office.class_page", class_id=following)
