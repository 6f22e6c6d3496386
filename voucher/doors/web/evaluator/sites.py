"""Exam sites: those filed, one more, a hall or a workshop more, one out of use; rooms of an exam."""

from __future__ import annotations

from flask import render_template, url_for
from flask.typing import ResponseReturnValue

from voucher.doors.auth.door import the_door
from voucher.doors.web import fields
from voucher.doors.web.acting import Done, submit
from voucher.doors.web.evaluator.batches import show_batch
from voucher.doors.web.evaluator.blueprint import evaluator
from voucher.doors.web.evaluator.own import my_evaluator
from voucher.plumbing.unit_of_work import Work
from voucher.rules.actor import Role
from voucher.rules.seats import ROOM_KIND_NAMES, RoomKind
from voucher.stages.assess import seating
from voucher.stages.assess import sites as filing


@evaluator.get("/evaluator/sites")
def sites() -> ResponseReturnValue:
    """Show the sites this evaluator filed, and file one more."""
    return _show()


def _show() -> str:
    me = my_evaluator(Role.EVALUATOR_ADMIN)
    with the_door().read() as session:
        return render_template(
            "evaluator/sites.html",
            rows=filing.list_sites(session, [me]),
            kinds=[(str(kind), name) for kind, name in ROOM_KIND_NAMES.items()],
        )


@evaluator.post("/evaluator/sites")
def file_site() -> ResponseReturnValue:
    """File a site."""

    def call(work: Work) -> Done:
        made = filing.file_site(
            work,
            my_evaluator(Role.EVALUATOR_ADMIN),
            fields.text("name", "考点名称", limit=60),
            fields.text("address", "详细地址", limit=200),
        )
        return Done(
            f"考点“{made.name}”已登记，请继续登记考场或车间",
            url_for("web.evaluator.sites", _anchor=f"site-{made.id}"),
        )

    return submit(call, _show)


@evaluator.post("/evaluator/sites/<int:site_id>/rooms")
def add_room(site_id: int) -> ResponseReturnValue:
    """Add a hall or a workshop to a site."""

    def call(work: Work) -> Done:
        made = filing.add_room(
            work,
            site_id,
            fields.text("room", "考场名称", limit=60),
            fields.one_of("kind", "类型", RoomKind),
            fields.whole("seats", "座位数"),
        )
        words = f"已登记“{made.name}”，{made.seats} 座"
        return Done(words, url_for("web.evaluator.sites", _anchor=f"site-{site_id}"))

    return submit(call, _show)


@evaluator.post("/evaluator/rooms/<int:room_id>/endings")
def end_room(room_id: int) -> ResponseReturnValue:
    """Take a room out of use."""

    def call(work: Work) -> Done:
        ended = filing.end_room(work, room_id, fields.text("why", "停用原因", limit=200))
        return Done(f"“{ended.name}”已停用", url_for("web.evaluator.sites"))

    return submit(call, _show)


@evaluator.post("/evaluator/batches/<int:batch_id>/rooms")
def choose_rooms(batch_id: int) -> ResponseReturnValue:
    """Hold an exam in exactly the chosen rooms, and seat everybody."""

    def call(work: Work) -> Done:
        chosen = fields.wholes("room", "考场")
        seats = seating.choose_rooms(work, batch_id, chosen, fields.clock("begins", "开考时间"))
        return Done(
            f"已排好 {len(seats)} 个座位，可以打印准考证",
            url_for("web.evaluator.batch", batch_id=batch_id, _anchor="rooms"),
        )

    return submit(call, lambda: show_batch(batch_id))
