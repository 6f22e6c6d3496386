"""Which certificate a voucher waits for, what its holder has to offer, and why that is not the one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from voucher.ledger.holds import ON_HOLD, Hold
from voucher.ledger.vouchers import VOUCHER_MISSING, Voucher
from voucher.registry import catalogue
from voucher.rules.assessment import EXAMINED_ELSEWHERE
from voucher.rules.certificates import CERTIFICATE_HELD
from voucher.rules.errors import Family, Refusal
from voucher.rules.lifecycle import Thing
from voucher.rules.privacy import mask_free_text
from voucher.rules.proofs import (
    CERTIFICATE_HIGHER_LEVEL,
    CERTIFICATE_MISSING,
    CERTIFICATE_TOO_EARLY,
    CERTIFICATE_UNVERIFIED,
    CERTIFICATE_USED,
    HIGHER_CERTIFICATE_REFUSED,
    Offered,
    Wanted,
    find_mismatch,
)
from voucher.stages.assess.queries import exams_passed
from voucher.stages.certify.models import Certificate, Verification
from voucher.stages.certify.models_higher import HigherCertificate
from voucher.stages.certify.queries.register import LOOKUP_CHUNK, find_held, find_proven, level_of
from voucher.stages.train.queries import classes_of, select_examined_elsewhere


def read_wanted(session: Session, voucher_ids: Sequence[int]) -> dict[int, Wanted]:
    """Return what certificate each voucher is for: that of its class, of its exam and since.

    Where another authority examines it is any such certificate since the class.
    """
    classes = classes_of(session, voucher_ids)
    exams = exams_passed(session, voucher_ids)
    return {
        voucher_id: Wanted(
            kind=taught.certificate_kind,
            trade_code=taught.trade_code,
            level=level_of(taught.level),
            exam_on=exams[voucher_id].exam_on if voucher_id in exams else taught.ends_on,
            evaluator_id=exams[voucher_id].institution_id if voucher_id in exams else None,
        )
        for voucher_id, taught in classes.items()
        if voucher_id in exams or taught.certificate_kind in EXAMINED_ELSEWHERE
    }


def list_offered(session: Session, person_ids: Sequence[int]) -> dict[int, list[Certificate]]:
    """Return the certificates of each person that an evaluator issued, the first issued first."""
    found: dict[int, list[Certificate]] = {}
    ordered = sorted(set(person_ids))
    for start in range(0, len(ordered), LOOKUP_CHUNK):
        for each in session.scalars(
            select(Certificate)
            .where(
                Certificate.person_id.in_(ordered[start : start + LOOKUP_CHUNK]),
                Certificate.filing_id.is_not(None),
            )
            .order_by(Certificate.issued_on, Certificate.id)
        ):
            found.setdefault(each.person_id, []).append(each)
    return found


def offer_of(certificate: Certificate) -> Offered:
    """Return a certificate as the rule compares it."""
    return Offered(
        number=certificate.number,
        kind=certificate.kind,
        trade_code=certificate.trade_code,
        level=level_of(certificate.level),
        issued_on=certificate.issued_on,
        evaluator_id=certificate.institution_id,
    )


def find_newest_verifications(session: Session, certificate_ids: Sequence[int]) -> dict[int, Verification]:
    """Return the newest look-up of each certificate that has one."""
    found: dict[int, Verification] = {}
    ordered = sorted(set(certificate_ids))
    for start in range(0, len(ordered), LOOKUP_CHUNK):
        newest = (
            select(func.max(Verification.id))
            .where(Verification.certificate_id.in_(ordered[start : start + LOOKUP_CHUNK]))
            .group_by(Verification.certificate_id)
        )
        rows = session.scalars(select(Verification).where(Verification.id.in_(newest)))
        found.update({each.certificate_id: each for each in rows})
    return found


def why_not_certified(session: Session, voucher_id: int) -> list[Refusal]:
    """Return why a voucher that could be is not certified; nothing for one in another state, or about to be.

    Raises Refused voucher_missing.
    """
    voucher = session.get(Voucher, voucher_id)
    if voucher is None:
        raise VOUCHER_MISSING.refused()
    if voucher.state != "assessed" and not _is_examined_elsewhere(session, voucher):
        return []
    held = session.scalars(
        select(Hold.why)
        .where(Hold.thing == str(Thing.VOUCHER), Hold.object_id == voucher_id, Hold.closed_at.is_(None))
        .order_by(Hold.id)
    ).first()
    told = [ON_HOLD.refusal(why=held)] if held is not None else []
    wanted = read_wanted(session, [voucher_id]).get(voucher_id)
    if wanted is None:
        return [*told, CERTIFICATE_MISSING.refusal()]
    offered = list_offered(session, [voucher.holder_person_id]).get(voucher.holder_person_id, [])
    aliases = catalogue.read_aliases(session)
    refusals: list[Refusal] = []
    fitting: list[Certificate] = []
    for each in offered:
        mismatch = find_mismatch(wanted, offer_of(each), aliases)
        if mismatch is None:
            fitting.append(each)
        elif each.issued_on >= wanted.exam_on or mismatch.code == CERTIFICATE_TOO_EARLY.code:
            # what the holder earned long before in another trade explains nothing
            refusals.append(_tell_decided(session, voucher_id, each, mismatch))
    if fitting:
        # the one that fits decides; what else the holder has is beside the point
        return told + _explain_fitting(session, fitting)
    return told + (refusals or [CERTIFICATE_MISSING.refusal()])


def _tell_decided(session: Session, voucher_id: int, certificate: Certificate, mismatch: Refusal) -> Refusal:
    """Return why two people did not take a certificate, instead of what leaves it to them."""
    if mismatch.code != CERTIFICATE_HIGHER_LEVEL.code:
        return mismatch
    newest = session.scalars(
        select(HigherCertificate)
        .where(HigherCertificate.voucher_id == voucher_id, HigherCertificate.certificate_id == certificate.id)
        .order_by(HigherCertificate.id.desc())
        .limit(1)
    ).first()
    if newest is None or newest.declined_why is None:
        return mismatch
    return HIGHER_CERTIFICATE_REFUSED.refusal(
        number=mask_free_text(certificate.number), why=newest.declined_why
    )


def _is_examined_elsewhere(session: Session, voucher: Voucher) -> bool:
    query = select(Voucher.id).where(Voucher.id == voucher.id, Voucher.id.in_(select_examined_elsewhere()))
    return voucher.state == "trained" and session.scalar(query) is not None


def _explain_fitting(session: Session, fitting: Sequence[Certificate]) -> list[Refusal]:
    ids = [each.id for each in fitting]
    used, newest = find_proven(session, ids), find_newest_verifications(session, ids)
    stopped = find_held(session, ids)
    refusals: list[Refusal] = []
    for each in fitting:
        number = mask_free_text(each.number)
        verification = newest.get(each.id)
        if each.id in used:
            refusals.append(CERTIFICATE_USED.refusal(number=number))
        elif each.id in stopped:
            refusals.append(CERTIFICATE_HELD.refusal(number=number))
        elif verification is None:
            refusals.append(CERTIFICATE_UNVERIFIED.refusal(number=number))
        elif verification.verified:
            return []
        else:
            refusals += [read_refusal(told) for told in verification.codes]
    return refusals


def read_refusal(told: Mapping[str, Any]) -> Refusal:
    """Return the refusal that was kept beside what it refused."""
    return Refusal(
        code=told["code"],
        title=told["title"],
        next_step=told["next_step"],
        source=told["source"],
        family=Family(told["family"]),
        facts=told["facts"],
    )
