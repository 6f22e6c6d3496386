"""Certificates that are alike: issued by one evaluator on one day for one trade and level in one way.

What the rules say of them without their holders is the same for all, and is asked once.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from datetime import date

from voucher.rules.certificates import Scope
from voucher.rules.vocabulary import SubsidyKind
from voucher.stages.certify.queries import Candidate
from voucher.stages.settle.judging import Verdict, judge_case
from voucher.stages.settle.lawbook import Lawbook


class Cases:
    """The cases of one settlement, each judged when it is met first."""

    def __init__(self, kind: SubsidyKind, filed_on: date, lawbook: Lawbook) -> None:
        self.kind, self.filed_on, self.lawbook = kind, filed_on, lawbook
        self._known: dict[Hashable, Verdict] = {}

    def judge(self, candidate: Candidate, scopes: Sequence[Scope]) -> Verdict:
        """Return what the rules say of a certificate that no voucher stands behind, its holder aside."""
        if candidate.codes:
            # what the register says against it is its own
            return judge_case(candidate, self.kind, scopes, self.filed_on, self.lawbook)
        each = candidate.certificate
        alike = (
            *(each.kind, each.trade_code, candidate.canonical_trade_code, each.level, each.method),
            *(each.issued_on, each.institution_id, each.filing_id, each.fee_fen),
        )
        known = self._known.get(alike)
        if known is None:
            known = judge_case(candidate, self.kind, scopes, self.filed_on, self.lawbook)
            self._known[alike] = known
        return Verdict(
            candidate,
            outcome=known.outcome,
            amount_fen=known.amount_fen,
            proposed_fen=known.proposed_fen,
            explanation=known.explanation,
            findings=list(known.findings),
            refusal=known.refusal,
        )
