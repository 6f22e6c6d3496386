"""电话抽查: classes whose people are to be called, one class with seed and list, each call and its result."""

from __future__ import annotations

from flask import render_template, url_for
from flask.typing import ResponseReturnValue

from voucher.doors.auth.door import the_door
from voucher.doors.auth.visitors import current_actor
from voucher.doors.web import fields
from voucher.doors.web.acting import Done, submit
from voucher.doors.web.office import reach
from voucher.doors.web.office.blueprint import office
from voucher.doors.web.timelines import name_people
from voucher.plumbing.unit_of_work import Work
from voucher.registry.institutions import Institution
from voucher.rules.draws import CALL_RESULT_NAMES, CHECK_OUTCOME_NAMES, UNFAVOURABLE, CallResult
from voucher.stages.train import phone_calls
from voucher.stages.train.phone_draws import draw_late
from voucher.stages.train.queries import phone_checks as reading
from voucher.stages.train.queries.late_calls import list_late_draws

PER_PAGE = 20
STATES = {"waiting": "有待拨打的", "late": "超期未打的", "all": "全部"}
LOOKS = {"waiting": "wait", "confirmed": "good", "doubted": "bad", "unreachable": "mute"}


@office.get("/office/phone-checks")
def phone_draws() -> ResponseReturnValue:
    """Show the classes with people to be called, or all that were drawn from."""
    return _list()


def _list() -> str:
    door, before = the_door(), fields.cursor("before")
    state = fields.asked("state", STATES) or "waiting"
    with door.read() as session:
        region, regions = reach.asked_regions(session)
        rows = (
            list_late_draws(session, regions, door.today)
            if state == "late"
            else reading.list_draws(
                session, regions, waiting_only=state == "waiting", before_id=before or None, limit=PER_PAGE
            )
        )
        return render_template(
            "office/phone_draws.html",
            rows=rows,
            houses={
                each.found.id: session.get_one(Institution, each.found.institution_id).name for each in rows
            },
            states=list(STATES.items()),
            regions=reach.list_region_choices(session),
            chosen={"region": region, "state": state},
            before=before,
            per_page=PER_PAGE,
        )


@office.get("/office/phone-checks/<int:draw_id>")
def phone_draw(draw_id: int) -> ResponseReturnValue:
    """Show who was drawn of one class, and how the draw is repeated."""
    return _show(draw_id)


@office.post("/office/phone-checks/classes/<int:class_id>")
def draw_class(class_id: int) -> ResponseReturnValue:
    """Draw for a class that was signed off without a draw."""

    def call(work: Work) -> Done:
        drawn = draw_late(work, class_id)
        return Done("已抽取电话抽查名单", url_for("web.office.phone_draw", draw_id=drawn.id))

    return submit(call, _list)


@office.post("/office/phone-checks/<int:draw_id>/calls/<int:entry_id>")
def begin_call(draw_id: int, entry_id: int) -> ResponseReturnValue:
    """Open a call; the number is on the page for some minutes."""

    def call(work: Work) -> Done:
        phone_calls.begin_call(work, entry_id)
        return Done("已开始拨打，本次查看已留痕；拨打后请登记结果", _anchor(draw_id, entry_id))

    return submit(call, lambda: _show(draw_id))


@office.post("/office/phone-checks/<int:draw_id>/results/<int:call_id>")
def tell_result(draw_id: int, call_id: int) -> ResponseReturnValue:
    """Write down what came of a call."""

    def call(work: Work) -> Done:
        result = fields.one_of("result", "结果", CallResult)
        told = phone_calls.tell_result(
            work, call_id, result, fields.text("said", "对方怎么说", required=False)
        )
        stopped = result in UNFAVOURABLE
        words = "已登记；这张券已停住，转待处置" if stopped else "已登记"
        return Done(words, _anchor(draw_id, told.entry_id))

    return submit(call, lambda: _show(draw_id))


def _anchor(draw_id: int, entry_id: int) -> str:
    return url_for("web.office.phone_draw", draw_id=draw_id, _anchor=f"p{entry_id}")


def _show(draw_id: int) -> str:
    door, actor = the_door(), current_actor()
    with door.read() as session:
        view = reading.get_draw(session, actor, draw_id)
        people = reading.list_checked(session, door.keyring, view, actor, door.at)
        return render_template(
            "office/phone_draw.html",
            view=view,
            house=session.get_one(Institution, view.found.institution_id).name,
            people=people,
            callers=name_people(session, [call.shown_to_person_id for each in people for call in each.calls]),
            repeated=reading.repeat_draw(session, view),
            roster=reading.list_drawn_from(session, view),
            results=[(str(code), name) for code, name in CALL_RESULT_NAMES.items()],
            result_names=CALL_RESULT_NAMES,
            outcome_names=CHECK_OUTCOME_NAMES,
            looks=LOOKS,
        )
