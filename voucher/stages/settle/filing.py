"""A batch written as it was judged: claims drafted, money reserved, lines kept, all of it filed at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy import select

from voucher.ledger import budget as budgets
from voucher.ledger import entitlements, queueing, states
from voucher.ledger.postings import Line
from voucher.plumbing.bulk import Stored, among, next_ids, write_many
from voucher.plumbing.unit_of_work import Work
from voucher.rules.approval import Step
from voucher.rules.card_numbers import mask_number
from voucher.rules.lifecycle import Thing
from voucher.rules.vocabulary import Outcome, SubsidyKind
from voucher.stages.settle.adding_up import Counted, keep_sums
from voucher.stages.settle.fitting import waits_for_money
from voucher.stages.settle.judging import Verdict
from voucher.stages.settle.lines import write_lines
from voucher.stages.settle.models.claims import Claim, ClaimHand, SettlementBatch, claim_number
from voucher.stages.settle.precedence import in_batch
from voucher.stages.settle.promises import hand_over

# so many are written at a time, however many there are
PIECE = 2000
# what happens to a claim on the day it is filed: due, left to a person, or waiting for money
EVENTS = {
    Outcome.PAYABLE: ("draft", "submit"),
    Outcome.MANUAL: ("draft", "refer"),
    Outcome.REFUSED: ("draft",),
}
AFTER = {outcome: states.state_after(Thing.CLAIM, *events) for outcome, events in EVENTS.items()}
COLUMNS = (
    *("id", "state", "seq", "person_id", "trade_code", "level", "certificate_id", "verification_id"),
    *("institution_id", "voucher_id", "entitlement_id", "entitlement_key"),
    *("proposed_fen", "amount_fen", "reserved_fen", "explanation"),
)


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
    filed = [each for each in verdicts if each.outcome is not Outcome.REFUSED or waits_for_money(each)]
    for each, claim_id in zip(filed, next_ids(work.session, Claim, len(filed)), strict=True):
        each.claim_id = claim_id
    _name_earlier(work, frame, verdicts)
    for start in range(0, len(filed), PIECE):
        _write_claims(work, batch, filed[start : start + PIECE])
    for start in range(0, len(verdicts), PIECE):
        write_lines(work, batch.id, verdicts[start : start + PIECE], start + 1)
    keep_sums(work, batch.id, map(_count, verdicts))
    _file(work, batch, filed)
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


def _write_claims(work: Work, batch: SettlementBatch, filed: Sequence[Verdict]) -> None:
    """Take the keys no voucher holds already, and write claims with all that happens to them today."""
    same = {
        "thing": str(Thing.CLAIM),
        "kind": batch.kind,
        "batch_id": batch.id,
        "budget_id": batch.budget_id,
        "project_id": batch.project_id,
        "region_code": batch.region_code,
        "verified": True,
        "revision": 1,
        "submitter_person_id": work.actor.person_id,
        "filed_on": work.today,
        "filed_at": work.at,
    }
    keys = _take_keys(work, batch.kind, filed)
    rows = [_claim_row(each, key) for each, key in zip(filed, keys, strict=True)]
    write_many(work.session, Claim, COLUMNS, rows, same)
    for outcome, events in EVENTS.items():
        content: dict[int, dict[str, object]] = {
            _id(each): {"amount_fen": _claimed_fen(each)} for each in filed if each.outcome is outcome
        }
        states.begin_through(work, Thing.CLAIM, list(content), *events, content=content)
    hands = {"person_id": work.actor.person_id, "step": str(Step.SUBMIT)}
    write_many(work.session, ClaimHand, ("claim_id",), [(_id(each),) for each in filed], hands)


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


def _claim_row(verdict: Verdict, entitlement_id: int) -> tuple[Stored, ...]:
    """Return the columns of `COLUMNS`; what is known at once to be due or a person's is written as that."""
    candidate = verdict.candidate
    certificate = candidate.certificate
    after = AFTER[verdict.outcome]
    return (
        verdict.claim_id,
        after["state"],
        after["seq"],
        certificate.person_id,
        candidate.canonical_trade_code,
        certificate.level,
        certificate.id,
        candidate.verification_id,
        verdict.payee_id,
        verdict.promise.voucher_id if verdict.promise else None,
        entitlement_id,
        verdict.key,
        verdict.proposed_fen,
        _claimed_fen(verdict),
        verdict.amount_fen if verdict.outcome is Outcome.PAYABLE else 0,
        verdict.explanation,
    )


def _count(verdict: Verdict) -> Counted:
    certificate = verdict.candidate.certificate
    return Counted(
        verdict.payee_id,
        verdict.outcome,
        certificate.level,
        certificate.person_id,
        verdict.amount_fen,
        verdict.claim_id is not None,
    )


def _claimed_fen(verdict: Verdict) -> int:
    return verdict.proposed_fen if waits_for_money(verdict) else verdict.amount_fen


def _id(verdict: Verdict) -> int:
    if verdict.claim_id is None:
        raise ValueError("a line without a claim has no claim's id")
    return verdict.claim_id


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
                next_step=told.next_step.replace(placeholder, number),
                facts={
                    **told.facts,
                    "earlier": number,
                    "certificate": mask_number(first.candidate.certificate.number),
                },
            )
            verdict.explanation = verdict.explanation.replace(placeholder, number)
            # a finding is one object for many lines
            verdict.findings = [
                {**each, "text": each["text"].replace(placeholder, number)} for each in verdict.findings
            ]
            verdict.earlier = number


def _file(work: Work, batch: SettlementBatch, filed: Sequence[Verdict]) -> None:
    """Reserve what is payable, queue what finds no money, file the batch."""
    payable = [each for each in filed if each.outcome is Outcome.PAYABLE]
    waiting = [each for each in filed if each.outcome is Outcome.REFUSED]
    promised = [_id(each) for each in payable if each.promise is not None]
    if promised:
        claims = select(Claim).where(among(work.session, Claim.id, promised)).order_by(Claim.id)
        hand_over(work, list(work.session.scalars(claims)))
    budgets.reserve(work, batch.budget_id, [_money(batch, each, each.amount_fen) for each in payable])
    queueing.queue_claims(work, batch.budget_id, [_money(batch, each, each.proposed_fen) for each in waiting])
    if len(filed) > len(waiting):
        states.move(work, SettlementBatch, [batch], "file")
    elif not waiting:
        states.move(work, SettlementBatch, [batch], "cancel", reason="没有可以申报的证书")


def _money(batch: SettlementBatch, verdict: Verdict, amount_fen: int) -> Line:
    return Line(
        amount_fen=amount_fen,
        claim_id=_id(verdict),
        project_id=batch.project_id,
        institution_id=verdict.payee_id,
    )
