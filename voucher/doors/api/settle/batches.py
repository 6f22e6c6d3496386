"""Settlement batches: settle a period, look at the lines, sign."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from voucher.doors.api.payee_reach import own_payees
from voucher.doors.api.reach import told, told_refusal
from voucher.doors.api.room import Room, within
from voucher.doors.auth.door import the_door
from voucher.doors.auth.opened import note_opened
from voucher.doors.auth.visitors import current_actor
from voucher.doors.schemas.paging import paged
from voucher.doors.schemas.settle.batches import (
    BatchDetail,
    Batches,
    BatchFilter,
    BatchState,
    LineFilter,
    Lines,
    NewBatch,
    NewSignature,
    SignatureDone,
)
from voucher.doors.schemas.settle.claiming import PreviewedLine, SettlementPreviewed
from voucher.plumbing.unit_of_work import Work
from voucher.rules.approval import Step
from voucher.rules.lifecycle import Thing
from voucher.rules.vocabulary import SubsidyKind
from voucher.stages.certify.verify import verify_issued
from voucher.stages.settle import queries, review
from voucher.stages.settle.draft import Wish, settle
from voucher.stages.settle.models.claims import SettlementBatch
from voucher.stages.settle.previewing import preview_settlement
from voucher.stages.settle.seen import check_version, version_of

batches = Room("batches", __name__, url_prefix="/api/v1", description="结算批次")
PERIOD = {
    "kind": "evaluation",
    "region_code": "419001",
    "from_on": "2023-10-01",
    "until_on": "2023-12-31",
    "budget_id": 1,
}


@batches.look("/batches", query=BatchFilter, answer=Batches)
def list_batches(session: Session, asked: dict[str, Any]) -> dict[str, Any]:
    """本辖区的结算批次，新的在前；收款机构只见含本机构的批次和本机构的笔数、金额。"""
    regions, payees = within(session, asked["region"]), own_payees(asked["region"])
    page = paged(
        asked,
        lambda before, limit: queries.list_batches(
            session,
            regions,
            queries.BatchFilter(asked["state"]),
            payees=payees,
            before_id=before,
            limit=limit,
        ),
        lambda row: row.id,
    )
    own = {each.id for each in page["items"] if each.region_code not in regions}
    declared = queries.sum_declared(session, own, payees)
    return page | {"items": [_declared(each, declared, own) for each in page["items"]]}


@batches.act(
    "/batches",
    body=NewBatch,
    answer=BatchDetail,
    example=PERIOD,
)
def settle_batch(work: Work, given: dict[str, Any]) -> dict[str, Any]:
    """结算：按发证日期逐证核对、计价，可付的一并申报，占用预算。"""
    wish = Wish(**{**given, "kind": SubsidyKind(given["kind"])})
    verify_issued(work, wish.region_code, wish.from_on, wish.until_on)
    settled = settle(work, wish)
    return _detail(work.session, settled.batch_id, work.actor.regions, frozenset())


@batches.ask("/batches/previews", body=NewBatch, answer=SettlementPreviewed, example=PERIOD, keep=False)
def preview_batch(work: Work, given: dict[str, Any]) -> dict[str, Any]:
    """结算前逐人核对：每项检查（✓ ! ✗）、依据、金额，什么也不留下。"""
    wish = Wish(**{**given, "kind": SubsidyKind(given["kind"])})
    verify_issued(work, wish.region_code, wish.from_on, wish.until_on)
    preview = preview_settlement(work, wish)
    return {
        "lines": [
            {name: getattr(each, name) for name in PreviewedLine().fields if hasattr(each, name)}
            | {"refusal": told_refusal(each.refusal)}
            for each in preview.lines
        ],
        "count": preview.count,
        "total_fen": preview.total_fen,
    }


@batches.look("/batches/<int:batch_id>", answer=BatchDetail)
def show_batch(session: Session, _asked: dict[str, Any], batch_id: int) -> dict[str, Any]:
    """一个批次：各条结论、各环节条数、分等级金额；收款机构只见本机构的部分。"""
    regions = current_actor().regions
    found = queries.get_batch(session, batch_id, regions, own_payees())
    note_opened(str(Thing.BATCH), found.id, None, found.region_code)
    return _detail(session, batch_id, regions, own_payees())


@batches.look("/batches/<int:batch_id>/lines", query=LineFilter, answer=Lines)
def list_batch_lines(session: Session, asked: dict[str, Any], batch_id: int) -> dict[str, Any]:
    """批次逐条：掩码后的人员、证书、金额和算式，不予受理的代码和在先申领；收款机构只见本机构各条。"""
    regions, payees = current_actor().regions, own_payees()
    batch = queries.get_batch(session, batch_id, regions, payees)
    note_opened(str(Thing.BATCH), batch.id, None, batch.region_code)
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
            payees=None if batch.region_code in regions else payees,
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
    if given["version"] is not None:
        queries.get_batch(work.session, batch_id, work.actor.regions)
        check_version(work.session, batch_id, given["version"])
    match given["decision"]:
        case "pass":
            count = review.sign(work, batch_id, step, claim_ids=ids, opinion=opinion)
        case "return":
            count = review.return_claims(work, batch_id, step, ids, opinion)
        case _:
            count = review.reject(work, batch_id, step, ids, opinion)
    return {"batch_id": batch_id, "step": step, "decision": given["decision"], "count": count}


def _declared(batch: SettlementBatch, declared: dict[int, tuple[int, int]], own: set[int]) -> dict[str, Any]:
    """Return a batch as lists show it; a payee is told its own part of the sums."""
    count, total_fen = batch.declared_count, batch.declared_total_fen
    if batch.id in own:
        count, total_fen = declared.get(batch.id, (0, 0))
    return told(batch, BatchState) | {"declared_count": count, "declared_total_fen": total_fen}


def _detail(
    session: Session, batch_id: int, regions: frozenset[str], payees: frozenset[int]
) -> dict[str, Any]:
    batch = queries.get_batch(session, batch_id, regions, payees)
    own = set() if batch.region_code in regions else {batch_id}
    summary = queries.summarise(session, batch_id, payees if own else None)
    return _declared(batch, queries.sum_declared(session, own, payees), own) | {
        "outcomes": summary.outcomes,
        "claim_states": summary.states,
        "by_level": summary.by_level,
        "people": summary.people,
        "payable_fen": summary.payable_fen,
        "cleared_count": summary.cleared.count,
        "cleared_fen": summary.cleared.amount_fen,
        "total_count": summary.count,
        "total_fen": summary.amount_fen,
        "version": version_of(session, batch_id),
    }
