"""What an advance did not earn comes back: filed by one, made a receivable by an officer other than that."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import exists, select
from sqlalchemy.orm import Session, aliased

from voucher.plumbing.unit_of_work import Work
from voucher.registry.institutions import Institution
from voucher.rules.actor import check_reach
from voucher.rules.approval import check_two_people
from voucher.rules.bonus_kinds import BonusKind
from voucher.rules.bonuses import ADVANCE_TO_RETURN
from voucher.rules.clawback import ADVANCE_SOURCE
from voucher.rules.errors import Family, reason
from voucher.rules.money import format_yuan
from voucher.stages.settle.bonuses.earlier import ENDED
from voucher.stages.settle.clawback import OFFICE, open_clawbacks
from voucher.stages.settle.models.bonuses import BonusBasis
from voucher.stages.settle.models.claims import Claim, SettlementLine
from voucher.stages.settle.models.payments import Clawback
from voucher.stages.settle.reading import get_claim
from voucher.stages.settle.review import OPINION_MISSING

RETURNS_SHOWN = 50

NOTHING_TO_RETURN = reason(
    "nothing_to_return",
    "该申领没有待确认的应退预支，或应退金额已变为 {amount} 元",
    "请刷新申领页面，核对最近一次结算申报后再办理",
    ADVANCE_SOURCE,
    Family.CONFLICT,
)


@dataclass(frozen=True, slots=True)
class Return:
    """What goes back of a paid advance by a settlement: its basis, the sum in fen, the words."""

    claim: Claim
    basis: BonusBasis
    amount_fen: int
    told: str


def find_return(session: Session, claim: Claim) -> Return | None:
    """Return what goes back of a paid advance by its newest settlement, until somebody acts on it."""
    if claim.kind != BonusKind.APPRENTICESHIP_ADVANCE or claim.state != "paid":
        return None
    bases = {
        each.id: each
        for each in session.scalars(
            select(BonusBasis).where(
                BonusBasis.institution_id == claim.institution_id,
                BonusBasis.kind == str(BonusKind.APPRENTICESHIP_SETTLEMENT),
                BonusBasis.settles_basis_id == claim.basis_id,
            )
        )
    }
    going = select(Claim.id).where(Claim.basis_id.in_(bases), Claim.state.not_in(ENDED))
    if not bases or session.scalar(going.limit(1)) is not None:
        return None
    lines = session.scalars(
        select(SettlementLine)
        .where(SettlementLine.basis_id.in_(bases))
        .order_by(SettlementLine.basis_id.desc())
    ).all()
    for line in lines:
        basis, refusal = bases[line.basis_id or 0], line.refusal or {}
        if refusal.get("code") == ADVANCE_TO_RETURN.code and refusal["facts"]["returned_fen"] > 0:
            return Return(claim, basis, refusal["facts"]["returned_fen"], refusal["title"])
    return None


def list_returns(session: Session, regions: Collection[str]) -> list[Return]:
    """Return what waits in these regions for an officer to make it a receivable, oldest first."""
    settlement = aliased(BonusBasis)
    claims = session.scalars(
        select(Claim)
        .where(
            Claim.kind == str(BonusKind.APPRENTICESHIP_ADVANCE),
            Claim.state == "paid",
            Claim.region_code.in_(sorted(regions)),
            exists().where(
                settlement.institution_id == Claim.institution_id,
                settlement.settles_basis_id == Claim.basis_id,
            ),
        )
        .order_by(Claim.id)
        .limit(RETURNS_SHOWN)
    ).all()
    return [found for each in claims if (found := find_return(session, each)) is not None]


def confirm_return(work: Work, claim_id: int, amount_fen: int, why: str) -> Clawback:
    """Open the receivable a settlement speaks of, of the sum in fen that was seen; not by who filed it.

    The payee is locked first, as by every application, so that no settlement is filed meanwhile.
    Raises Refused claim_missing, role_missing, opinion_missing, nothing_to_return, second_person_needed.
    """
    if not why.strip():
        raise OPINION_MISSING.refused()
    payee_id = select(Claim.institution_id).where(Claim.id == claim_id).scalar_subquery()
    work.session.execute(select(Institution.id).where(Institution.id == payee_id).with_for_update()).all()
    claim = get_claim(work, claim_id)
    check_reach(work.actor, claim.region_code, *OFFICE)
    found = find_return(work.session, claim)
    if found is None or found.amount_fen != amount_fen:
        raise NOTHING_TO_RETURN.refused(amount=format_yuan(found.amount_fen if found is not None else 0))
    check_two_people(found.basis.entered_by_person_id, work.actor.person_id)
    reason_told = f"{found.told}；{why.strip()}"
    return open_clawbacks(work, [claim], reason_told, amounts_fen={claim.id: amount_fen})[0]
