"""The queue for money: claims that found none wait in order and are submitted when some is released."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import select

from voucher.ledger import budget as budgets
from voucher.ledger import queueing, states
from voucher.ledger.budget import Waiting
from voucher.ledger.postings import Line
from voucher.plumbing.unit_of_work import Work
from voucher.rules.actor import Role, check_role
from voucher.rules.lifecycle import Thing
from voucher.rules.vocabulary import Outcome
from voucher.stages.settle.adding_up import Counted, keep_sums
from voucher.stages.settle.following import follow
from voucher.stages.settle.models.claims import Claim, SettlementBatch, SettlementLine
from voucher.stages.settle.reading import LOOKUP_CHUNK, lock_claims


def serve_queue(work: Work, budget_id: int) -> int:
    """Submit waiting claims, strictly in order, as far as the money goes; return how many.

    They go into a batch of their own per batch they came from, since that one may be far ahead.
    """
    served: list[Claim] = []
    while (place := queueing.next_waiting(work, budget_id)) is not None and place.claim_id is not None:
        claim = lock_claims(work, Claim.id == place.claim_id)[0]
        if claim.state != "draft":
            # it was withdrawn while this one waited for it
            queueing.end_waiting(work, place, served=False)
            continue
        line = Line(
            amount_fen=place.amount_fen,
            claim_id=claim.id,
            project_id=claim.project_id,
            institution_id=claim.institution_id,
        )
        budgets.reserve(work, budget_id, [line])
        claim.reserved_fen = place.amount_fen
        queueing.end_waiting(work, place, served=True)
        served.append(claim)
    work.session.flush()
    for batch_id in sorted({each.batch_id for each in served}):
        _submit(work, batch_id, [each for each in served if each.batch_id == batch_id])
    return len(served)


def serve_due_queues(work: Work) -> int:
    """Serve every queue there is money for again, as after a grant; return how many claims were submitted.

    Raises Refused role_missing.
    """
    check_role(work.actor, Role.CLOCK)
    queued = work.session.scalars(
        select(Waiting.budget_id).where(Waiting.ended_at.is_(None)).distinct().order_by(Waiting.budget_id)
    ).all()
    return sum(serve_queue(work, budget_id) for budget_id in queued)


def _submit(work: Work, batch_id: int, claims: Sequence[Claim]) -> None:
    old = work.session.get_one(SettlementBatch, batch_id)
    batch = open_follow_up(work, old, claims)
    states.move(work, Claim, claims, "submit", reason="有资金释放，按候补先后自动申报")
    states.move(work, SettlementBatch, [batch], "file")
    follow(work, [old.id])


def open_follow_up(
    work: Work,
    old: SettlementBatch,
    claims: Sequence[Claim],
    judged: Mapping[int, list[dict[str, str]]] | None = None,
) -> SettlementBatch:
    """Open a batch for claims that leave an older one, carry them over, and return it.

    `judged` holds, by certificate, what the rules say now; without it the checks of before go along.
    """
    batch = SettlementBatch(
        kind=old.kind,
        region_code=old.region_code,
        from_on=old.from_on,
        until_on=old.until_on,
        project_id=old.project_id,
        budget_id=old.budget_id,
        declared_count=sum(1 for each in claims if each.amount_fen),
        declared_total_fen=sum(each.amount_fen for each in claims),
        created_by_person_id=work.actor.person_id,
        created_at=work.at,
        **states.first_state(Thing.BATCH, "open"),
    )
    work.session.add(batch)
    work.session.flush()
    states.begin(work, Thing.BATCH, [batch.id], "open", reason=f"承接批次 {old.number}")
    for position, claim in enumerate(claims, start=1):
        line = work.session.scalars(
            select(SettlementLine)
            .where(SettlementLine.claim_id == claim.id)
            .order_by(SettlementLine.id.desc())
            .limit(1)
        ).one()
        work.session.add(
            SettlementLine(
                batch_id=batch.id,
                position=position,
                certificate_id=claim.certificate_id,
                basis_id=claim.basis_id,
                person_id=claim.person_id,
                outcome="payable" if claim.amount_fen else "manual",
                amount_fen=claim.amount_fen,
                explanation=claim.explanation,
                findings=(judged or {}).get(claim.certificate_id or 0, line.findings),
                refusal=None if claim.amount_fen else line.refusal,
                claim_id=claim.id,
            )
        )
        claim.batch_id = batch.id
    work.session.flush()
    keep_sums(work, batch.id, map(_count, claims))
    return batch


def _count(claim: Claim) -> Counted:
    outcome = Outcome.PAYABLE if claim.amount_fen else Outcome.MANUAL
    amount_fen = claim.amount_fen
    return Counted(claim.institution_id, outcome, claim.level, claim.person_id, amount_fen, claimed=True)


def leave_queue(work: Work, claim_ids: Sequence[int]) -> None:
    """Take claims that ended otherwise out of the queue."""
    for start in range(0, len(claim_ids), LOOKUP_CHUNK):
        places = work.session.scalars(
            select(Waiting).where(
                Waiting.claim_id.in_(claim_ids[start : start + LOOKUP_CHUNK]), Waiting.ended_at.is_(None)
            )
        )
        for place in places:
            queueing.end_waiting(work, place, served=False)
