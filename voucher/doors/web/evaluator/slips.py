"""Admission slips and the list for the door: printed with names, so it is kept who printed them."""

from __future__ import annotations

from flask import request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from voucher.doors.auth.door import the_door
from voucher.doors.auth.visitors import perform
from voucher.doors.web.evaluator.blueprint import evaluator
from voucher.doors.web.evaluator.own import my_evaluators
from voucher.doors.web.slip_paper import answer_door_list, answer_slips
from voucher.ledger import audit
from voucher.plumbing.unit_of_work import Work
from voucher.stages.assess import queries
from voucher.stages.assess.models import ExamBatch
from voucher.stages.assess.queries.slips import Slip, find_slip, list_slips


@evaluator.post("/evaluator/batches/<int:batch_id>/slips")
def print_slips(batch_id: int) -> ResponseReturnValue:
    """Print the slips of all candidates of an exam, or of the one asked for."""
    given = request.form.get("candidate", "")
    candidate_id = int(given) if given.isascii() and given.isdecimal() and len(given) < 18 else None
    found, slips = _print(batch_id, "print_slips", candidate_id)
    return answer_slips(slips, found.number if candidate_id is None else slips[0].number)


@evaluator.post("/evaluator/batches/<int:batch_id>/door-lists")
def print_door_list(batch_id: int) -> ResponseReturnValue:
    """Print who sits where, room by room."""
    found, slips = _print(batch_id, "print_door_list", None)
    return answer_door_list(slips, found.number)


def _print(batch_id: int, act: str, candidate_id: int | None) -> tuple[ExamBatch, list[Slip]]:
    """Return the exam and its slips, having kept who prints them.

    Raises Refused exam_batch_missing for a missing or foreign one, candidate_missing.
    """
    mine = my_evaluators()

    def keep(work: Work) -> tuple[ExamBatch, list[Slip]]:
        found = queries.get_batch(work.session, batch_id, (), mine)
        slips = _read(work.session, found, candidate_id)
        about = {"candidate": candidate_id} if candidate_id is not None else {"slips": len(slips)}
        audit.record_one(work, "exam_batch", found.id, act, **about)
        work.session.expunge(found)
        return found, slips

    return perform(keep)


def _read(session: Session, found: ExamBatch, candidate_id: int | None) -> list[Slip]:
    keyring = the_door().keyring
    if candidate_id is None:
        return list_slips(session, keyring, found)
    return [find_slip(session, keyring, found, candidate_id)]
