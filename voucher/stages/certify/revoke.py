"""Revoking a certificate, and putting it back after an appeal: an event each, never a deletion.

What follows for vouchers and claims is the settlement's to do: it reads what is revoked.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from voucher.ledger import reinstatements, states
from voucher.ledger.reinstatements import Reinstatement
from voucher.plumbing.db import insert_rows
from voucher.plumbing.unit_of_work import Work
from voucher.registry import catalogue
from voucher.registry.card_numbers import look_up_as
from voucher.registry.institutions import EvaluatorFiling, Institution
from voucher.rules.actor import Role, check_role
from voucher.rules.certificates import CERTIFICATE_REVOKED
from voucher.rules.duplicates import canonical_occupation
from voucher.rules.errors import Family, Refusal, reason
from voucher.rules.lifecycle import Thing, check_event
from voucher.rules.privacy import mask_free_text
from voucher.rules.revocations import Consequences, check_as_seen
from voucher.stages.certify.models import Certificate, Verification
from voucher.stages.certify.queries.cards import ANY_CARD, Meant, find_entries, find_meant
from voucher.stages.certify.queries.register import CERTIFICATE_NUMBER_UNKNOWN
from voucher.stages.certify.verify import as_json, verify

SOURCE = "豫办〔2021〕29号 第16项 无证无价; S2-16f; AC-I1"
# what falls with a certificate is the settlement's to say: whoever opens the door hands in how to read it
ReadConsequences = Callable[[Session, Collection[int]], Consequences]
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


def revoke_certificate(
    work: Work,
    number: str,
    why: str,
    *,
    read: ReadConsequences,
    seen: str,
    meant: Meant = ANY_CARD,
) -> Certificate:
    """Revoke a certificate; from now on no voucher, claim or payment can stand on it.

    Of a number that several cards have it is the one `meant`.

    `seen` is the digest of the consequences that were shown to who revokes. Raises Refused role_missing,
    certificate_number_unknown (also for a foreign one), card_unclear, revocation_why_missing,
    event_not_allowed, revocation_unseen.
    """
    certificate = lock_within_reach(work, number, why, meant)
    check_event(Thing.CERTIFICATE, certificate.state, "revoke")
    check_as_seen(read(work.session, [certificate.id]), seen)
    revoke_all(work, [certificate], why.strip())
    return certificate


def revoke_all(work: Work, certificates: Sequence[Certificate], why: str) -> None:
    """Revoke certificates that are locked and within reach; from now on nothing can stand on them.

    Raises Refused event_not_allowed.
    """
    states.move(work, Certificate, certificates, "revoke", reason=why)
    told = {
        each.id: [CERTIFICATE_REVOKED.refusal(number=mask_free_text(each.number))] for each in certificates
    }
    _write_look_ups(work, certificates, told)


def ask_reinstatement(work: Work, number: str, why: str, meant: Meant = ANY_CARD) -> Reinstatement:
    """Ask to put a revoked certificate back after an appeal; another officer decides.

    Raises Refused role_missing, certificate_number_unknown, card_unclear, revocation_why_missing,
    event_not_allowed, register_still_revoked, reinstatement_asked_already.
    """
    certificate = lock_within_reach(work, number, why, meant)
    _check_may_stand_again(work, certificate)
    return reinstatements.ask(work, Thing.CERTIFICATE, certificate.id, why.strip())


def reinstate_certificate(work: Work, number: str, meant: Meant = ANY_CARD) -> Certificate:
    """Put a certificate back that another officer asked for, and ask the register about it anew.

    Raises Refused role_missing, certificate_number_unknown, card_unclear, event_not_allowed,
    register_still_revoked, reinstatement_not_asked, second_person_needed.
    """
    certificate = lock_within_reach(work, number, None, meant)
    _check_may_stand_again(work, certificate)
    asked = reinstatements.agree(work, Thing.CERTIFICATE, certificate.id)
    states.move(work, Certificate, [certificate], "reinstate", reason=asked.why)
    if certificate.filing_id is None:
        _write_look_ups(work, [certificate], {})
    else:
        verify(work, [certificate.id])
    return certificate


def decline_reinstatement(work: Work, number: str, why: str, meant: Meant = ANY_CARD) -> Reinstatement:
    """Decline, as another officer with a reason: the certificate stays revoked; it may be asked for anew.

    Raises Refused role_missing, certificate_number_unknown, card_unclear, revocation_why_missing,
    reinstatement_not_asked, second_person_needed.
    """
    certificate = lock_within_reach(work, number, why, meant)
    return reinstatements.decline(work, Thing.CERTIFICATE, certificate.id, why)


def lock_within_reach(work: Work, number: str, why: str | None, meant: Meant = ANY_CARD) -> Certificate:
    """Return a certificate in the actor's regions, locked: by its filing, else by who issued it.

    Raises Refused role_missing, revocation_why_missing, certificate_number_unknown (also for a foreign one),
    card_unclear where several cards of the number may be the one `meant`.
    """
    check_role(work.actor, *OFFICERS)
    if why is not None and not why.strip():
        raise REVOCATION_WHY_MISSING.refused()
    rows = work.session.execute(
        select(Certificate, EvaluatorFiling.region_code, Institution.region_code)
        .join(Institution, Institution.id == Certificate.institution_id)
        .outerjoin(EvaluatorFiling, EvaluatorFiling.id == Certificate.filing_id)
        .where(Certificate.number == look_up_as(work.keyring, number))
        .order_by(Certificate.id)
        .with_for_update(of=Certificate)
        .execution_options(populate_existing=True)
    ).all()
    reached = frozenset().union(*(work.actor.reach.get(role, frozenset[str]()) for role in OFFICERS))
    cards = [each for each, filed_in, house_in in rows if (filed_in or house_in) in reached]
    certificate = find_meant(cards, meant, catalogue.read_aliases(work.session))
    if certificate is None:
        raise CERTIFICATE_NUMBER_UNKNOWN.refused()
    return certificate


def _check_may_stand_again(work: Work, certificate: Certificate) -> None:
    check_event(Thing.CERTIFICATE, certificate.state, "reinstate")
    entries = find_entries(work.session, [certificate.number], work.today)
    card = certificate.trade_code, certificate.issued_on
    entry = entries.find(certificate.number, *card)
    if entry is not None and entry.status == "revoked" and entries.is_same(entry, *card):
        raise REGISTER_STILL_REVOKED.refused(number=mask_free_text(certificate.number))


def _write_look_ups(
    work: Work, certificates: Sequence[Certificate], refusals: Mapping[int, list[Refusal]]
) -> None:
    """Write what is known of certificates now, so that whatever stands on the newest look-up sees it."""
    entries = find_entries(work.session, [each.number for each in certificates], work.today)
    found = {each.id: entries.find(each.number, each.trade_code, each.issued_on) for each in certificates}
    entry_ids = {key: entry.id for key, entry in found.items() if entry is not None}
    aliases = catalogue.read_aliases(work.session)
    insert_rows(
        work.session,
        Verification,
        [
            {
                "certificate_id": each.id,
                "register_entry_id": entry_ids.get(each.id),
                "person_id": each.person_id,
                "trade_code": canonical_occupation(each.trade_code, aliases),
                "level": each.level,
                "verified": not refusals.get(each.id),
                "codes": [as_json(told) for told in refusals.get(each.id, [])],
                "source": BY_OFFICE,
                "asked_at": work.at,
                "asked_by_person_id": work.actor.person_id,
            }
            for each in certificates
        ],
    )
