"""我的准考证: the exams to come, where to sit, and the number that is scanned where there is no voucher."""

from __future__ import annotations

from dataclasses import dataclass

from flask import render_template
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from voucher.doors.auth.door import the_door
from voucher.doors.web.pictures import draw_code
from voucher.doors.web.slip_paper import answer_slips, space_out
from voucher.doors.web.worker.blueprint import worker
from voucher.doors.web.worker.own import my_person_id
from voucher.stages.assess.queries.slips import Slip, find_own_slip, list_own_slips


@dataclass(frozen=True, slots=True)
class Shown:
    """A slip with its number as people read it and as a scanner does."""

    slip: Slip
    spaced: str
    picture: Markup


@worker.get("/my/slips")
def slips() -> ResponseReturnValue:
    """Show the slips for exams that are still to come."""
    door = the_door()
    with door.read() as session:
        found = list_own_slips(session, door.keyring, my_person_id())
    shown = [Shown(each, space_out(each.number), draw_code(each.number)) for each in found]
    return render_template("worker/slips.html", rows=shown)


@worker.get("/my/slips/<int:candidate_id>/paper")
def slip_paper(candidate_id: int) -> ResponseReturnValue:
    """Answer one of one's own slips as a PDF."""
    door = the_door()
    with door.read() as session:
        found = find_own_slip(session, door.keyring, my_person_id(), candidate_id)
    return answer_slips([found], found.number)
