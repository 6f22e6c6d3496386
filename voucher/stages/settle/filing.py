"""A batch written as it was judged: claims drafted, money reserved, lines kept, all of it filed at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy import insert, select

from voucher.ledger import budget as budgets
from voucher.ledger import entitlements, states
from voucher.ledger.postings import Line
from voucher.plumbing.db import insert_rows
from voucher.plumbing.unit_of_work import Work
from voucher.rules.approval import Step
from voucher.rules.lifecycle import Thing
from voucher.rules.vocabulary import Outcome, SubsidyKind
from voucher.stages.settle.fitting import waits_for_money
from voucher.stages.settle.judging import Verdict
from voucher.stages.settle.lines import write_lines
from voucher.stages.settle.models.claims import Claim, ClaimHand, SettlementBatch, claim_number
from voucher.stages.settle.precedence import in_batch
from voucher.stages.settle.promises import hand_over


@dataclass(frozen=True, slots=True)
class Frame:
    """What all lines of a batch share: kind, region, period, project and the budget that pays."""

    kind: SubsidyKind
    region_code: str
    from_on: date
    until_on: date
    project_id: int
    budget_id: int


@dataclass(frozen=True, slots=True)
class Settled:
    """What came of it: the batch and every line's verdict, in order of issue."""

    batch_id: int
    batch_number: str
    verdicts: list[Verdict]

    def with_outcome(self, outcome: Outcome) -> list[Verdict]:
        """Return the lines of one outcome."""
        return [each for each in self.verdicts if each.outcome is outcome]

    @property
    def total_fen(self) -> int:
        """Return the payable sum."""
        return sum(each.amount_fen for each in self.with_outcome(Outcome.PAYABLE))


def file_batch(work: Work, frame: Frame, verdicts: list[Verdict]) -> Settled:
    """Write judged lines as one batch, with a claim for every line that is due, waits or is left to a person.

    The budget is locked; the lines fit it. Raises Refused entitlement_taken where another claim was
    committed meanwhile; the caller tries again.
    """
    batch = _open_batch(work, frame, verdicts)
    claims = _write_claims(work, batch, verdicts)
    _name_earlier(work, frame, verdicts)
    write_lines(work, batch.id, verdicts)
    _file(work, batch, claims)
    return Settled(batch.id, batch.number, verdicts)


def _open_batch(work: Work, frame: Frame, verdicts: Sequence[Verdict]) -> SettlementBatch:
    payable = [each for each in verdicts if each.outcome is Outcome.PAYABLE]
    batch = SettlementBatch(
        kind=str(frame.kind),
        region_code=frame.region_code,
        from_on=frame.from_on,
        until_on=frame.until_on,
        project_id=frame.project_id,
        budget_id=frame.budget_id,
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


def _write_claims(work: Work, batch: SettlementBatch, verdicts: Sequence[Verdict]) -> list[Verdict]:
    """Take the keys no voucher holds already and write the drafts; return the lines that became claims."""
    filed = [each for each in verdicts if each.outcome is not Outcome.REFUSED or waits_for_money(each)]
    if not filed:
        return []
    entitlement_ids = _take_keys(work, batch.kind, filed)
    rows = [
        _claim_row(work, batch, each, entitlement_id)
        for each, entitlement_id in zip(filed, entitlement_ids, strict=True)
    ]
    ids = work.session.scalars(insert(Claim).returning(Claim.id, sort_by_parameter_order=True), rows).all()
    for each, claim_id in zip(filed, ids, strict=True):
        each.claim_id = claim_id
    states.begin(
        work,
        Thing.CLAIM,
        list(ids),
        "draft",
        content={i: {"amount_fen": row["amount_fen"]} for i, row in zip(ids, rows, strict=True)},
    )
    insert_rows(
        work.session,
        ClaimHand,
        [{"claim_id": i, "person_id": work.actor.person_id, "step": Step.SUBMIT} for i in ids],
    )
    return filed


def _take_keys(work: Work, kind: str, filed: Sequence[Verdict]) -> list[int]:
    """Return the key of every line: the one its voucher holds, or one taken now."""
    fresh = [each for each in filed if each.promise is None or each.promise.entitlement_id is None]
    taken = iter(
        entitlements.take(
            work,
            [
                {
                    "key": each.key,
                    "kind": kind,
                    "person_id": each.candidate.certificate.person_id,
                    "trade_code": each.candidate.canonical_trade_code,
                    "level": each.candidate.certificate.level or None,
                }
                for each in fresh
            ],
        )
    )
    return [
        each.promise.entitlement_id if each.promise and each.promise.entitlement_id else next(taken)
        for each in filed
    ]


def _claim_row(
    work: Work, batch: SettlementBatch, verdict: Verdict, entitlement_id: int
) -> dict[str, object]:
    candidate = verdict.candidate
    certificate = candidate.certificate
    payable = verdict.outcome is Outcome.PAYABLE
    return {
        **states.first_state(Thing.CLAIM, "draft"),
        "kind": batch.kind,
        "batch_id": batch.id,
        "budget_id": batch.budget_id,
        "project_id": batch.project_id,
        "region_code": batch.region_code,
        "person_id": certificate.person_id,
        "trade_code": candidate.canonical_trade_code,
        "level": certificate.level,
        "certificate_id": certificate.id,
        "verification_id": candidate.verification_id,
        "verified": True,
        "institution_id": verdict.payee_id,
        "voucher_id": verdict.promise.voucher_id if verdict.promise else None,
        "entitlement_id": entitlement_id,
        "entitlement_key": verdict.key,
        "proposed_fen": verdict.proposed_fen,
        "amount_fen": verdict.proposed_fen if waits_for_money(verdict) else verdict.amount_fen,
        "reserved_fen": verdict.amount_fen if payable else 0,
        "explanation": verdict.explanation,
        "revision": 1,
        "submitter_person_id": work.actor.person_id,
        "filed_on": work.today,
        "filed_at": work.at,
    }


def _name_earlier(work: Work, frame: Frame, verdicts: Sequence[Verdict]) -> None:
    """Put the number of the claim that went before, now that it has one, where its certificate stood."""
    for verdict in verdicts:
        first, told = verdict.earlier, verdict.refusal
        if isinstance(first, Verdict) and first.claim_id is not None and told is not None:
            placeholder = in_batch(first)
            number = claim_number(frame.region_code, work.today.year, first.claim_id)
            verdict.refusal = replace(
                told,
                title=told.title.replace(placeholder, number),
                facts={**told.facts, "earlier": number, "certificate": first.candidate.certificate.number},
            )
            verdict.explanation = verdict.explanation.replace(placeholder, number)
            for finding in verdict.findings:
                finding["text"] = finding["text"].replace(placeholder, number)
            verdict.earlier = number


def _file(work: Work, batch: SettlementBatch, filed: Sequence[Verdict]) -> None:
    """Submit what is payable, refer what a person decides, queue what finds no money, file the batch."""
    ids = {each.claim_id: each for each in filed if each.claim_id is not None}
    loaded = {claim_id: states.Snapshot(claim_id, "draft", 1) for claim_id in ids}
    payable = [i for i, each in ids.items() if each.outcome is Outcome.PAYABLE]
    manual = [i for i, each in ids.items() if each.outcome is Outcome.MANUAL]
    waiting = [i for i, each in ids.items() if each.outcome is Outcome.REFUSED]
    promised = [i for i in payable if ids[i].promise is not None]
    if promised:
        hand_over(work, list(work.session.scalars(select(Claim).where(Claim.id.in_(promised)))))
    budgets.reserve(work, batch.budget_id, [_money(batch, i, ids[i], ids[i].amount_fen) for i in payable])
    budgets.queue_claims(
        work, batch.budget_id, [_money(batch, i, ids[i], ids[i].proposed_fen) for i in waiting]
    )
    states.move(work, Claim, [loaded[i] for i in payable], "submit")
    states.move(work, Claim, [loaded[i] for i in manual], "refer")
    if payable or manual:
        states.move(work, SettlementBatch, [batch], "file")
    elif not waiting:
        states.move(work, SettlementBatch, [batch], "cancel", reason="没有可以申报的证书")


def _money(batch: SettlementBatch, claim_id: int, verdict: Verdict, amount_fen: int) -> Line:
    return Line(
        amount_fen=amount_fen,
        claim_id=claim_id,
        project_id=batch.project_id,
        institution_id=verdict.payee_id,
    )
