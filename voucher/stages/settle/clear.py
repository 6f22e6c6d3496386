"""转人工: one officer proposes an amount with reason and evidence, a second one confirms it."""

from __future__ import annotations

from sqlalchemy import select

from voucher.ledger import audit, states
from voucher.ledger import budget as budgets
from voucher.plumbing.unit_of_work import Work
from voucher.rules.actor import Role, check_reach
from voucher.rules.approval import check_two_people
from voucher.rules.errors import Family, reason
from voucher.rules.lifecycle import Thing, check_event
from voucher.rules.money import check_fen, format_yuan
from voucher.stages.settle.ending import money_of
from voucher.stages.settle.models.claims import Claim, Clearing, SettlementBatch
from voucher.stages.settle.promises import hand_over
from voucher.stages.settle.reading import check_apart, check_never_filed, get_claim
from voucher.stages.settle.review import OPINION_MISSING

SOURCE = "LIFECYCLE Claim manual; 【设】转人工须两人并附依据"

CLEARING_OUT_OF_RANGE = reason(
    "clearing_out_of_range",
    "核定金额 {amount} 元不在 0.01 元至该等级标准 {limit} 元之间",
    "请按不高于标准的金额核定；不应给予补贴的，请办理不予通过",
    SOURCE,
)
CLEARING_DIFFERS = reason(
    "clearing_differs",
    "与另一人提出的核定金额 {proposed} 元不一致",
    "请两人商定后，由您按同一金额确认；金额不能认可的，请办理不予通过",
    SOURCE,
    Family.CONFLICT,
)


# until a batch is posted, what is cleared in it still counts towards its approval band
UNPUBLISHED = ("filed", "first_reviewed", "second_reviewed")


def clear(work: Work, claim_id: int, amount_fen: int, opinion: str) -> bool:
    """Propose an amount for a claim left to a person, or confirm the one proposed by somebody else.

    Returns whether the claim is cleared now. Money is reserved at the confirmation.
    Raises Refused claim_missing, role_missing, opinion_missing, event_not_allowed, same_hand,
    involved, second_person_needed, clearing_out_of_range, clearing_differs, budget_exhausted.
    """
    if not opinion.strip():
        raise OPINION_MISSING.refused()
    claim = get_claim(work, claim_id, money=True)
    check_reach(work.actor, claim.region_code, Role.OFFICER_COUNTY, Role.OFFICER_CITY, Role.OFFICER_PROVINCE)
    check_event(Thing.CLAIM, claim.state, "clear")
    check_never_filed(work.session, work.actor.person_id, claim.id, "转人工核定")
    check_apart(work, [claim], "转人工核定")
    if not 0 < check_fen(amount_fen) <= claim.proposed_fen:
        raise CLEARING_OUT_OF_RANGE.refused(
            amount=format_yuan(amount_fen), limit=format_yuan(claim.proposed_fen)
        )
    proposed = work.session.scalars(
        select(Clearing).where(Clearing.claim_id == claim.id, Clearing.revision == claim.revision)
    ).first()
    if proposed is None:
        _propose(work, claim, amount_fen, opinion)
        return False
    check_two_people(proposed.proposed_by_person_id, work.actor.person_id)
    if proposed.amount_fen != amount_fen:
        raise CLEARING_DIFFERS.refused(proposed=format_yuan(proposed.amount_fen))
    _confirm(work, claim, proposed, opinion)
    return True


def _propose(work: Work, claim: Claim, amount_fen: int, opinion: str) -> None:
    work.session.add(
        Clearing(
            claim_id=claim.id,
            revision=claim.revision,
            amount_fen=amount_fen,
            opinion=opinion,
            submitter_person_id=claim.submitter_person_id,
            proposed_by_person_id=work.actor.person_id,
            proposed_at=work.at,
        )
    )
    work.session.flush()
    audit.record_one(work, "claim", claim.id, "propose_clearing", amount_fen=amount_fen, opinion=opinion)


def _confirm(work: Work, claim: Claim, proposed: Clearing, opinion: str) -> None:
    hand_over(work, [claim])
    budgets.reserve(work, claim.budget_id, [money_of(claim, proposed.amount_fen)])
    claim.amount_fen = claim.reserved_fen = proposed.amount_fen
    claim.explanation = f"人工核定 {format_yuan(proposed.amount_fen)}：{proposed.opinion}"
    proposed.confirmed_by_person_id = work.actor.person_id
    proposed.confirmed_at = work.at
    batch = work.session.get_one(SettlementBatch, claim.batch_id)
    if batch.state in UNPUBLISHED:
        batch.declared_count += 1
        batch.declared_total_fen += proposed.amount_fen
    work.session.flush()
    states.move(
        work,
        Claim,
        [claim],
        "clear",
        reason=opinion,
        content={claim.id: {"amount_fen": proposed.amount_fen, "clearing": proposed.id}},
    )
