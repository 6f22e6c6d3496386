"""Codes judged, from the digits a scanner reads to the verdict, against bare verification of signatures.

S is judged by the credential a server holds: one signature. F carries its credential: two. The limit is
OpenSSL alone, keys loaded and signatures unpacked. Credentials written and signed are measured beside them.
One phone shows all codes: that its key is a point of the curve is found out once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from time import perf_counter

from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    EllipticCurvePrivateKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from benchmarks.measuring import Measurement, read_size, tell
from voucher.ledger.credentials.verifying import TrustedKey, verify_credential, verify_presentation
from voucher.plumbing.signing.public import of_public
from voucher.rules.code_format import (
    Algorithm,
    Credential,
    Kind,
    Presentation,
    Window,
    beacon_slot,
    credential_message,
    encode_body,
    encode_presentation,
    make_beacon,
    parse_code,
    parse_presentation,
    signed_message,
)

ROUNDS = 7
NOW = 1_790_000_000
AT = datetime.fromtimestamp(NOW, UTC)
WINDOW = Window(timedelta(seconds=45), timedelta(seconds=15), timedelta(minutes=10))
DAY_KEY = bytes(32)


@dataclass(frozen=True, slots=True)
class Hands:
    """An issuer, a phone, the credential between them and the key the issuer is trusted by."""

    issuer: EllipticCurvePrivateKey
    phone: EllipticCurvePrivateKey
    credential: Credential
    data: bytes
    trusted: TrustedKey


def sign(key: EllipticCurvePrivateKey, message: bytes) -> bytes:
    """Return 64 bytes r‖s."""
    r, s = decode_dss_signature(key.sign(message, ECDSA(SHA256())))
    return r.to_bytes(32) + s.to_bytes(32)


def meet() -> Hands:
    """Return new hands with a credential."""
    issuer, phone = generate_private_key(SECP256R1()), generate_private_key(SECP256R1())
    public = of_public(issuer.public_key())
    credential = Credential(
        algorithm=Algorithm.ES256,
        kid=public.kid4,
        vid=bytes(8),
        status_list=1,
        status_place=1,
        not_before=NOW - 1,
        expires=NOW + 86_400,
        region="410000",
        programme=1,
        amount_fen=180_000,
        institution=1,
        offline_allowed=True,
        card_required=False,
        photo_required=False,
        last_four="123X",
        holder_key=phone.public_key().public_bytes(Encoding.X962, PublicFormat.CompressedPoint),
        masked_name="王*明",
    )
    body = encode_body(credential)
    data = body + sign(issuer, credential_message(body))
    trusted = TrustedKey(public.kid4, Algorithm.ES256, public.verifies, AT - timedelta(days=1))
    return Hands(issuer, phone, credential, data, trusted)


def show(hands: Hands, kind: Kind, counter: int) -> str:
    """Return the digits of a code."""
    carried = hands.data if kind is Kind.F else b""
    blank = Presentation(kind, 0, False, False, NOW, counter, 0, hands.credential.vid, carried, bytes(64))
    slot = beacon_slot(blank) or 0
    message = signed_message(blank, hashlib.sha256(hands.data).digest(), make_beacon(DAY_KEY, slot))
    return encode_presentation(replace(blank, signature=sign(hands.phone, message)))


def judge(hands: Hands, digits: str) -> None:
    """Refuse what is no good code, as a server does."""
    parse_code(digits)
    shown = parse_presentation(digits)
    if shown.kind is Kind.F:
        verify_credential(shown.credential, lambda _: [hands.trusted], AT)
    verify_presentation(shown, hands.data, lambda slot: make_beacon(DAY_KEY, slot), AT, WINDOW)


def verify_alone(hands: Hands, times: int) -> None:
    """Verify one signature of the phone so many times, its key loaded and the signature unpacked."""
    message = bytes(200)
    public, der = hands.phone.public_key(), hands.phone.sign(message, ECDSA(SHA256()))
    for _ in range(times):
        public.verify(der, message, ECDSA(SHA256()))


def timed(act: Callable[[], None]) -> float:
    """Return how many seconds an act takes."""
    begun = perf_counter()
    act()
    return perf_counter() - begun


def measure(size: int, rounds: int = ROUNDS) -> Sequence[Measurement]:
    """Return the measurements of `size` credentials written, and of `size` codes of each kind judged."""
    hands = meet()
    message = bytes(200)

    def write() -> None:
        for place in range(size):
            body = encode_body(replace(hands.credential, status_place=place % (1 << 20)))
            sign(hands.issuer, credential_message(body))

    def sign_alone() -> None:
        for _ in range(size):
            hands.issuer.sign(message, ECDSA(SHA256()))

    made = [_measured("a credential written and signed", "OpenSSL signs", size, rounds, write, sign_alone)]
    for kind, signatures in ((Kind.S, 1), (Kind.F, 2)):
        codes = [show(hands, kind, counter) for counter in range(size)]

        def judge_all(codes: Sequence[str] = codes) -> None:
            for digits in codes:
                judge(hands, digits)

        def verify_all(times: int = signatures) -> None:
            verify_alone(hands, size * times)

        limit = f"OpenSSL verifies {signatures}"
        made.append(_measured(f"an {kind} code judged", limit, size, rounds, judge_all, verify_all))
    return made


def _measured(
    name: str, limit: str, size: int, rounds: int, act: Callable[[], None], bare: Callable[[], None]
) -> Measurement:
    pairs = [(timed(act), timed(bare)) for _ in range(rounds)]
    return Measurement(
        benchmark="codes",
        name=name,
        limit=limit,
        size=size,
        rows=size,
        seconds=[ours for ours, _ in pairs],
        limit_seconds=[theirs for _, theirs in pairs],
    )


if __name__ == "__main__":
    tell(measure(read_size("codes judged against bare verification of their signatures")))
