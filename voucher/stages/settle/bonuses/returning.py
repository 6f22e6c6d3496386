"""What an advance did not earn comes back: a receivable for that part against whoever had the advance."""

from __future__ import annotations

from voucher.plumbing.unit_of_work import Work
from voucher.rules.bonus_judges import BonusVerdict
from voucher.rules.bonuses import ADVANCE_TO_RETURN
from voucher.stages.settle.bonuses.cases import Line
from voucher.stages.settle.clawback import open_clawbacks
from voucher.stages.settle.models.claims import Claim
from voucher.stages.settle.reading import lock_claims


def return_advance(work: Work, line: Line, verdict: BonusVerdict) -> None:
    """Open a receivable where a settlement earned less than was advanced. Raises event_not_allowed."""
    if line.advance is None or verdict.refusal is None or verdict.refusal.code != ADVANCE_TO_RETURN.code:
        return
    returned_fen = verdict.refusal.facts["returned_fen"]
    if not isinstance(returned_fen, int) or returned_fen <= 0:
        return
    claims = lock_claims(work, Claim.basis_id == line.advance.id)
    open_clawbacks(work, claims, verdict.refusal.title, amounts_fen={claims[0].id: returned_fen})
