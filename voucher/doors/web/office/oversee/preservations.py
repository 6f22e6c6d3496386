"""依法保全: whose data a document keeps from being erased, until another person lifts it by another one."""

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
from voucher.registry.people import read_people
from voucher.rules.privacy import mask_name
from voucher.stages.oversee.privacy import preserving
from voucher.stages.oversee.privacy.destroying import ERASED

PAGE, LONGEST_WORDS = 20, 200


@office.get("/office/preservations")
def preservations() -> ResponseReturnValue:
    """Show who is preserved, the newest first, and the form to preserve somebody."""
    return _show()


@office.post("/office/preservations")
def preserve_by_number() -> ResponseReturnValue:
    """Keep the person with an identity number by a document."""

    def call(work: Work) -> Done:
        preserving.preserve_by_number(
            work,
            fields.text("number", "证件号码", limit=40),
            fields.text("paper", "保全的文书", limit=LONGEST_WORDS),
        )
        return Done("已依法保全，解除以前不会清除、不能注销", url_for("web.office.preservations"))

    return submit(call, _show)


@office.post("/office/preservations/<int:preservation_id>/ends")
def lift_preservation(preservation_id: int) -> ResponseReturnValue:
    """Lift a preservation as another person, by a document."""

    def call(work: Work) -> Done:
        preserving.lift(work, preservation_id, fields.text("paper", "解除的文书", limit=LONGEST_WORDS))
        return Done("已解除保全", url_for("web.office.preservations"))

    return submit(call, _show)


def _show() -> str:
    door, actor, before = the_door(), current_actor(), fields.cursor("before")
    with door.read() as session:
        rows = preserving.list_preserved(session, actor.regions, before_id=before or None, limit=PAGE + 1)
        named = read_people(session, door.keyring, [each.row.person_id for each in rows])
        return render_template(
            "office/preservations.html",
            rows=[
                (each, mask_name(who.name) if (who := named.get(each.row.person_id)) else ERASED)
                for each in rows[:PAGE]
            ],
            hands=name_people(session, [each.row.placed_by_person_id for each in rows]),
            next_url=url_for("web.office.preservations", before=rows[PAGE - 1].row.id)
            if len(rows) > PAGE
            else None,
            first_url=url_for("web.office.preservations") if before else None,
        )
