"""提前停止: the last day of a row of the tariffs, proposed by one officer, agreed to by another."""

from __future__ import annotations

from flask import abort, render_template, request, url_for
from flask.typing import ResponseReturnValue

from voucher.doors.auth.door import the_door
from voucher.doors.auth.visitors import current_actor
from voucher.doors.web import fields
from voucher.doors.web.acting import Done, submit
from voucher.doors.web.office.blueprint import office
from voucher.doors.web.office.registry.telling_tariffs import tell
from voucher.plumbing.unit_of_work import Work
from voucher.registry import tariffs as registry
from voucher.registry.tariff_rows import list_standing
from voucher.rules.actor import Role
from voucher.rules.tariffs import SUBJECT_NAMES, Subject


@office.get("/office/tariffs/endings/new")
def new_ending() -> ResponseReturnValue:
    """Ask which row ends, when, and by which document."""
    return _ask_ending()


@office.post("/office/tariffs/endings")
def propose_ending() -> ResponseReturnValue:
    """Propose the last day of a row; another officer agrees to it."""

    def call(work: Work) -> Done:
        proposed = registry.propose_ending(
            work,
            fields.one_of("subject", "停止什么", Subject),
            fields.whole("row", "哪一行"),
            fields.day("ends_on", "最后一日"),
            fields.text("document", "文号", limit=200),
        )
        return Done("已提出，请另一人核对后登记", url_for("web.office.tariff", proposal_id=proposed.id))

    return submit(call, _ask_ending)


def _ask_ending() -> str:
    asked = request.form.get("subject") or request.args.get("subject") or Subject.STANDARD
    if asked not in SUBJECT_NAMES:
        abort(404)
    actor = current_actor()
    with the_door().read() as session:
        rows = [
            each
            for each in list_standing(session, Subject(asked), the_door().today)
            if (
                actor.has(Role.OFFICER_PROVINCE)
                if each.tariff.region_code is None
                else each.tariff.region_code in actor.regions
            )
        ]
        return render_template(
            "office/new_ending.html",
            subject=asked,
            subjects=SUBJECT_NAMES,
            rows=[
                (each.row_id, "，".join(words for _, words in tell(session, each.tariff))) for each in rows
            ],
        )
