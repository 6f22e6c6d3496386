"""Signing: first review, second review, approval; returning and rejecting; by person, never by account.

Every decision is a signature row per claim; the database refuses the submitter's, a second one of the
same person and a second role of one person in one claim.
"""

from __future__ import annotations

from collections.abc import Sequence

from voucher.ledger import states
from voucher.plumbing.clock import day_of
from voucher.plumbing.constraints import translate
from voucher.plumbing.db import insert_rows
from voucher.plumbing.unit_of_work import Work
from voucher.registry import catalogue, tables
from voucher.rules.actor import check_reach
from voucher.rules.approval import (
    STEP_NAMES,
    Step,
    check_fixed_role,
    check_hands,
    check_not_cleared,
    check_order,
    required_steps,
    roles_for,
)
from voucher.rules.errors import Family, reason
from voucher.stages.settle.after_calls import check_called
from voucher.stages.settle.ending import end_claims
from voucher.stages.settle.entered import check_not_taken_back
from voucher.stages.settle.following import follow
from voucher.stages.settle.holders import check_holders_stand
from voucher.stages.settle.models.claims import Claim, ClaimHand, SettlementBatch, Signature
from voucher.stages.settle.reading import (
    check_apart,
    check_no_decider,
    check_no_judge,
    get_batch,
    list_clearers,
    list_hands,
    list_signed_steps,
    lock_claims,
    lock_funds,
)
from voucher.stages.settle.seen import check_one_by_one
from voucher.stages.settle.signed_batches import note_signed

SOURCE = "豫办〔2021〕29号 第16项; S2-16i; AC-H1"
# the state in which a claim waits for each step, and the event that step is;
# the province's review adds a signature between the second review and the notice, and moves nothing
WAITS_FOR = {
    Step.FIRST_REVIEW: ("submitted", "review_first"),
    Step.SECOND_REVIEW: ("first_reviewed", "review_second"),
    Step.APPROVE: ("cleared", "approve"),
}
AT_PROVINCE = "second_reviewed"

OPINION_MISSING = reason(
    "opinion_missing",
    "没有填写意见",
    "请写明审核意见；退回或不予通过的，请一次性列明全部问题",
    SOURCE,
)
NOTHING_TO_SIGN = reason(
    "nothing_to_sign",
    "本批没有等待{step}的申领",
    "请刷新页面查看办理进度，按流程办理下一环节",
    SOURCE,
    Family.CONFLICT,
)
LINE_NOT_WAITING = reason(
    "line_not_waiting",
    "申领 {claim} 当前不在{step}环节",
    "请刷新页面，重新选择后再办理",
    SOURCE,
    Family.CONFLICT,
)
SAME_HAND_RACE = reason(
    "same_hand_race",
    "您已在这些申领中的某一条办理过其他环节",
    "请由另一人办理；同一人的不同账号视为同一人",
    SOURCE,
    Family.FORBIDDEN,
)
translate("pk_claim_hand", "claim_hand.claim_id, claim_hand.person_id", SAME_HAND_RACE)
translate(
    "uq_signature_claim_id_revision_signer_person_id",
    "signature.claim_id, signature.revision, signature.signer_person_id",
    SAME_HAND_RACE,
)


def sign(
    work: Work, batch_id: int, step: Step, *, claim_ids: Sequence[int] | None = None, opinion: str
) -> int:
    """Pass the lines waiting at a step, all of them or the ones named, and return how many.

    Raises Refused role_missing, region_foreign, batch_missing, opinion_missing, same_hand,
    fixed_role, step_skipped, step_not_required, line_not_waiting, nothing_to_sign, on_hold,
    phone_checks_open, amber_one_by_one, judged_denial, decided_objection, entries_taken_back, involved,
    holders_died_before, holders_ineligible.
    """
    batch, claims = _take_up(work, batch_id, step, claim_ids, opinion)
    check_one_by_one(work.session, claims)
    if step is Step.FIRST_REVIEW:
        check_called(work, claims)
    if step is Step.APPROVE:
        check_not_taken_back(work.session, claims, contested=False)
        check_holders_stand(work.session, claims)
    _write_signatures(work, claims, step, "pass", opinion)
    if step in WAITS_FOR:
        states.move(work, Claim, claims, WAITS_FOR[step][1], reason=opinion)
        follow(work, [batch.id])
    return len(claims)


def return_claims(work: Work, batch_id: int, step: Step, claim_ids: Sequence[int], defects: str) -> int:
    """Send single lines back with all their defects at once; the others go on. Returns how many.

    Raises as `sign` does.
    """
    batch, claims = _take_up(work, batch_id, step, claim_ids, defects)
    _write_signatures(work, claims, step, "return", defects)
    states.move(work, Claim, claims, "return", reason=defects)
    follow(work, [batch.id])
    return len(claims)


def reject(work: Work, batch_id: int, step: Step, claim_ids: Sequence[int], opinion: str) -> int:
    """Refuse single lines for good: their keys are freed and their money released. Returns how many.

    Raises as `sign` does.
    """
    lock_funds(work, Claim.batch_id == batch_id, Claim.id.in_(list(claim_ids)))
    _, claims = _take_up(work, batch_id, step, claim_ids, opinion)
    _write_signatures(work, claims, step, "reject", opinion)
    end_claims(work, claims, "reject", opinion)
    return len(claims)


def _take_up(
    work: Work, batch_id: int, step: Step, claim_ids: Sequence[int] | None, opinion: str
) -> tuple[SettlementBatch, list[Claim]]:
    """Return the batch and the locked claims this actor may now decide on at this step."""
    if not opinion.strip():
        raise OPINION_MISSING.refused()
    batch = get_batch(work, batch_id)
    same_office = not catalogue.has_level_below(work.session, batch.region_code)
    check_reach(work.actor, batch.region_code, *sorted(roles_for(step, same_office=same_office)))
    claims = _choose(work, batch, step, claim_ids)
    _check_step(work, batch, claims, step)
    person_id = work.actor.person_id
    ids = [each.id for each in claims]
    check_apart(work, claims, STEP_NAMES[step])
    check_no_judge(work.session, person_id, ids, STEP_NAMES[step])
    check_no_decider(work.session, person_id, ids, STEP_NAMES[step])
    if step is Step.APPROVE:
        clearers = list_clearers(work.session, ids)
        check_not_cleared(STEP_NAMES[step], person_id, clearers)
    for hands in list_hands(work.session, ids).values():
        mine = next((Step(done) for done, person in hands if person == person_id), None)
        check_fixed_role(step, mine)
        check_hands(step, person_id, {Step(done): person for done, person in hands})
    return batch, claims


def _choose(work: Work, batch: SettlementBatch, step: Step, claim_ids: Sequence[int] | None) -> list[Claim]:
    state = WAITS_FOR[step][0] if step in WAITS_FOR else AT_PROVINCE
    if claim_ids is None:
        claims = lock_claims(work, Claim.batch_id == batch.id, Claim.state == state)
        if not claims:
            raise NOTHING_TO_SIGN.refused(step=STEP_NAMES[step])
        return claims
    claims = lock_claims(work, Claim.batch_id == batch.id, Claim.id.in_(list(claim_ids)))
    if len(claims) != len(set(claim_ids)) or not claims:
        raise NOTHING_TO_SIGN.refused(step=STEP_NAMES[step])
    for claim in claims:
        if claim.state != state:
            raise LINE_NOT_WAITING.refused(claim=claim.number, step=STEP_NAMES[step])
    return claims


def _check_step(work: Work, batch: SettlementBatch, claims: Sequence[Claim], step: Step) -> None:
    """Refuse a step that is not the next of any of the claims, by the amount band of the batch."""
    required = required_steps(
        batch.declared_total_fen, day_of(batch.created_at), tables.read_bands(work.session)
    )
    signed = list_signed_steps(work.session, [each.id for each in claims])
    for claim in claims:
        done = {Step.SUBMIT, *(Step(word) for word in signed.get((claim.id, claim.revision), ()))}
        check_order(step, done, required)


def _write_signatures(work: Work, claims: Sequence[Claim], step: Step, decision: str, opinion: str) -> None:
    person_id = work.actor.person_id
    ids = [each.id for each in claims]
    known = {
        claim_id
        for claim_id, hands in list_hands(work.session, ids).items()
        if any(person == person_id for _, person in hands)
    }
    fresh = [
        {"claim_id": each.id, "person_id": person_id, "step": str(step)}
        for each in claims
        if each.id not in known
    ]
    insert_rows(work.session, ClaimHand, fresh)
    insert_rows(
        work.session,
        Signature,
        [
            {
                "claim_id": each.id,
                "revision": each.revision,
                "step": str(step),
                "decision": decision,
                "opinion": opinion,
                "signer_person_id": person_id,
                "submitter_person_id": each.submitter_person_id,
                "signed_at": work.at,
            }
            for each in claims
        ],
    )
    note_signed(work, {each.batch_id for each in claims}, step)
