"""What every verdict on a line of a claim has in common: the first refusal stays, a doubt is for people."""

from __future__ import annotations

from dataclasses import dataclass, field

from voucher.rules.errors import Refusal
from voucher.rules.vocabulary import Outcome

PASSED, CAUTION, FAILED, UNCHECKED = "✓", "!", "✗", "未核"


@dataclass(slots=True, kw_only=True)
class LineVerdict:
    """Outcome, amounts in fen, the sentence behind it and every finding, whatever a line is claimed on."""

    outcome: Outcome = Outcome.PAYABLE
    amount_fen: int = 0
    proposed_fen: int = 0
    explanation: str = ""
    findings: list[dict[str, str]] = field(default_factory=list)
    refusal: Refusal | None = None

    def note(self, mark: str, text: str, source: str) -> None:
        """Add a finding."""
        self.findings.append({"mark": mark, "text": text, "source": source})

    def refuse(self, refusal: Refusal) -> None:
        """Refuse the line, for the first reason that is found."""
        self.note(FAILED, refusal.title, refusal.source)
        if self.outcome is not Outcome.REFUSED:
            self._end(Outcome.REFUSED, refusal)

    def refer(self, refusal: Refusal) -> None:
        """Leave the line to people, unless it is refused already."""
        self.note(CAUTION, refusal.title, refusal.source)
        if self.outcome is Outcome.PAYABLE:
            self._end(Outcome.MANUAL, refusal)

    def _end(self, outcome: Outcome, refusal: Refusal) -> None:
        self.outcome, self.refusal = outcome, refusal
        self.amount_fen, self.explanation = 0, refusal.sentence
