"""Claims: find them, follow one, and what is decided on a single one."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from voucher.doors.api.payee_reach import own_payees
from voucher.doors.api.reach import told_refusal
from voucher.doors.api.room import Room, within
from voucher.doors.auth.door import the_door
from voucher.doors.auth.opened import note_opened
from voucher.doors.auth.visitors import current_actor
from voucher.doors.schemas.paging import paged
from voucher.doors.schemas.settle.batches import (
    BatchState,
    ClaimDetail,
    ClaimEnded,
    ClaimFilter,
    Claims,
    ClearingDone,
    NewClearing,
    NewRejection,
    Resubmission,
    Withdrawal,
)
from voucher.doors.schemas.settle.claiming import (
    FiledClaims,
    NewClaimPreview,
    NewClaims,
    Previewed,
    PreviewedLine,
)
from voucher.doors.schemas.steps import CountDone
from voucher.plumbing.unit_of_work import Work
from voucher.registry.institutions import Institution
from voucher.rules.card_numbers import mask_number
from voucher.rules.lifecycle import Thing
from voucher.rules.vocabulary import SubsidyKind
from voucher.stages.settle import queries
from voucher.stages.settle.clear import clear
from voucher.stages.settle.judging import Verdict
from voucher.stages.settle.models.claims import SettlementBatch
from voucher.stages.settle.previewing import preview_claims
from voucher.stages.settle.resubmit import resubmit
from voucher.stages.settle.searching import ClaimSearch, find_claims, view_claims
from voucher.stages.settle.terms import Declared, Terms, read_pledge
from voucher.stages.settle.turn_down import turn_down
from voucher.stages.settle.voucher_claims import Filed, file_claims
from voucher.stages.settle.withdraw import withdraw

claims = Room("claims", __name__, url_prefix="/api/v1", description="申领")


@claims.look("/claims", query=ClaimFilter, answer=Claims)
def list_claims(session: Session, asked: dict[str, Any]) -> dict[str, Any]:
    """本辖区的申领，收款机构为本机构的申领，新的在前；可按状态、批次、收款机构、编号查找。"""
    wanted = ClaimSearch(asked["state"], asked["batch"], asked["institution"], asked["number"])
    regions, payees = within(session, asked["region"]), own_payees(asked["region"])
    return paged(
        asked,
        lambda before, limit: find_claims(
            session, the_door().keyring, regions, wanted, payees=payees, before_id=before, limit=limit
        ),
        lambda row: row.id,
    )


@claims.act(
    "/claims",
    body=NewClaims,
    answer=FiledClaims,
    example={
        "kind": "training",
        "voucher_ids": [42, 43],
        "pledged": True,
        "declared_count": 2,
        "declared_total_fen": 240_000,
    },
)
def file_voucher_claims(work: Work, given: dict[str, Any]) -> dict[str, Any]:
    """凭券申领：培训补贴由培训机构、评价补贴由评价机构申报；逐券核对、计价，不予受理的写明依据。

    申报的条数和金额与核定不一致时整批不收。
    """
    declared = None
    if given["declared_count"] is not None:
        declared = Declared(given["declared_count"], given["declared_total_fen"])
    terms = Terms(pledged=given["pledged"], declared=declared)
    return tell_filed(file_claims(work, SubsidyKind(given["kind"]), given["voucher_ids"], terms))


def tell_filed(filed: Filed) -> dict[str, Any]:
    """Return what came of claiming for vouchers, batch by batch, every voucher in a line."""
    return {
        "batches": [
            {
                "batch_id": each.batch_id,
                "batch_number": each.batch_number,
                "payable_fen": each.total_fen,
                "lines": [_line(verdict) for verdict in each.verdicts],
            }
            for each in filed.batches
        ]
    }


@claims.ask(
    "/claims/previews",
    body=NewClaimPreview,
    answer=Previewed,
    example={"kind": "training", "voucher_ids": [42, 43]},
    keep=False,
)
def preview_voucher_claims(work: Work, given: dict[str, Any]) -> dict[str, Any]:
    """申领前逐人核对：每项检查（✓ ! ✗）、依据、金额，什么也不留下。"""
    kind = SubsidyKind(given["kind"])
    preview = preview_claims(work, kind, given["voucher_ids"])
    pledge = read_pledge(work.session, kind, work.today)
    return {
        "lines": [
            {name: getattr(each, name) for name in PreviewedLine().fields if hasattr(each, name)}
            | {"refusal": told_refusal(each.refusal)}
            for each in preview.lines
        ],
        "count": preview.count,
        "total_fen": preview.total_fen,
        "pledge": pledge.words,
        "pledge_since": pledge.since,
    }


def _line(verdict: Verdict) -> dict[str, Any]:
    return {
        "voucher_id": verdict.promise.voucher_id if verdict.promise is not None else None,
        "claim_id": verdict.claim_id,
        "certificate_number": mask_number(verdict.candidate.certificate.number),
        "outcome": verdict.outcome,
        "amount_fen": verdict.amount_fen,
        "explanation": verdict.explanation,
        "refusal": told_refusal(verdict.refusal),
    }


@claims.look("/claims/<int:claim_id>", answer=ClaimDetail)
def show_claim(session: Session, _asked: dict[str, Any], claim_id: int) -> dict[str, Any]:
    """一条申领：金额、算式和全过程（时间、人员、意见）。"""
    claim = queries.get_claim(session, claim_id, current_actor().regions, own_payees())
    note_opened(str(Thing.CLAIM), claim.id, claim.person_id, claim.region_code)
    payee = session.get_one(Institution, claim.institution_id)
    view = view_claims(session, the_door().keyring, [(claim, payee.code, payee.name)])[0]
    told = {name: getattr(view, name) for name in ClaimDetail().fields if hasattr(view, name)}
    return told | {"timeline": queries.claim_timeline(session, claim_id)}


@claims.act(
    "/claims/<int:claim_id>/decisions",
    body=NewClearing,
    answer=ClearingDone,
    example={"amount_fen": 24_000, "opinion": "竞赛获奖文件已核验，按高级工标准核定"},
)
def clear_claim(work: Work, given: dict[str, Any], claim_id: int) -> dict[str, Any]:
    """转人工的核定：一人提出金额，另一人按同一金额确认。"""
    cleared = clear(work, claim_id, given["amount_fen"], given["opinion"])
    return {"claim_id": claim_id, "cleared": cleared}


@claims.act(
    "/claims/<int:claim_id>/rejections",
    body=NewRejection,
    answer=ClaimEnded,
    example={"opinion": "竞赛证书没有明文依据，不予补贴"},
)
def turn_down_claim(work: Work, given: dict[str, Any], claim_id: int) -> dict[str, Any]:
    """单条不予通过：转人工、退回、待公示或公示中的由经办机关，已审批或退票的由财政审批人员。"""
    ended = turn_down(work, claim_id, given["opinion"])
    return {"claim_id": ended.id, "state": ended.state}


@claims.act("/claims/resubmissions", body=Resubmission, answer=BatchState, example={"claim_ids": [17, 23]})
def resubmit_claims(work: Work, given: dict[str, Any]) -> SettlementBatch:
    """补正后再次申报：同一申领的下一版，另成一批。"""
    return resubmit(work, given["claim_ids"])


@claims.act(
    "/claims/withdrawals",
    body=Withdrawal,
    answer=CountDone,
    example={"claim_ids": [17], "why": "单位申请撤回"},
)
def withdraw_claims(work: Work, given: dict[str, Any]) -> dict[str, Any]:
    """撤回申领：释放占用的资金和资格。"""
    return {"count": withdraw(work, given["claim_ids"], given["why"])}
