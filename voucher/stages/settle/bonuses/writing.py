"""An application written as it was judged: bases, claims, lines, hands; all of it filed at once."""

from __future__ import annotations

from collections.abc import Sequence

from voucher.ledger import budget as budgets
from voucher.ledger import entitlements, states
from voucher.plumbing.bulk import next_ids
from voucher.plumbing.db import insert_rows
from voucher.plumbing.unit_of_work import Work
from voucher.rules.approval import Step
from voucher.rules.bonus_judges import BonusVerdict
from voucher.rules.bonus_kinds import BonusKind
from voucher.rules.errors import refusal_as_json
from voucher.rules.lifecycle import Thing
from voucher.rules.vocabulary import Outcome
from voucher.stages.settle.adding_up import Counted, keep_sums
from voucher.stages.settle.bonuses.cases import Line
from voucher.stages.settle.ending import money_of
from voucher.stages.settle.models.bonuses import BonusBasis
from voucher.stages.settle.models.claims import Claim, ClaimHand, SettlementBatch, SettlementLine

Judged = Sequence[tuple[Line, BonusVerdict]]


def write_batch(
    work: Work,
    kind: BonusKind,
    region_code: str,
    project_id: int,
    budget_id: int,
    payee_id: int,
    judged: Judged,
) -> SettlementBatch:
    """Write one batch with a basis for every line and a claim for every one that is due or left to people.

    The budget is locked; the lines fit it. Raises Refused entitlement_taken.
    """
    batch = _open(work, kind, region_code, project_id, budget_id, judged)
    # with ids of their own the rows of a table go in by one statement, however many
    ids = next_ids(work.session, BonusBasis, len(judged))
    bases = [
        _basis(work, basis_id, kind, region_code, payee_id, line)
        for basis_id, (line, _) in zip(ids, judged, strict=True)
    ]
    work.session.add_all(bases)
    work.session.flush()
    going = [
        (basis, line, verdict)
        for basis, (line, verdict) in zip(bases, judged, strict=True)
        if verdict.outcome is not Outcome.REFUSED
    ]
    claims = _claims(work, batch, payee_id, going)
    by_basis = {each.basis_id: each for each in claims}
    work.session.add_all(
        _line(line_id, batch, position, basis, verdict, by_basis.get(basis.id))
        for position, (line_id, basis, (_, verdict)) in enumerate(
            zip(next_ids(work.session, SettlementLine, len(judged)), bases, judged, strict=True), start=1
        )
    )
    work.session.flush()
    counted = (
        (verdict.outcome, basis.level, basis.person_id, verdict.amount_fen, basis.id in by_basis)
        for basis, (_, verdict) in zip(bases, judged, strict=True)
    )
    keep_sums(work, batch.id, (Counted(payee_id, *each) for each in counted))
    _file(work, batch, claims)
    return batch


def _open(
    work: Work, kind: BonusKind, region_code: str, project_id: int, budget_id: int, judged: Judged
) -> SettlementBatch:
    payable = [verdict for _, verdict in judged if verdict.outcome is Outcome.PAYABLE]
    days = [line.entry.happened_on for line, _ in judged]
    batch = SettlementBatch(
        kind=str(kind),
        region_code=region_code,
        from_on=min(days),
        until_on=max(days),
        project_id=project_id,
        budget_id=budget_id,
        declared_count=len(payable),
        declared_total_fen=sum(each.amount_fen for each in payable),
        created_by_person_id=work.actor.person_id,
        created_at=work.at,
        **states.first_state(Thing.BATCH, "open"),
    )
    work.session.add(batch)
    work.session.flush()
    states.begin(work, Thing.BATCH, [batch.id], "open")
    return batch


def _basis(
    work: Work, basis_id: int, kind: BonusKind, region_code: str, payee_id: int, line: Line
) -> BonusBasis:
    entry, case = line.entry, line.case
    return BonusBasis(
        id=basis_id,
        kind=str(kind),
        item_code=entry.item_code,
        level=0,
        person_id=case.person_id,
        institution_id=payee_id,
        region_code=region_code,
        occasion=entry.occasion,
        document=entry.document,
        happened_on=entry.happened_on,
        asked_fen=entry.asked_fen,
        firm_size=str(case.firm_size) if case.firm_size else None,
        insured_months=case.insured_months,
        heads=entry.heads,
        completed=entry.completed,
        settles_basis_id=line.advance.id if line.advance else None,
        entered_by_person_id=work.actor.person_id,
        entered_at=work.at,
    )


def _claims(
    work: Work,
    batch: SettlementBatch,
    payee_id: int,
    going: Sequence[tuple[BonusBasis, Line, BonusVerdict]],
) -> list[Claim]:
    """Take the keys and write the drafts."""
    keys = entitlements.take(
        work,
        [
            {
                "key": line.key,
                "kind": batch.kind,
                "person_id": basis.person_id,
                "trade_code": basis.item_code,
                "level": None,
            }
            for basis, line, _ in going
        ],
    )
    claims = [
        Claim(
            id=claim_id,
            kind=batch.kind,
            batch_id=batch.id,
            budget_id=batch.budget_id,
            project_id=batch.project_id,
            region_code=batch.region_code,
            person_id=basis.person_id,
            trade_code=basis.item_code,
            level=basis.level,
            basis_id=basis.id,
            verified=True,
            institution_id=payee_id,
            entitlement_id=entitlement_id,
            entitlement_key=line.key,
            proposed_fen=verdict.proposed_fen,
            amount_fen=verdict.amount_fen,
            reserved_fen=verdict.amount_fen,
            explanation=verdict.explanation,
            revision=1,
            submitter_person_id=work.actor.person_id,
            filed_on=work.today,
            filed_at=work.at,
            **states.first_state(Thing.CLAIM, "draft"),
        )
        for claim_id, (basis, line, verdict), entitlement_id in zip(
            next_ids(work.session, Claim, len(going)), going, keys, strict=True
        )
    ]
    work.session.add_all(claims)
    work.session.flush()
    content: dict[int, dict[str, object]] = {each.id: {"amount_fen": each.amount_fen} for each in claims}
    states.begin(work, Thing.CLAIM, list(content), "draft", content=content)
    hands = [
        {"claim_id": each.id, "person_id": work.actor.person_id, "step": str(Step.SUBMIT)} for each in claims
    ]
    insert_rows(work.session, ClaimHand, hands)
    return claims


def _line(
    line_id: int,
    batch: SettlementBatch,
    position: int,
    basis: BonusBasis,
    verdict: BonusVerdict,
    claim: Claim | None,
) -> SettlementLine:
    return SettlementLine(
        id=line_id,
        batch_id=batch.id,
        position=position,
        basis_id=basis.id,
        person_id=basis.person_id,
        outcome=str(verdict.outcome),
        amount_fen=verdict.amount_fen,
        explanation=verdict.explanation,
        findings=verdict.findings,
        refusal=refusal_as_json(verdict.refusal) if verdict.refusal is not None else None,
        claim_id=claim.id if claim is not None else None,
    )


def _file(work: Work, batch: SettlementBatch, claims: Sequence[Claim]) -> None:
    """Submit what is payable, refer what two people decide, file the batch or cancel an empty one."""
    payable = [each for each in claims if each.amount_fen]
    budgets.reserve(work, batch.budget_id, [money_of(each, each.amount_fen) for each in payable])
    states.move(work, Claim, payable, "submit")
    states.move(work, Claim, [each for each in claims if not each.amount_fen], "refer")
    if claims:
        states.move(work, SettlementBatch, [batch], "file")
    else:
        states.move(work, SettlementBatch, [batch], "cancel", reason="没有可以申报的事项")
