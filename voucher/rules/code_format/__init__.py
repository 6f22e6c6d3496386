"""What a holder shows at a counter, as digits: how each kind of code is spelled, and nothing about trust.

digits          base 10, check digits, what a keyboard adds
t_code          T, 22 digits made by the server, good once
credential      what the issuer signs over one voucher and one phone; never shown by itself
presentation    S, F and C: what the phone signs and shows, and what an institution asks it
freshness       how old a code may be
"""

from __future__ import annotations

from voucher.rules.code_format.credential import (
    NAME_BYTES,
    SIGNATURE_BYTES,
    STATUS_PLACES,
    Algorithm,
    Credential,
    credential_message,
    encode_body,
    fit_name,
    parse_credential,
)
from voucher.rules.code_format.digits import CODE_MALFORMED, decode_base10, encode_base10
from voucher.rules.code_format.freshness import CODE_EXPIRED, PHONE_CLOCK_WRONG, Window, check_window
from voucher.rules.code_format.presentation import (
    BEACON_BYTES,
    BEACON_SECONDS,
    NO_BEACON,
    Challenge,
    Kind,
    Presentation,
    beacon_slot,
    encode_challenge,
    encode_presentation,
    head_bytes,
    make_beacon,
    parse_challenge,
    parse_code,
    parse_presentation,
    signed_message,
)
from voucher.rules.code_format.t_code import KIND_T, RANDOM_DIGITS, make_t, parse_t

__all__ = [
    "BEACON_BYTES",
    "BEACON_SECONDS",
    "CODE_EXPIRED",
    "CODE_MALFORMED",
    "KIND_T",
    "NAME_BYTES",
    "NO_BEACON",
    "PHONE_CLOCK_WRONG",
    "RANDOM_DIGITS",
    "SIGNATURE_BYTES",
    "STATUS_PLACES",
    "Algorithm",
    "Challenge",
    "Credential",
    "Kind",
    "Presentation",
    "Window",
    "beacon_slot",
    "check_window",
    "credential_message",
    "decode_base10",
    "encode_base10",
    "encode_body",
    "encode_challenge",
    "encode_presentation",
    "fit_name",
    "head_bytes",
    "make_beacon",
    "make_t",
    "parse_challenge",
    "parse_code",
    "parse_credential",
    "parse_presentation",
    "parse_t",
    "signed_message",
]
