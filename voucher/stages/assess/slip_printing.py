"""Handing out admission slips and seats with whole names: whoever takes them is kept."""

from __future__ import annotations

from voucher.ledger import audit
from voucher.plumbing.unit_of_work import Work
from voucher.rules.actor import check_role
from voucher.stages.assess.models import ExamBatch
from voucher.stages.assess.queries.slips import Slip, find_slip, list_slips
from voucher.stages.assess.reading import BATCH_MISSING, STAFF, serves_batch

SLIPS, DOOR_LIST = "print_slips", "print_door_list"


def print_slips(
    work: Work, batch_id: int, candidate_id: int | None = None, *, what: str = SLIPS
) -> tuple[ExamBatch, list[Slip]]:
    """Return an exam of the actor's own evaluator with its slips, or the one asked for, having kept who asks.

    Raises Refused role_missing, exam_batch_missing (also for a foreign one), candidate_missing.
    """
    check_role(work.actor, *STAFF)
    found = work.session.get(ExamBatch, batch_id)
    if found is None or not serves_batch(work.session, work.actor, batch_id, *STAFF):
        raise BATCH_MISSING.refused()
    if candidate_id is None:
        slips = list_slips(work.session, work.keyring, found)
    else:
        slips = [find_slip(work.session, work.keyring, found, candidate_id)]
    about = {"candidate": candidate_id} if candidate_id is not None else {"slips": len(slips)}
    audit.record_one(work, "exam_batch", found.id, what, **about)
    return found, slips
