"""What was claimed before under a typed name: read from the bases, whatever key it was filed under then."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from voucher.rules.bonus_kinds import KINDS, BonusKind
from voucher.rules.bonuses import bonus_key
from voucher.stages.settle.models.bonuses import BonusBasis
from voucher.stages.settle.models.claims import Claim

ENDED = ("withdrawn", "rejected")


@dataclass(frozen=True, slots=True)
class Earlier:
    """One claim that has not ended unpaid, its basis, and its key as it is spelled today."""

    claim: Claim
    basis: BonusBasis
    key: str


def read_earlier(
    session: Session, kind: BonusKind, payee_id: int, person_ids: Sequence[int]
) -> list[Earlier]:
    """Return the claims a line of a kind may repeat: of these people, or of the payee's agreements.

    A kind whose key has nothing typed in it has none: the key itself finds its holder.
    """
    asked = select(Claim, BonusBasis).join(BonusBasis, BonusBasis.id == Claim.basis_id)
    terms = KINDS[kind]
    if terms.other_half is not None:
        kinds = sorted((str(kind), str(terms.other_half)))
        asked = asked.where(Claim.kind.in_(kinds), Claim.institution_id == payee_id)
    elif terms.once_at_a_time:
        asked = asked.where(Claim.kind == str(kind), Claim.person_id.in_(sorted(set(person_ids))))
    else:
        return []
    rows = session.execute(asked.where(Claim.state.not_in(ENDED)).order_by(Claim.id))
    return [Earlier(claim, basis, _key_of(basis)) for claim, basis in rows]


def _key_of(basis: BonusBasis) -> str:
    kind = BonusKind(basis.kind)
    return bonus_key(kind, basis.item_code, basis.person_id, basis.institution_id, basis.occasion)
