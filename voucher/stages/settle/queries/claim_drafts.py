"""Drafts of claims as an institution's people find them: what is kept, what of it can still be claimed."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from voucher.ledger.holds import Hold, select_held
from voucher.ledger.vouchers import Voucher
from voucher.rules.lifecycle import STATE_NAMES, Thing
from voucher.rules.vocabulary import SubsidyKind
from voucher.stages.settle.models.claim_drafts import ClaimDraft, ClaimDraftLine
from voucher.stages.settle.models.claims import Claim

OVER = ("rejected", "withdrawn")  # a claim that came to nothing stands in nobody's way


@dataclass(frozen=True, slots=True)
class TakenUp:
    """A kept draft, the vouchers that can be claimed now, and the others: number and why not."""

    draft: ClaimDraft
    still: list[int]
    gone: list[tuple[str, str]]


def list_drafts(session: Session, kind: SubsidyKind, payees: Collection[int]) -> Sequence[ClaimDraft]:
    """Return the drafts these institutions keep of one subsidy, the newest first."""
    return session.scalars(_kept(payees).where(ClaimDraft.kind == str(kind))).all()


def page_drafts(
    session: Session, payees: Collection[int], *, before_id: int | None = None, limit: int = 50
) -> Sequence[ClaimDraft]:
    """Return a page of the drafts these institutions keep, of either subsidy, the newest first."""
    kept = _kept(payees)
    if before_id is not None:
        kept = kept.where(ClaimDraft.id < before_id)
    return session.scalars(kept.limit(limit)).all()


def find_kind(session: Session, payees: Collection[int], draft_id: int) -> SubsidyKind | None:
    """Return the subsidy of a kept draft of these institutions, or None where there is none."""
    draft = session.scalars(_kept(payees).where(ClaimDraft.id == draft_id)).first()
    return SubsidyKind(draft.kind) if draft is not None else None


def _kept(payees: Collection[int]) -> Select[ClaimDraft]:
    kept = ClaimDraft.institution_id.in_(sorted(payees)) & ClaimDraft.ended_at.is_(None)
    return select(ClaimDraft).where(kept).order_by(ClaimDraft.id.desc())


def count_lines(session: Session, draft_ids: Collection[int]) -> dict[int, int]:
    """Return how many vouchers each draft holds."""
    rows = session.execute(
        select(ClaimDraftLine.draft_id, func.count())
        .where(ClaimDraftLine.draft_id.in_(sorted(draft_ids)))
        .group_by(ClaimDraftLine.draft_id)
    )
    return dict(rows.all())


def find_draft(session: Session, kind: SubsidyKind, payees: Collection[int], draft_id: int) -> TakenUp | None:
    """Return a kept draft of these institutions as of now, or None where there is none."""
    draft = next((each for each in list_drafts(session, kind, payees) if each.id == draft_id), None)
    if draft is None:
        return None
    of_draft = select(ClaimDraftLine.voucher_id).where(ClaimDraftLine.draft_id == draft.id)
    vouchers = session.scalars(select(Voucher).where(Voucher.id.in_(of_draft)).order_by(Voucher.id)).all()
    claimed = _list_claimed(session, draft)
    held = set(session.scalars(select_held(Thing.VOUCHER).where(Hold.object_id.in_(of_draft))))
    still, gone = [], []
    for each in vouchers:
        why = _why_not(each, claimed, held)
        if why is None:
            still.append(each.id)
        else:
            gone.append((each.number, why))
    return TakenUp(draft, still, gone)


def list_unclaimed(session: Session, draft: ClaimDraft) -> list[int]:
    """Return the vouchers of a draft, kept or ended, that no claim stands for."""
    of_draft = select(ClaimDraftLine.voucher_id).where(ClaimDraftLine.draft_id == draft.id)
    claimed = _list_claimed(session, draft)
    return [
        each for each in session.scalars(of_draft.order_by(ClaimDraftLine.voucher_id)) if each not in claimed
    ]


def _list_claimed(session: Session, draft: ClaimDraft) -> set[int | None]:
    of_draft = select(ClaimDraftLine.voucher_id).where(ClaimDraftLine.draft_id == draft.id)
    standing = select(Claim.voucher_id).where(
        Claim.kind == draft.kind, Claim.voucher_id.in_(of_draft), Claim.state.not_in(OVER)
    )
    return set(session.scalars(standing))


def _why_not(voucher: Voucher, claimed: Collection[int | None], held: Collection[int]) -> str | None:
    if voucher.id in claimed:
        return "已经申领"
    if voucher.id in held:
        return "待处置，结论作出后再申领"
    if voucher.state != "certified":
        return f"当前为“{STATE_NAMES[Thing.VOUCHER][voucher.state]}”，不能申领"
    return None
