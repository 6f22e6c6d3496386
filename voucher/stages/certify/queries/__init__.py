"""What doors and later stages may ask about certificates; reads only."""

from __future__ import annotations

from voucher.stages.certify.queries.archive import (
    CertificateView,
    list_archive,
    list_certificates,
    view_certificates,
)
from voucher.stages.certify.queries.candidates import (
    Candidate,
    find_candidates,
    list_candidate_ids,
    list_candidates,
    list_verified_before,
)
from voucher.stages.certify.queries.checking import PublicAnswer, check_publicly
from voucher.stages.certify.queries.proofs import find_newest_verifications, why_not_certified
from voucher.stages.certify.queries.register import (
    find_certificates,
    find_held,
    find_latest_verification,
    find_newest_entries,
    find_proofs,
    find_proven,
    level_of,
    list_decertified_vouchers,
    list_revoked_certificates,
    list_verified_certificates,
    read_scopes,
    select_certificates_for,
    select_certificates_of,
    select_proven_vouchers,
    select_vouchers_for,
)
from voucher.stages.certify.queries.register_words import find_register, list_unanswered, read_word_since

__all__ = [
    "Candidate",
    "CertificateView",
    "PublicAnswer",
    "check_publicly",
    "find_candidates",
    "find_certificates",
    "find_held",
    "find_latest_verification",
    "find_newest_entries",
    "find_newest_verifications",
    "find_proofs",
    "find_proven",
    "find_register",
    "level_of",
    "list_archive",
    "list_candidate_ids",
    "list_candidates",
    "list_certificates",
    "list_decertified_vouchers",
    "list_revoked_certificates",
    "list_unanswered",
    "list_verified_before",
    "list_verified_certificates",
    "read_scopes",
    "read_word_since",
    "select_certificates_for",
    "select_certificates_of",
    "select_proven_vouchers",
    "select_vouchers_for",
    "view_certificates",
    "why_not_certified",
]
