"""档案异议: what workers say is wrong in their records, by region, answered with a reason."""

from __future__ import annotations

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue

from voucher.doors.auth.door import the_door
from voucher.doors.auth.visitors import current_actor
from voucher.doors.web import fields
from voucher.doors.web.acting import Done, submit
from voucher.doors.web.fields import FIELD_UNREADABLE
from voucher.doors.web.office.blueprint import office
from voucher.plumbing.unit_of_work import Work
from voucher.registry import catalogue
from voucher.stages.oversee.archive import objecting

PER_PAGE = 20
CHOICES = (("waiting", "待答复"), ("answered", "已答复"))


@office.get("/desk/archive-objections")
def archive_objections() -> ResponseReturnValue:
    """Show a page of the objections of this account's regions, those that wait or those answered."""
    door, regions, before = the_door(), current_actor().regions, fields.cursor("before")
    state = request.args.get("state", "")
    state = state if state in dict(CHOICES) else CHOICES[0][0]
    with door.read() as session:
        rows = objecting.list_objections(
            session, regions, waiting=state == "waiting", before_id=before or None, limit=PER_PAGE
        )
        return render_template(
            "office/archive_objections.html",
            rows=objecting.view_objections(session, door.keyring, rows, door.today),
            state=state,
            choices=CHOICES,
            before=before,
            per_page=PER_PAGE,
        )


@office.get("/desk/archive-objections/<int:objection_id>")
def archive_objection(objection_id: int) -> ResponseReturnValue:
    """Show one objection."""
    return _show(objection_id)


@office.post("/desk/archive-objections/<int:objection_id>/answers")
def answer_archive_objection(objection_id: int) -> ResponseReturnValue:
    """Answer an objection with the reason its owner reads."""

    def call(work: Work) -> Done:
        if (decision := request.form.get("decision")) not in ("uphold", "dismiss"):
            raise FIELD_UNREADABLE.refused(field="decision", label="处理结果", problem="没有选择")
        answer = fields.text("answer", "答复和理由", limit=1000)
        objecting.answer_objection(work, objection_id, upheld=decision == "uphold", answer=answer)
        return Done(
            "已答复，本人在电子档案、“关于我的信息”里可以看到", url_for("web.office.archive_objections")
        )

    return submit(call, lambda: _show(objection_id))


def _show(objection_id: int) -> str:
    door = the_door()
    with door.read() as session:
        found = objecting.get_objection(session, objection_id, current_actor().regions)
        view = objecting.view_objections(session, door.keyring, [found], door.today)[0]
        return render_template(
            "office/archive_objection.html",
            objection=view,
            region=catalogue.name_regions(session, [view.region_code])[view.region_code],
        )
