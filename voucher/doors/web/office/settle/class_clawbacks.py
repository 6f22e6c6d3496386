"""整班追回: the consequences first, then one person asks and another confirms or drops it."""

from __future__ import annotations

from flask import render_template, url_for
from flask.typing import ResponseReturnValue

from voucher.doors.auth.door import the_door
from voucher.doors.auth.visitors import current_actor
from voucher.doors.web import fields
from voucher.doors.web.acting import Done, submit
from voucher.doors.web.office.blueprint import office
from voucher.doors.web.timelines import name_people
from voucher.plumbing.unit_of_work import Work
from voucher.stages.settle import class_clawback
from voucher.stages.settle.queries.cases import list_cases
from voucher.stages.train.queries import get_class_for


@office.get("/office/class-clawbacks/<int:class_id>")
def class_clawback_page(class_id: int) -> ResponseReturnValue:
    """Show what would fall with a class, what was asked, and the cases there are."""
    return _show(class_id)


@office.post("/office/class-clawbacks/<int:class_id>")
def ask_class_clawback(class_id: int) -> ResponseReturnValue:
    """Ask to take back a whole class; nothing is taken back yet."""

    def call(work: Work) -> Done:
        why = fields.text("why", "查实的事实和依据", limit=200)
        class_clawback.ask_class_clawback(work, class_id, why, fields.text("seen", "后果摘要", limit=64))
        return Done("已提出，该班的券已停住，等待另一人确认", _here(class_id))

    return submit(call, lambda: _show(class_id))


@office.post("/office/class-clawbacks/<int:class_id>/confirmations")
def confirm_class_clawback(class_id: int) -> ResponseReturnValue:
    """Take back the class, as another person."""

    def call(work: Work) -> Done:
        asked = fields.whole("asked", "整班追回")
        seen = fields.text("seen", "后果摘要", limit=64)
        cases = class_clawback.confirm_class_clawback(work, asked, seen)
        return Done(f"已整班追回：立案 {len(cases)} 家收款方，请送达退回资金通知书", _here(class_id))

    return submit(call, lambda: _show(class_id))


@office.post("/office/class-clawbacks/<int:class_id>/dismissals")
def drop_class_clawback(class_id: int) -> ResponseReturnValue:
    """Drop what was asked."""

    def call(work: Work) -> Done:
        class_clawback.drop_class_clawback(work, fields.whole("asked", "整班追回"))
        return Done("已作废，该班的券继续办理", _here(class_id))

    return submit(call, lambda: _show(class_id))


def _here(class_id: int) -> str:
    return url_for("web.office.class_clawback_page", class_id=class_id)


def _show(class_id: int) -> str:
    actor = current_actor()
    with the_door().read() as session:
        found = get_class_for(session, actor, class_id)
        asked = class_clawback.find_open(session, class_id)
        return render_template(
            "office/class_clawback.html",
            found=found,
            fall=class_clawback.read_class_fall(session, class_id),
            asked=asked,
            is_own=asked is not None and asked.asked_by_person_id == actor.person_id,
            names=name_people(session, [asked.asked_by_person_id] if asked is not None else []),
            cases=list_cases(session, actor.regions, class_id=class_id),
        )
