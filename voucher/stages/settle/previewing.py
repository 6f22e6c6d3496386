"""Before anything is submitted: what every rule says of each person, and what would be claimed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from voucher.plumbing.unit_of_work import Work
from voucher.registry import card_numbers, catalogue, people
from voucher.rules.card_numbers import mask_number
from voucher.rules.errors import Refusal
from voucher.rules.privacy import mask_identity, mask_name
from voucher.rules.vocabulary import Outcome, SubsidyKind
from voucher.stages.certify import queries as certificates
from voucher.stages.settle.draft import Wish, settle
from voucher.stages.settle.judging import Verdict
from voucher.stages.settle.lines import level_word
from voucher.stages.settle.terms import PLEDGED
from voucher.stages.settle.voucher_claims import file_claims


@dataclass(frozen=True, slots=True)
class PreviewLine:
    """What the rules say of one line before it is claimed; the person is masked, amount in fen.

    Without a voucher the certificate itself is claimed for. A line that waits for money may be submitted
    though it is not payable yet.
    """

    voucher_id: int | None
    masked_name: str
    masked_number: str
    trade_name: str
    level: str
    certificate_number: str
    issued_on: date
    outcome: str
    amount_fen: int
    explanation: str
    findings: tuple[Mapping[str, str], ...]
    refusal: Refusal | None
    may_submit: bool


@dataclass(frozen=True, slots=True)
class Preview:
    """Every line, and what would be declared: the payable ones and their sum in fen."""

    lines: tuple[PreviewLine, ...]

    def with_outcome(self, outcome: Outcome) -> list[PreviewLine]:
        """Return the lines of one outcome."""
        return [each for each in self.lines if each.outcome == str(outcome)]

    @property
    def count(self) -> int:
        """Return how many lines are payable."""
        return len(self.with_outcome(Outcome.PAYABLE))

    @property
    def total_fen(self) -> int:
        """Return what the payable lines come to."""
        return sum(each.amount_fen for each in self.with_outcome(Outcome.PAYABLE))


def preview_claims(work: Work, kind: SubsidyKind, voucher_ids: Sequence[int]) -> Preview:
    """Claim, and tell what came of it: for a work of which nothing is kept.

    What is shown is what would happen, budget and earlier claims included, because it is the same act.
    Raises Refused as `file_claims` does.
    """
    verdicts = file_claims(work, kind, voucher_ids, PLEDGED).verdicts
    proofs = certificates.find_proofs(work.session, sorted(set(voucher_ids)))
    vouchers = {proof.certificate_id: voucher_id for voucher_id, proof in proofs.items()}
    return _tell(work, verdicts, vouchers)


def preview_settlement(work: Work, wish: Wish) -> Preview:
    """Settle a period, and tell what came of it: for a work of which nothing is kept.

    Raises Refused as `settle` does.
    """
    return _tell(work, settle(work, wish).verdicts, {})


def _tell(work: Work, verdicts: Sequence[Verdict], vouchers: Mapping[int, int]) -> Preview:
    named = people.read_people(
        work.session, work.keyring, [each.candidate.certificate.person_id for each in verdicts]
    )
    trades = catalogue.name_trades(work.session, [each.candidate.certificate.trade_code for each in verdicts])
    whole = card_numbers.open_numbers(
        work.session,
        work.keyring,
        [(each.candidate.certificate.person_id, each.candidate.certificate.number) for each in verdicts],
    )
    return Preview(tuple(_line(each, vouchers, named, trades, whole) for each in verdicts))


def _line(
    verdict: Verdict,
    vouchers: Mapping[int, int],
    named: Mapping[int, people.Named],
    trades: Mapping[str, str],
    whole: Mapping[card_numbers.Card, str],
) -> PreviewLine:
    certificate = verdict.candidate.certificate
    who = named.get(certificate.person_id)
    return PreviewLine(
        voucher_id=vouchers.get(certificate.id),
        masked_name=mask_name(who.name) if who else "（已注销）",
        masked_number=mask_identity(who.number) if who and who.number else "",
        trade_name=trades.get(certificate.trade_code, certificate.trade_code),
        level=level_word(certificate.level),
        certificate_number=mask_number(whole[certificate.person_id, certificate.number]),
        issued_on=certificate.issued_on,
        outcome=str(verdict.outcome),
        amount_fen=verdict.amount_fen,
        explanation=verdict.explanation,
        findings=tuple(dict(each) for each in verdict.findings),
        refusal=verdict.refusal,
        may_submit=verdict.claim_id is not None,
    )
