"""Verifying: each certificate is held against the register, and what was found becomes a snapshot.

Asked again whenever somebody wants to rely on it; a new snapshot is written only where the answer
changed, so that the newest one always says what the register says now.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date

from voucher.ledger import states
from voucher.plumbing.bulk import write_many
from voucher.plumbing.types import canonical_json
from voucher.plumbing.unit_of_work import Work
from voucher.registry import catalogue
from voucher.rules.certificates import (
    CERTIFICATE_NAME_MISMATCH,
    CERTIFICATE_PERSON_MISMATCH,
    CertificateFacts,
    compare_with_register,
)
from voucher.rules.duplicates import canonical_occupation
from voucher.rules.errors import Refusal
from voucher.stages.certify.holding import Found, Locked, hold, read_again
from voucher.stages.certify.models import Certificate, RegisterEntry, Verification
from voucher.stages.certify.models_look_ups import RegisterLookUp
from voucher.stages.certify.queries import level_of, list_candidate_ids, list_verified_before

SOURCE = "register_extract"
# so many are read and compared at a time, however many there are
PIECE = 2000
WRITTEN = (
    *("certificate_id", "register_entry_id", "person_id", "trade_code", "level", "verified"),
    *("codes", "source"),
)
REVOKED, ABSENT, OTHER = "revoked", "absent", "other_person"
SAME_PERSON, OTHER_PERSON = "同一人", "另一人"
SAME_NAME, OTHER_NAME = frozenset({"同名"}), frozenset({"异名"})


def verify_issued(work: Work, region_code: str, from_on: date, until_on: date) -> int:
    """Verify every certificate issued in a period by evaluators filed in a region's subtree.

    Returns how many answers changed.
    """
    regions = catalogue.list_subtree(work.session, region_code)
    ids = list_candidate_ids(work.session, regions, from_on, until_on)
    return sum(verify(work, ids[start : start + PIECE]) for start in range(0, len(ids), PIECE))


def verify_numbers(work: Work, numbers: Sequence[str]) -> int:
    """Verify again the certificates among these numbers that somebody has relied on; how many changed."""
    return verify(work, list_verified_before(work.session, numbers))


def verify(work: Work, certificate_ids: Sequence[int]) -> int:
    """Hold certificates against the register and record every answer that changed.

    They are locked first: what was read of one before somebody revoked it proves nothing any more.
    """
    if not certificate_ids:
        return 0
    held = hold(work, certificate_ids)
    rows: list[tuple[str | int | None, ...]] = []
    confirmed: list[Locked] = []
    withdrawn: list[Locked] = []
    for certificate in held.certificates:
        word = held.words.get(certificate.id)
        trade_code, issued_on = certificate.trade_code, certificate.issued_on
        entry = held.entries.find(certificate.number, trade_code, issued_on, word)
        if word is not None and entry is not None and word.outcome == ABSENT and not _is_after(entry, word):
            entry = None
        ours = held.numbers[certificate.person_id]
        refusals = _compare(certificate, ours, held.names[certificate.person_id], entry, held.aliases)
        if word is not None and word.outcome == OTHER and (entry is None or not _is_after(entry, word)):
            entry, refusals = None, (CERTIFICATE_PERSON_MISMATCH.refusal(),)
        codes = [as_json(refusal) for refusal in refusals]
        now = (codes, canonical_occupation(certificate.trade_code, held.aliases), not refusals)
        if held.before.get(certificate.id) != now:
            rows.append(_snapshot(certificate, entry, now, word.system if word is not None else SOURCE))
        # a register that speaks of somebody else revokes nobody's certificate: it only does not prove it
        # nor does one that speaks of another card of its number: renewed, or of another trade
        is_ours = entry is not None and entry.subject_index in ours
        said = entry is not None and is_ours and held.entries.is_same(entry, trade_code, issued_on)
        if said and entry is not None and entry.status == REVOKED and certificate.state != REVOKED:
            withdrawn.append(certificate)
        elif not refusals and certificate.state == "recorded":
            confirmed.append(certificate)
    same = {"asked_at": work.at, "asked_by_person_id": work.actor.person_id}
    write_many(work.session, Verification, WRITTEN, rows, same)
    states.move(work, Certificate, confirmed, "verify")
    states.move(work, Certificate, withdrawn, "revoke", reason="登记已撤销")
    read_again(work.session, certificate_ids)
    return len(rows)


def _snapshot(
    certificate: Locked, entry: RegisterEntry | None, found: Found, source: str
) -> tuple[int | str | None, ...]:
    """Return the columns that keep what was found: refusals, the trade they were compared in, the answer."""
    codes, trade_code, verified = found
    return (
        certificate.id,
        entry.id if entry is not None else None,
        certificate.person_id,
        trade_code,
        certificate.level,
        int(verified),
        canonical_json(codes),
        source,
    )


def _is_after(entry: RegisterEntry, word: RegisterLookUp) -> bool:
    """Return whether an extract has brought a row since the register was asked."""
    return entry.recorded_at > word.asked_at


def _compare(
    certificate: Locked,
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
        evaluator_code=certificate.evaluator_code,
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
