"""开班名册 as the office reads it before it allows a class: who is on it, masked, page by page."""

from __future__ import annotations

from flask import render_template, url_for
from flask.typing import ResponseReturnValue

from voucher.doors.auth.door import the_door
from voucher.doors.auth.visitors import current_actor
from voucher.doors.web import fields
from voucher.doors.web.acting import Done, submit
from voucher.doors.web.office.blueprint import office
from voucher.plumbing.unit_of_work import Work
from voucher.rules.intakes import STRIKE_WHY_NAMES, StrikeWhy
from voucher.stages.train import queries
from voucher.stages.train.disowning import NAMED_IN
from voucher.stages.train.queries.intakes import count_named, list_intake, list_struck_off
from voucher.stages.train.striking import strike_off

PAGE, STRUCK_SHOWN = 60, 20


@office.get("/office/class-intakes/<int:class_id>")
def class_intake(class_id: int) -> ResponseReturnValue:
    """Show the people a class is to be opened for."""
    return _page(class_id)


@office.post("/office/class-intakes/<int:class_id>/strikes")
def strike_from_intake(class_id: int) -> ResponseReturnValue:
    """Strike somebody off, with a reason the institution reads."""

    def call(work: Work) -> Done:
        why = fields.one_of("why", "去掉的理由", StrikeWhy)
        strike_off(work, class_id, fields.whole("entry_id", "名册上的人"), why)
        return Done(
            "已从开班名册去掉，机构看得到理由，不能再列入",
            url_for("web.office.class_intake", class_id=class_id),
        )

    return submit(call, lambda: _page(class_id))


def _page(class_id: int) -> str:
    door, after = the_door(), fields.cursor()
    with door.read() as session:
        found = queries.get_own_class_for(session, current_actor(), class_id)
        people = list_intake(session, door.keyring, class_id, after_id=after, limit=PAGE + 1)
        return render_template(
            "office/intake.html",
            found=found,
            people=people[:PAGE],
            total=count_named(session, class_id),
            next_after=people[PAGE - 1].id if len(people) > PAGE else None,
            after=after,
            struck=list_struck_off(session, door.keyring, class_id, limit=STRUCK_SHOWN),
            may_strike=found.state in NAMED_IN,
            whys=STRIKE_WHY_NAMES,
        )
