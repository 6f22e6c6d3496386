"""Verifying: each certificate is held against the register, and what was found becomes a snapshot.

Asked again whenever somebody wants to rely on it; a new snapshot is written only where the answer
changed, so that the newest one always says what the register says now.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date

from voucher.ledger import states
from voucher.plumbing.db import insert_rows
from voucher.plumbing.unit_of_work import Work
from voucher.registry import catalogue, people
from voucher.rules.certificates import (
    CERTIFICATE_NAME_MISMATCH,
    CertificateFacts,
    compare_with_register,
)
from voucher.rules.duplicates import canonical_occupation
from voucher.rules.errors import Refusal
from voucher.stages.certify.models import Certificate, RegisterEntry, Verification
from voucher.stages.certify.queries import (
    Candidate,
    find_newest_entries,
    level_of,
    list_candidates,
    list_verified_before,
)

SOURCE = "register_extract"
REVOKED = "revoked"
SAME_PERSON, OTHER_PERSON = "同一人", "另一人"
SAME_NAME, OTHER_NAME = frozenset({"同名"}), frozenset({"异名"})


def verify_issued(work: Work, region_code: str, from_on: date, until_on: date) -> int:
    """Verify every certificate issued in a period by evaluators filed in a region's subtree.

    Returns how many answers changed.
    """
    regions = catalogue.list_subtree(work.session, region_code)
    return verify(work, list_candidates(work.session, regions, from_on, until_on))


def verify_numbers(work: Work, numbers: Sequence[str]) -> int:
    """Verify again the certificates among these numbers that somebody has relied on; how many changed."""
    return verify(work, list_verified_before(work.session, numbers))


def verify(work: Work, candidates: Sequence[Candidate]) -> int:
    """Hold certificates against the register and record every answer that changed."""
    aliases = catalogue.read_aliases(work.session)
    entries = find_newest_entries(work.session, [each.certificate.number for each in candidates])
    person_ids = [each.certificate.person_id for each in candidates]
    names = people.accepted_name_indexes(work.session, person_ids)
    numbers = people.accepted_indexes(work.session, person_ids)
    rows: list[dict[str, object]] = []
    confirmed: list[Certificate] = []
    withdrawn: list[Certificate] = []
    for each in candidates:
        certificate = each.certificate
        entry = entries.get(certificate.number)
        accepted = names[certificate.person_id]
        refusals = _compare(
            certificate, each.evaluator_code, numbers[certificate.person_id], accepted, entry, aliases
        )
        codes = [as_json(refusal) for refusal in refusals]
        trade_code = canonical_occupation(certificate.trade_code, aliases)
        unchanged = (
            each.verification_id is not None
            and list(each.codes) == codes
            and each.canonical_trade_code == trade_code
            and each.verified == (not refusals)
        )
        if not unchanged:
            rows.append(
                {
                    "certificate_id": certificate.id,
                    "register_entry_id": entry.id if entry is not None else None,
                    "person_id": certificate.person_id,
                    "trade_code": trade_code,
                    "level": certificate.level,
                    "verified": not refusals,
                    "codes": codes,
                    "source": SOURCE,
                    "asked_at": work.at,
                    "asked_by_person_id": work.actor.person_id,
                }
            )
        if entry is not None and entry.status == REVOKED and certificate.state != REVOKED:
            withdrawn.append(certificate)
        elif not refusals and certificate.state == "recorded":
            confirmed.append(certificate)
    insert_rows(work.session, Verification, rows)
    states.move(work, Certificate, confirmed, "verify")
    states.move(work, Certificate, withdrawn, "revoke", reason="登记已撤销")
    return len(rows)


def _compare(
    certificate: Certificate,
    evaluator_code: str,
    accepted_numbers: frozenset[str],
    accepted_names: frozenset[str],
    entry: RegisterEntry | None,
    aliases: dict[str, str],
) -> tuple[Refusal, ...]:
    # names and numbers are known here by blind index only; the rule is told whether they are the same
    same = entry is not None and entry.name_index in accepted_names
    ours = entry is not None and entry.subject_index in accepted_numbers
    claimed = CertificateFacts(
        number=certificate.number,
        identity_key=SAME_PERSON,
        names=SAME_NAME,
        occupation_code=canonical_occupation(certificate.trade_code, aliases),
        item_code=None,
        level=level_of(certificate.level),
        issued_on=certificate.issued_on,
        evaluator_code=evaluator_code,
    )
    found = None
    if entry is not None:
        found = CertificateFacts(
            number=entry.number,
            identity_key=SAME_PERSON if ours else OTHER_PERSON,
            names=SAME_NAME if same else OTHER_NAME,
            occupation_code=canonical_occupation(entry.trade_code, aliases),
            item_code=None,
            level=level_of(entry.level),
            issued_on=entry.issued_on,
            evaluator_code=entry.evaluator_code,
        )
    # what was revoked stays so until two people reinstate it, whatever the register says afterwards
    revoked = certificate.state == REVOKED or (entry is not None and entry.status == REVOKED)
    refusals = compare_with_register(claimed, found, revoked)
    told = {refusal.code for refusal in refusals}
    if certificate.name_index not in accepted_names and CERTIFICATE_NAME_MISMATCH.code not in told:
        refusals = (*refusals, CERTIFICATE_NAME_MISMATCH.refusal())
    return refusals


def as_json(refusal: Refusal) -> dict[str, object]:
    """Return a refusal as it is kept beside what it refused."""
    return {**asdict(refusal), "facts": dict(refusal.facts), "family": str(refusal.family)}
