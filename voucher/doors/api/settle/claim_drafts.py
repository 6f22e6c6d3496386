"""Claim drafts: chosen vouchers put aside, taken up as of that day, replaced, dropped or submitted."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from voucher.doors.api.payee_reach import own_payees
from voucher.doors.api.room import Room
from voucher.doors.api.settle.claims import tell_filed
from voucher.doors.schemas.paging import Paging, paged
from voucher.doors.schemas.registry.systems import Nothing
from voucher.doors.schemas.settle.claim_drafts import (
    DraftContent,
    DraftDetail,
    DraftEnded,
    DraftFiled,
    Drafts,
    DraftState,
    DraftTerms,
    NewDraft,
)
from voucher.plumbing.unit_of_work import Work
from voucher.rules.vocabulary import SubsidyKind
from voucher.stages.settle.claim_drafts import DRAFT_MISSING, end_draft, save_draft, submit_draft
from voucher.stages.settle.models.claim_drafts import ClaimDraft
from voucher.stages.settle.queries.claim_drafts import (
    TakenUp,
    count_lines,
    find_draft,
    find_kind,
    page_drafts,
)
from voucher.stages.settle.terms import Declared, Terms
from voucher.stages.settle.voucher_claims import file_claims

claim_drafts = Room("claim_drafts", __name__, url_prefix="/api/v1", description="申领草稿")


@claim_drafts.look("/claim-drafts", query=Paging, answer=Drafts)
def list_claim_drafts(session: Session, asked: dict[str, Any]) -> dict[str, Any]:
    """本机构存着的申领草稿，新的在前；草稿不占资格和预算。"""
    mine = own_payees()
    page = paged(
        asked,
        lambda before, limit: page_drafts(session, mine, before_id=before, limit=limit),
        lambda row: row.id,
    )
    counts = count_lines(session, [each.id for each in page["items"]])
    return page | {"items": [_tell(each, counts[each.id]) for each in page["items"]]}


@claim_drafts.look("/claim-drafts/<int:draft_id>", answer=DraftDetail)
def show_claim_draft(session: Session, _asked: dict[str, Any], draft_id: int) -> dict[str, Any]:
    """取用一份草稿：按今天核对，哪些券可以申领，其余各是为什么不能。"""
    found = _take_up(session, draft_id)
    left = [{"voucher_number": number, "why": why} for number, why in found.gone]
    told = _tell(found.draft, len(found.still) + len(found.gone))
    return told | {"voucher_ids": found.still, "left": left}


@claim_drafts.act(
    "/claim-drafts",
    body=NewDraft,
    answer=DraftState,
    example={"kind": "training", "voucher_ids": [42, 43], "note": "等补照片"},
)
def save_claim_draft(work: Work, given: dict[str, Any]) -> dict[str, Any]:
    """存为草稿：一份草稿只放一家机构的券，不占资格和预算，本机构的人都能取用。"""
    return _tell_saved(work, SubsidyKind(given["kind"]), given, None)


@claim_drafts.act(
    "/claim-drafts/<int:draft_id>/replacements",
    body=DraftContent,
    answer=DraftState,
    example={"voucher_ids": [42, 43, 44], "note": "照片已补"},
)
def replace_claim_draft(work: Work, given: dict[str, Any], draft_id: int) -> dict[str, Any]:
    """改选：用现在选定的券和备注另存一份，替换原来的草稿。"""
    return _tell_saved(work, _kind_of(work.session, draft_id), given, draft_id)


@claim_drafts.act("/claim-drafts/<int:draft_id>/endings", body=Nothing, answer=DraftEnded, example={})
def drop_claim_draft(work: Work, _given: dict[str, Any], draft_id: int) -> ClaimDraft:
    """删除草稿：券没有变化，删除的草稿留痕。"""
    return end_draft(work, _kind_of(work.session, draft_id), draft_id, "discarded")


@claim_drafts.act(
    "/claim-drafts/<int:draft_id>/submissions",
    body=DraftTerms,
    answer=DraftFiled,
    example={"pledged": True, "declared_count": 2, "declared_total_fen": 240_000},
)
def submit_claim_draft(work: Work, given: dict[str, Any], draft_id: int) -> dict[str, Any]:
    """提交草稿：申领其中现在可以申领的券，没有申领的仍留作草稿；条数或金额与核定不一致的整批不收。"""
    found = _take_up(work.session, draft_id)
    kind = SubsidyKind(found.draft.kind)
    declared = None
    if given["declared_count"] is not None:
        declared = Declared(given["declared_count"], given["declared_total_fen"])
    filed = file_claims(work, kind, found.still, Terms(pledged=given["pledged"], declared=declared))
    return tell_filed(filed) | {"left_count": submit_draft(work, kind, draft_id)}


def _tell_saved(
    work: Work, kind: SubsidyKind, given: dict[str, Any], former_id: int | None
) -> dict[str, Any]:
    kept = save_draft(work, kind, given["voucher_ids"], given["note"], former_id=former_id)
    return _tell(kept, len(set(given["voucher_ids"])))


def _tell(draft: ClaimDraft, count: int) -> dict[str, Any]:
    told = {name: getattr(draft, name) for name in DraftState().fields if hasattr(draft, name)}
    return told | {"count": count}


def _take_up(session: Session, draft_id: int) -> TakenUp:
    """Return a draft of the visitor's institutions as of now. Raises Refused claim_draft_missing."""
    found = find_draft(session, _kind_of(session, draft_id), own_payees(), draft_id)
    if found is None:
        raise DRAFT_MISSING.refused()
    return found


def _kind_of(session: Session, draft_id: int) -> SubsidyKind:
    """Return the subsidy of a draft of the visitor's institutions. Raises Refused claim_draft_missing."""
    kind = find_kind(session, own_payees(), draft_id)
    if kind is None:
        raise DRAFT_MISSING.refused()
    return kind
