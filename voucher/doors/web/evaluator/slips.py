"""Admission slips and the list for the door: printed with names, so it is kept who printed them."""

from __future__ import annotations

from flask import request
from flask.typing import ResponseReturnValue

from voucher.doors.auth.visitors import perform
from voucher.doors.web.evaluator.blueprint import evaluator
from voucher.doors.web.slip_paper import answer_door_list, answer_slips
from voucher.plumbing.unit_of_work import Work
from voucher.stages.assess.queries.slips import Slip
from voucher.stages.assess.slip_printing import DOOR_LIST, SLIPS
from voucher.stages.assess.slip_printing import print_slips as take_slips


@evaluator.post("/evaluator/batches/<int:batch_id>/slips")
def print_slips(batch_id: int) -> ResponseReturnValue:
    """Print the slips of all candidates of an exam, or of the one asked for."""
    given = request.form.get("candidate", "")
    candidate_id = int(given) if given.isascii() and given.isdecimal() and len(given) < 18 else None
    number, slips = _print(batch_id, SLIPS, candidate_id)
    return answer_slips(slips, number if candidate_id is None else slips[0].number)


@evaluator.post("/evaluator/batches/<int:batch_id>/door-lists")
def print_door_list(batch_id: int) -> ResponseReturnValue:
    """Print who sits where, room by room."""
    number, slips = _print(batch_id, DOOR_LIST, None)
    return answer_door_list(slips, number)


def _print(batch_id: int, what: str, candidate_id: int | None) -> tuple[str, list[Slip]]:
    """Return the number of an exam and its slips, having kept who prints them."""

    def keep(work: Work) -> tuple[str, list[Slip]]:
        found, slips = take_slips(work, batch_id, candidate_id, what=what)
        return found.number, slips

    return perform(keep)
