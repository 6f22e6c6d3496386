"""A certificate of a higher level than the voucher's: proposed by one with evidence, decided by another.

Who agrees lets the voucher be certified by it, at its own level's amount and on the certificate's keys.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from voucher.ledger import audit
from voucher.ledger.holds import check_no_hold
from voucher.ledger.raising import raise_level
from voucher.ledger.vouchers import VOUCHER_MISSING, Voucher, advance, lock_vouchers
from voucher.plumbing.unit_of_work import Work
from voucher.registry import catalogue
from voucher.registry.users import list_served
from voucher.rules.actor import check_reach
from voucher.rules.approval import check_two_people
from voucher.rules.certificates import CERTIFICATE_HELD, CERTIFICATE_REVOKED
from voucher.rules.errors import Family, Refused, reason
from voucher.rules.levels import Level
from voucher.rules.lifecycle import Thing, check_event
from voucher.rules.privacy import mask_free_text
from voucher.rules.proofs import CERTIFICATE_MISSING, CERTIFICATE_USED, HIGHER_SOURCE, check_higher
from voucher.rules.words import check_why
from voucher.stages.certify.attach import write_proof
from voucher.stages.certify.models import Certificate
from voucher.stages.certify.models_higher import HIGHER_PROPOSED, HigherCertificate
from voucher.stages.certify.queries.proofs import (
    find_newest_verifications,
    offer_of,
    read_refusal,
    read_wanted,
)
from voucher.stages.certify.queries.register import find_held, find_proven, level_of
from voucher.stages.certify.revoke import OFFICERS
from voucher.stages.certify.verify import verify
from voucher.stages.train.queries import classes_of

HIGHER_NOT_PROPOSED = reason(
    "higher_certificate_not_proposed",
    "对这张培训券没有等待决定的高等级证书，可能已由另一人办理",
    "请刷新页面查看结果；没有人提出的，请先由一人写明理由和依据后提出",
    HIGHER_SOURCE,
    Family.CONFLICT,
)
HIGHER_INVOLVED = reason(
    "higher_certificate_involved",
    "培训券 {voucher} 是您本人的，或由您任职的机构培训、评价，您不能办理它的高等级证书",
    "请回避，由没有关系的人员办理；同一人的不同账号视为同一人",
    f"公务员法 第七十六条（涉及本人利害关系的应当回避）; {HIGHER_SOURCE}",
    Family.FORBIDDEN,
)


@dataclass(frozen=True, slots=True)
class Decided:
    """What came of it: the voucher, and whether it is certified now."""

    voucher: Voucher
    certified: bool


def propose_higher(work: Work, voucher_id: int, number: str, why: str, evidence: str) -> HigherCertificate:
    """Propose to certify a voucher by its holder's certificate of a higher level; another person decides.

    Raises Refused voucher_missing (also for a foreign one), role_missing, why_missing,
    event_not_allowed, on_hold, higher_certificate_involved, certificate_missing, certificate_used,
    certificate_revoked, certificate_held, certificate_not_higher, higher_certificate_proposed_already,
    and what stands against the certificate itself.
    """
    said, proof = check_why(why), check_why(evidence)
    voucher = _get_voucher(work, voucher_id)
    certificate = _find_certificate(work, voucher, number)
    if _find_open(work, voucher.id) is not None:
        raise HIGHER_PROPOSED.refused()
    _check_apart(work, voucher, certificate)
    _check_fits(work, voucher, certificate)
    proposed = HigherCertificate(
        voucher_id=voucher.id,
        certificate_id=certificate.id,
        why=said,
        evidence=proof,
        proposed_by_person_id=work.actor.person_id,
        proposed_at=work.at,
    )
    work.session.add(proposed)
    work.session.flush()
    _record(work, voucher, "propose_higher", certificate_id=certificate.id, why=said, evidence=proof)
    return proposed


def accept_higher(work: Work, voucher_id: int) -> Decided:
    """Agree, as another person: the voucher is certified, on the keys of the certificate's level.

    Not a fen more is kept for it than before. Raises Refused as `propose_higher` does, and
    higher_certificate_not_proposed, second_person_needed, duplicate_entitlement, entitlement_taken.
    """
    voucher = _get_voucher(work, voucher_id)
    asked, certificate = _take_up(work, voucher)
    _check_fits(work, voucher, certificate)
    level = Level(certificate.level)
    keys = raise_level(work, voucher, level, catalogue.read_aliases(work.session))
    asked.decided_by_person_id, asked.decided_at = work.actor.person_id, work.at
    write_proof(work, voucher, find_newest_verifications(work.session, [certificate.id])[certificate.id])
    work.session.flush()
    _record(work, voucher, "accept_higher", certificate_id=certificate.id, keys=keys)
    advance(work, [voucher], "certify", reason=asked.why)
    return Decided(voucher, certified=True)


def decline_higher(work: Work, voucher_id: int, why: str) -> Decided:
    """Decline, as another person with a reason: the voucher stays as it is, and it may be proposed anew.

    Raises Refused voucher_missing (also for a foreign one), role_missing, why_missing,
    higher_certificate_not_proposed, higher_certificate_involved, second_person_needed.
    """
    said = check_why(why)
    voucher = _lock(work, voucher_id)
    asked, certificate = _take_up(work, voucher)
    asked.decided_by_person_id, asked.decided_at = work.actor.person_id, work.at
    asked.declined_why = said
    work.session.flush()
    _record(work, voucher, "decline_higher", certificate_id=certificate.id, why=said)
    return Decided(voucher, certified=False)


def _lock(work: Work, voucher_id: int) -> Voucher:
    found = lock_vouchers(work, Voucher.id == voucher_id, money=True, holders=True)
    if not found or found[0].region_code not in work.actor.regions:
        raise VOUCHER_MISSING.refused()
    check_reach(work.actor, found[0].region_code, *OFFICERS)
    return found[0]


def _get_voucher(work: Work, voucher_id: int) -> Voucher:
    """Return a voucher that could be certified now, locked after its budget and its holder."""
    voucher = _lock(work, voucher_id)
    check_event(Thing.VOUCHER, voucher.state, "certify")
    check_no_hold(work, Thing.VOUCHER, [voucher.id], "certify")
    return voucher


def _find_certificate(work: Work, voucher: Voucher, number: str) -> Certificate:
    """Return the holder's certificate of a number; another person's is answered as a missing one."""
    found = work.session.scalars(
        select(Certificate)
        .where(
            Certificate.person_id == voucher.holder_person_id,
            Certificate.number == number.strip(),
            Certificate.filing_id.is_not(None),
        )
        .order_by(Certificate.id.desc())
    ).first()
    if found is None:
        raise CERTIFICATE_MISSING.refused()
    return found


def _find_open(work: Work, voucher_id: int) -> HigherCertificate | None:
    return work.session.scalars(
        select(HigherCertificate)
        .where(HigherCertificate.voucher_id == voucher_id, HigherCertificate.decided_at.is_(None))
        .with_for_update()
    ).first()


def _take_up(work: Work, voucher: Voucher) -> tuple[HigherCertificate, Certificate]:
    """Return what another person has proposed for a voucher, and the certificate it is about."""
    asked = _find_open(work, voucher.id)
    if asked is None:
        raise HIGHER_NOT_PROPOSED.refused()
    certificate = work.session.get_one(Certificate, asked.certificate_id)
    _check_apart(work, voucher, certificate)
    check_two_people(asked.proposed_by_person_id, work.actor.person_id)
    return asked, certificate


def _check_apart(work: Work, voucher: Voucher, certificate: Certificate) -> None:
    """Refuse the holder, and whoever works or has worked where the voucher was taught or evaluated."""
    person_id = work.actor.person_id
    taught = classes_of(work.session, [voucher.id]).get(voucher.id)
    houses = {certificate.institution_id, *([taught.institution_id] if taught is not None else [])}
    served = list_served(work.session, person_id, work.today)
    if person_id == voucher.holder_person_id or houses & served.keys():
        raise HIGHER_INVOLVED.refused(voucher=voucher.number)


def _check_fits(work: Work, voucher: Voucher, certificate: Certificate) -> None:
    """Refuse a certificate that could not certify the voucher even if its level were the voucher's."""
    number = mask_free_text(certificate.number)
    wanted = read_wanted(work.session, [voucher.id]).get(voucher.id)
    if wanted is None or level_of(certificate.level) is None:
        raise CERTIFICATE_MISSING.refused()
    check_higher(wanted, offer_of(certificate), catalogue.read_aliases(work.session))
    if certificate.id in find_proven(work.session, [certificate.id]):
        raise CERTIFICATE_USED.refused(number=number)
    if certificate.id in find_held(work.session, [certificate.id]):
        raise CERTIFICATE_HELD.refused(number=number)
    # the register is asked again: what was true at the proposal may have been withdrawn since
    verify(work, [certificate.id])
    work.session.refresh(certificate)
    if certificate.state == "revoked":
        raise CERTIFICATE_REVOKED.refused(number=number)
    found = find_newest_verifications(work.session, [certificate.id])[certificate.id]
    if not found.verified:
        raise Refused(read_refusal(found.codes[0]))


def _record(work: Work, voucher: Voucher, act: str, **facts: object) -> None:
    audit.record_one(work, "voucher", voucher.id, act, **facts)
