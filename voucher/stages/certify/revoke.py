"""Revoking a certificate, and putting it back after an appeal: an event each, never a deletion.

What follows for vouchers and claims is the settlement's to do: it reads what is revoked.
"""

from __future__ import annotations

from sqlalchemy import select

from voucher.ledger import reinstatements, states
from voucher.ledger.reinstatements import Reinstatement
from voucher.plumbing.unit_of_work import Work
from voucher.registry import catalogue
from voucher.registry.institutions import EvaluatorFiling, Institution
from voucher.rules.actor import Role, check_role
from voucher.rules.certificates import CERTIFICATE_REVOKED
from voucher.rules.duplicates import canonical_occupation
from voucher.rules.errors import Family, Refusal, reason
from voucher.rules.lifecycle import Thing, check_event
from voucher.rules.privacy import mask_free_text
from voucher.rules.spelling import fold_spelling
from voucher.stages.certify.models import Certificate, Verification
from voucher.stages.certify.queries.register import (
    CERTIFICATE_NUMBER_UNKNOWN,
    find_candidates,
    find_newest_entries,
)
from voucher.stages.certify.verify import as_json, verify

SOURCE = "豫办〔2021〕29号 第16项 无证无价; S2-16f; AC-I1"
OFFICERS = (Role.OFFICER_COUNTY, Role.OFFICER_CITY, Role.OFFICER_PROVINCE)
BY_OFFICE = "office"

REVOCATION_WHY_MISSING = reason(
    "revocation_why_missing",
    "没有写明理由",
    "请写明撤销或恢复证书的事实和依据",
    SOURCE,
)
REGISTER_STILL_REVOKED = reason(
    "register_still_revoked",
    "全国联网登记中证书 {number} 仍为撤销",
    "请先由发证机构恢复登记，再办理恢复",
    SOURCE,
    Family.CONFLICT,
)


def revoke_certificate(work: Work, number: str, why: str) -> Certificate:
    """Revoke a certificate; from now on no voucher, claim or payment can stand on it.

    Raises Refused role_missing, certificate_number_unknown (also for a foreign one), revocation_why_missing,
    event_not_allowed.
    """
    certificate = _lock_within_reach(work, number, why)
    states.move(work, Certificate, [certificate], "revoke", reason=why.strip())
    _write_look_up(
        work, certificate, [CERTIFICATE_REVOKED.refusal(number=mask_free_text(certificate.number))]
    )
    return certificate


def ask_reinstatement(work: Work, number: str, why: str) -> Reinstatement:
    """Ask to put a revoked certificate back after an appeal; another officer decides.

    Raises Refused role_missing, certificate_number_unknown, revocation_why_missing, event_not_allowed,
    register_still_revoked, reinstatement_asked_already.
    """
    certificate = _lock_within_reach(work, number, why)
    _check_may_stand_again(work, certificate)
    return reinstatements.ask(work, Thing.CERTIFICATE, certificate.id, why.strip())


def reinstate_certificate(work: Work, number: str) -> Certificate:
    """Put a certificate back that another officer asked for, and ask the register about it anew.

    Raises Refused role_missing, certificate_number_unknown, event_not_allowed, register_still_revoked,
    reinstatement_not_asked, second_person_needed.
    """
    certificate = _lock_within_reach(work, number, None)
    _check_may_stand_again(work, certificate)
    asked = reinstatements.agree(work, Thing.CERTIFICATE, certificate.id)
    states.move(work, Certificate, [certificate], "reinstate", reason=asked.why)
    if certificate.filing_id is None:
        _write_look_up(work, certificate, [])
    else:
        verify(work, list(find_candidates(work.session, [certificate.id]).values()))
    return certificate


def _lock_within_reach(work: Work, number: str, why: str | None) -> Certificate:
    """Return a certificate in the actor's regions, locked: by its filing, else by who issued it."""
    check_role(work.actor, *OFFICERS)
    if why is not None and not why.strip():
        raise REVOCATION_WHY_MISSING.refused()
    certificate = work.session.scalars(
        select(Certificate)
        .where(Certificate.number == fold_spelling(number).upper())
        .with_for_update()
        .execution_options(populate_existing=True)
    ).first()
    if certificate is None:
        raise CERTIFICATE_NUMBER_UNKNOWN.refused()
    region_code = (
        work.session.get_one(EvaluatorFiling, certificate.filing_id).region_code
        if certificate.filing_id is not None
        else work.session.get_one(Institution, certificate.institution_id).region_code
    )
    if not any(region_code in work.actor.reach.get(role, frozenset()) for role in OFFICERS):
        raise CERTIFICATE_NUMBER_UNKNOWN.refused()
    return certificate


def _check_may_stand_again(work: Work, certificate: Certificate) -> None:
    check_event(Thing.CERTIFICATE, certificate.state, "reinstate")
    entry = find_newest_entries(work.session, [certificate.number]).get(certificate.number)
    if entry is not None and entry.status == "revoked":
        raise REGISTER_STILL_REVOKED.refused(number=mask_free_text(certificate.number))


def _write_look_up(work: Work, certificate: Certificate, refusals: list[Refusal]) -> None:
    """Write what is known of a certificate now, so that whatever stands on the newest look-up sees it."""
    entry = find_newest_entries(work.session, [certificate.number]).get(certificate.number)
    work.session.add(
        Verification(
            certificate_id=certificate.id,
            register_entry_id=entry.id if entry is not None else None,
            person_id=certificate.person_id,
            trade_code=canonical_occupation(certificate.trade_code, catalogue.read_aliases(work.session)),
            level=certificate.level,
            verified=not refusals,
            codes=[as_json(each) for each in refusals],
            source=BY_OFFICE,
            asked_at=work.at,
            asked_by_person_id=work.actor.person_id,
        )
    )
    work.session.flush()
