"""Settlement batches: settle a period, look at the lines, sign."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from voucher.doors.api.room import Room, within
from voucher.doors.auth.door import the_door
from voucher.doors.auth.visitors import current_actor
from voucher.doors.schemas.paging import paged
from voucher.doors.schemas.settle import (
    BatchDetail,
    Batches,
    BatchFilter,
    LineFilter,
    Lines,
    NewBatch,
    NewSignature,
    SignatureDone,
)
from voucher.plumbing.unit_of_work import Work
from voucher.rules.approval import Step
from voucher.rules.vocabulary import SubsidyKind
from voucher.stages.certify.verify import verify_issued
from voucher.stages.settle import queries, review
from voucher.stages.settle.draft import Wish, settle

batches = Room("batches", __name__, url_prefix="/api/v1", description="结算批次")


@batches.look("/batches", query=BatchFilter, answer=Batches)
def list_batches(session: Session, asked: dict[str, Any]) -> dict[str, Any]:
    """本辖区的结算批次，新的在前。"""
    regions = within(session, asked["region"])
    return paged(
        asked,
        lambda before, limit: queries.list_batches(
            session, regions, state=asked["state"], before_id=before, limit=limit
        ),
        lambda row: row.id,
    )


@batches.act(
    "/batches",
    body=NewBatch,
    answer=BatchDetail,
    example={
        "kind": "evaluation",
        "region_code": "419001",
        "from_on": "2023-10-01",
        "until_on": "2023-12-31",
        "budget_id": 1,
    },
)
def settle_batch(work: Work, given: dict[str, Any]) -> dict[str, Any]:
    """结算：按发证日期逐证核对、计价，可付的一并申报，占用预算。"""
    wish = Wish(**{**given, "kind": SubsidyKind(given["kind"])})
    verify_issued(work, wish.region_code, wish.from_on, wish.until_on)
    settled = settle(work, wish)
    return _detail(work.session, settled.batch_id, work.actor.regions)


@batches.look("/batches/<int:batch_id>", answer=BatchDetail)
def show_batch(session: Session, _asked: dict[str, Any], batch_id: int) -> dict[str, Any]:
    """一个批次：各条结论、各环节条数、分等级金额。"""
    return _detail(session, batch_id, current_actor().regions)


@batches.look("/batches/<int:batch_id>/lines", query=LineFilter, answer=Lines)
def list_batch_lines(session: Session, asked: dict[str, Any], batch_id: int) -> dict[str, Any]:
    """批次逐条：掩码后的人员、证书、金额和算式，不予受理的代码和在先申领。"""
    queries.get_batch(session, batch_id, current_actor().regions)
    return paged(
        asked,
        lambda after, limit: queries.list_lines(
            session,
            the_door().keyring,
            batch_id,
            outcome=asked["outcome"],
            state=asked["state"],
            after=after or 0,
            limit=limit,
        ),
        lambda row: row.position,
    )


@batches.act(
    "/batches/<int:batch_id>/signatures",
    body=NewSignature,
    answer=SignatureDone,
    example={"step": "first_review", "decision": "pass", "opinion": "材料齐全，同意"},
)
def sign_batch(work: Work, given: dict[str, Any], batch_id: int) -> dict[str, Any]:
    """签署：通过、退回补正或不予通过；四个环节由四个人办理，按自然人比对。"""
    step, ids, opinion = Step(given["step"]), given["claim_ids"], given["opinion"]
    match given["decision"]:
        case "pass":
            count = review.sign(work, batch_id, step, claim_ids=ids, opinion=opinion)
        case "return":
            count = review.return_claims(work, batch_id, step, ids, opinion)
        case _:
            count = review.reject(work, batch_id, step, ids, opinion)
    return {"batch_id": batch_id, "step": step, "decision": given["decision"], "count": count}


def _detail(session: Session, batch_id: int, regions: frozenset[str]) -> dict[str, Any]:
    batch = queries.get_batch(session, batch_id, regions)
    summary = queries.summarise(session, batch_id)
    plain = {name: getattr(batch, name) for name in BatchDetail().fields if hasattr(batch, name)}
    return plain | {
        "outcomes": summary.outcomes,
        "claim_states": summary.states,
        "by_level": summary.by_level,
        "people": summary.people,
        "payable_fen": summary.payable_fen,
    }
