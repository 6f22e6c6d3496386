"""Putting a voucher back after an appeal: one officer asks, another agrees; what is still owed is waived."""

from __future__ import annotations

from sqlalchemy import select

from voucher.ledger import reinstatements, states
from voucher.ledger.reinstatements import Reinstatement
from voucher.ledger.vouchers import VOUCHER_MISSING, Voucher, advance, get_voucher
from voucher.plumbing.unit_of_work import Work
from voucher.rules.actor import Role, check_reach
from voucher.rules.errors import Family, reason
from voucher.rules.lifecycle import Thing, check_event
from voucher.stages.certify import queries as certificates
from voucher.stages.settle.models.claims import Claim
from voucher.stages.settle.models.payments import Clawback
from voucher.stages.settle.offset_plans import check_not_planned
from voucher.stages.settle.reading import check_apart, lock_claims
from voucher.stages.settle.review import OPINION_MISSING

OFFICE = (Role.OFFICER_COUNTY, Role.OFFICER_CITY, Role.OFFICER_PROVINCE)

CERTIFICATE_STILL_REVOKED = reason(
    "certificate_still_revoked",
    "培训券 {voucher} 的证书仍是撤销状态",
    "请先恢复证书（两人办理），再恢复培训券；无证无价",
    "豫办〔2021〕29号 第16项 无证无价; S2-16f",
    Family.CONFLICT,
)


def ask_reinstatement(work: Work, voucher_id: int, why: str) -> Reinstatement:
    """Ask to put a voucher being recovered back to 已兑现; another officer agrees.

    Raises Refused voucher_missing (also for a foreign one), role_missing, involved, opinion_missing,
    event_not_allowed, certificate_still_revoked, reinstatement_asked_already.
    """
    if not why.strip():
        raise OPINION_MISSING.refused()
    voucher = _get_recovering(work, voucher_id)
    return reinstatements.ask(work, Thing.VOUCHER, voucher.id, why.strip())


def reinstate(work: Work, voucher_id: int) -> Voucher:
    """Agree to what another officer has asked: what is not paid back yet is waived, its claims stay paid.

    What has come back stays with the treasury. Raises Refused voucher_missing (also for a foreign one),
    role_missing, involved, event_not_allowed, certificate_still_revoked,
    reinstatement_not_asked, second_person_needed, offset_under_way.
    """
    voucher = _get_recovering(work, voucher_id)
    asked = reinstatements.agree(work, Thing.VOUCHER, voucher.id)
    claims = lock_claims(work, Claim.voucher_id == voucher.id, Claim.state == "recovering")
    owed = work.session.scalars(
        select(Clawback)
        .where(Clawback.claim_id.in_([each.id for each in claims]), Clawback.state == "opened")
        .order_by(Clawback.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    check_not_planned(work.session, owed)
    states.move(work, Clawback, owed, "waive", reason=asked.why)
    states.move(work, Claim, claims, "reinstate", reason=asked.why)
    advance(work, [voucher], "reinstate", reason=asked.why)
    return voucher


def decline_reinstatement(work: Work, voucher_id: int, why: str) -> Reinstatement:
    """Decline, as another officer with a reason: what is owed stays owed, and it may be asked for anew.

    Raises Refused voucher_missing (also for a foreign one), role_missing, involved, why_missing,
    reinstatement_not_asked, second_person_needed.
    """
    voucher = get_voucher(work, voucher_id)
    if voucher.region_code not in work.actor.regions:
        raise VOUCHER_MISSING.refused()
    check_reach(work.actor, voucher.region_code, *OFFICE)
    _check_apart(work, voucher)
    return reinstatements.decline(work, Thing.VOUCHER, voucher.id, why)


def _get_recovering(work: Work, voucher_id: int) -> Voucher:
    """Return a voucher that may be put back, locked after its budget."""
    voucher = get_voucher(work, voucher_id, money=True)
    if voucher.region_code not in work.actor.regions:
        raise VOUCHER_MISSING.refused()
    check_reach(work.actor, voucher.region_code, *OFFICE)
    _check_apart(work, voucher)
    check_event(Thing.VOUCHER, voucher.state, "reinstate")
    if voucher.id in certificates.list_decertified_vouchers(work.session):
        raise CERTIFICATE_STILL_REVOKED.refused(voucher=voucher.number)
    return voucher


def _check_apart(work: Work, voucher: Voucher) -> None:
    """Refuse whoever any claim on a voucher concerns: what is owed for it would be waived."""
    claims = work.session.scalars(
        select(Claim).where(Claim.voucher_id == voucher.id).order_by(Claim.id)
    ).all()
    check_apart(work, claims, "恢复")
