"""拆班、并班: what institutions ask, decided with an opinion; agreed to, the people move at once."""

from __future__ import annotations

from flask import request, url_for
from flask.typing import ResponseReturnValue

from voucher.doors.auth.door import the_door
from voucher.doors.web import fields
from voucher.doors.web.acting import Done, submit
from voucher.doors.web.office.blueprint import office
from voucher.doors.web.office.train.class_requests import show_requests
from voucher.plumbing.unit_of_work import Work
from voucher.stages.train import moving
from voucher.stages.train.queries import changes as reading


@office.get("/office/class-moves")
def class_moves() -> ResponseReturnValue:
    """Show the splits and mergers that wait, or all."""
    return _page()


@office.post("/office/class-moves/<int:move_id>/decisions")
def decide_move(move_id: int) -> ResponseReturnValue:
    """Agree or decline."""

    def call(work: Work) -> Done:
        agreed = request.form.get("decision") == "agree"
        moving.decide_move(work, move_id, agreed, fields.text("opinion", "意见"))
        words = "已同意，学员已转班，学时保留" if agreed else "不同意，已告知机构"
        return Done(words, url_for("web.office.class_moves"))

    return submit(call, _page)


def _page() -> str:
    return show_requests(
        "office/class_moves.html",
        reading.list_moves,
        lambda each: (each.from_class_id, each.to_class_id),
        lambda session, rows: {
            "moved": reading.list_moved(session, the_door().keyring, [each.id for each in rows]),
            "warnings": reading.warn_of_moves(session, rows, the_door().at),
        },
    )
