"""常用筛选: filters of lists this account keeps under names of its own; saved, listed, dropped."""

from __future__ import annotations

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue

from voucher.doors.auth.door import the_door
from voucher.doors.auth.visitors import current_actor, current_visitor
from voucher.doors.web import fields, saved
from voucher.doors.web.acting import Done, submit
from voucher.doors.web.entrance.blueprint import entrance
from voucher.doors.web.fields import FIELD_UNREADABLE
from voucher.doors.web.navigation import may_enter
from voucher.plumbing.unit_of_work import Work
from voucher.registry.access.saved_filters import drop_filter, list_filters, save_filter


@entrance.get("/saved-filters")
def saved_filters() -> ResponseReturnValue:
    """Show every filter this account keeps."""
    return _show()


@entrance.post("/saved-filters")
def keep_filter() -> ResponseReturnValue:
    """Keep the filter of a list under a name."""

    def call(work: Work) -> Done:
        place = _read_place()
        query = saved.read(place, fields.text("query", "筛选条件", required=False, limit=1000))
        kept = save_filter(work, place, fields.text("name", "名称", required=False, limit=100), query)
        return Done(f"已保存常用筛选“{kept.name}”", f"{url_for(place)}?{kept.query}")

    return submit(call, _show)


@entrance.post("/saved-filters/<int:saved_filter_id>/endings")
def lose_filter(saved_filter_id: int) -> ResponseReturnValue:
    """Drop a filter."""

    def call(work: Work) -> Done:
        dropped = drop_filter(work, saved_filter_id)
        return Done(f"已删除常用筛选“{dropped.name}”", url_for("web.entrance.saved_filters"))

    return submit(call, _show)


def _read_place() -> str:
    """Return the list the form names. Raises form_field_unreadable for one this account may not open."""
    place = fields.text("place", "列表", limit=60)
    if place not in saved.SAVABLE or not may_enter(current_visitor(), place):
        raise FIELD_UNREADABLE.refused(field="place", label="列表", problem="不在可选范围内")
    return place


def _show() -> str:
    with the_door().read() as session:
        rows = list_filters(session, current_actor().user_id)
    place = request.form.get("place", "")
    again = saved.read(place, request.form.get("query", "")) if place in saved.SAVABLE else ""
    return render_template(
        "entrance/saved_filters.html",
        rows=saved.tell(rows),
        places=[
            (name, url_for(endpoint))
            for endpoint, (name, _) in saved.SAVABLE.items()
            if may_enter(current_visitor(), endpoint)
        ],
        again={"place": place, "query": again} if again else None,
    )
