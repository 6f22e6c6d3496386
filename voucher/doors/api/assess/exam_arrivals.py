"""Arrivals: who comes to the door of an exam, by code or slip and the card's end; the refused as well."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from voucher.doors.api.reach import institutions_served
from voucher.doors.api.room import Room
from voucher.doors.auth.door import the_door
from voucher.doors.auth.entries import EVALUATOR_STAFF
from voucher.doors.auth.networks import note_network
from voucher.doors.auth.visitors import current_actor, perform
from voucher.doors.schemas.assess.exam_arrivals import ArrivalDone, Arrivals, NewArrival
from voucher.doors.schemas.paging import Paging, paged
from voucher.plumbing.unit_of_work import Work
from voucher.rules.actor import ROLE_MISSING
from voucher.rules.errors import Refusal
from voucher.stages.assess import queries
from voucher.stages.assess.arrive import arrive as come_in
from voucher.stages.assess.arrive import record_refused
from voucher.stages.assess.models import ExamBatch
from voucher.stages.assess.models_arrivals import ExamArrival
from voucher.stages.assess.queries.door import list_arrivals as list_came
from voucher.stages.assess.reading import BATCH_MISSING

exam_arrivals = Room("exam_arrivals", __name__, url_prefix="/api/v1", description="考场入场核对")


@exam_arrivals.look("/exam-batches/<int:exam_batch_id>/arrivals", query=Paging, answer=Arrivals)
def list_arrivals(session: Session, asked: dict[str, Any], exam_batch_id: int) -> dict[str, Any]:
    """到过考场门口的人，新的在前：放行的、没有放行的。"""
    batch = queries.get_batch(
        session, exam_batch_id, current_actor().regions, institutions_served(EVALUATOR_STAFF)
    )
    return paged(
        asked,
        lambda before, limit: list_came(session, the_door().keyring, batch.id, before_id=before, limit=limit),
        lambda row: row.id,
    )


def _refused(given: dict[str, Any], ids: dict[str, Any], refusal: Refusal) -> None:
    """Keep whoever was refused at one's own door."""
    if refusal.code not in (BATCH_MISSING.code, ROLE_MISSING.code):
        perform(lambda work: record_refused(work, ids["exam_batch_id"], given["shown"], refusal))


@exam_arrivals.act(
    "/exam-batches/<int:exam_batch_id>/arrivals",
    body=NewArrival,
    answer=ArrivalDone,
    example={"shown": "2024000007000000128", "last4": "991X"},
    witness=_refused,
)
def arrive(work: Work, given: dict[str, Any], exam_batch_id: int) -> ExamArrival:
    """入场核对：出示码或准考证号，加证件后四位；不在名单、不符、重复入场的拒绝并留痕。"""
    arrived = come_in(work, exam_batch_id, given["shown"], given["last4"])
    note_network(work.session.get_one(ExamBatch, arrived.batch_id).institution_id, arrived.candidate_id)
    return arrived
