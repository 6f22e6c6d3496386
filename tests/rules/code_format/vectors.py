"""The published vectors of TV1: whoever writes another encoder or scanner must come to the same bytes.

`python -m tests.rules.code_format.vectors` writes docs/vectors/tv1.json; a test compares.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, replace
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.house.source import PROJECT
from tests.rules.code_format.holding import (
    DAY_KEY,
    EDWARDS,
    ISSUER,
    NOW,
    OTHER_PHONE,
    PHONE,
    PLAIN,
    SECOND_ISSUER,
    base64url,
    beacon_for,
    compressed,
    issued,
    kid_of,
    public_jwk,
    signed,
    unsigned,
)
from voucher.rules.code_format import (
    BEACON_SECONDS,
    NO_BEACON,
    Algorithm,
    Challenge,
    Credential,
    Kind,
    Presentation,
    credential_message,
    encode_base10,
    encode_challenge,
    encode_presentation,
    head_bytes,
    make_beacon,
    make_t,
    parse_credential,
    signed_message,
)
from voucher.rules.code_format.digits import frame

Vector = dict[str, object]
PLACE = PROJECT / "docs" / "vectors" / "tv1.json"

CREDENTIALS: dict[str, tuple[Credential, EllipticCurvePrivateKey | Ed25519PrivateKey]] = {
    "plain": (PLAIN, ISSUER),
    "ed25519": (replace(PLAIN, algorithm=Algorithm.ED25519, kid=kid_of(EDWARDS)), EDWARDS),
    "every flag, the longest name, not reserved": (
        replace(
            PLAIN,
            vid=bytes.fromhex("ffffffffffffffff"),
            status_list=65_535,
            status_place=(1 << 20) - 1,
            region="659012",
            programme=4_294_967_295,
            amount_fen=4_294_967_295,
            institution=0,
            offline_allowed=False,
            card_required=True,
            photo_required=True,
            last_four="9999",
            holder_key=compressed(OTHER_PHONE),
            masked_name="古***·阿**********·买*",
        ),
        ISSUER,
    ),
    "everything small": (
        replace(
            PLAIN,
            vid=bytes(8),
            status_list=0,
            status_place=0,
            not_before=0,
            expires=1,
            region="110000",
            programme=0,
            amount_fen=0,
            offline_allowed=False,
            last_four="0000",
            masked_name="",
        ),
        SECOND_ISSUER,
    ),
}  # fmt: skip


def base10_vectors() -> list[Vector]:
    """Return every tail, the edges of a chunk and one of each kind's length."""
    datas = [b"", b"\x00", b"\xff", b"\x01\x00", bytes(7), b"\xff" * 7, b"\x01" + bytes(6)]
    datas += [hashlib.shake_128(bytes([size])).digest(size) for size in (3, 4, 5, 6, 8, 12, 13, 14, 86, 227)]
    return [{"hex": data.hex(), "digits": encode_base10(data)} for data in datas]


def key_vectors() -> dict[str, Vector]:
    """Return the keys, private parts and all: they are nobody's."""
    keys: dict[str, EllipticCurvePrivateKey | Ed25519PrivateKey] = {
        "issuer": ISSUER, "second issuer": SECOND_ISSUER, "ed25519 issuer": EDWARDS,
        "phone": PHONE, "other phone": OTHER_PHONE,
    }  # fmt: skip
    return {
        name: {
            "jwk": {**public_jwk(key), "d": base64url(_private(key))},
            "kid": kid_of(key).hex(),
            **({} if isinstance(key, Ed25519PrivateKey) else {"compressed": compressed(key).hex()}),
        }
        for name, key in keys.items()
    }


def credential_vectors() -> list[Vector]:
    """Return credentials with their fields, bodies, signed messages and whole bytes."""
    return [_credential(name, credential, issued(credential, key))
            for name, (credential, key) in CREDENTIALS.items()]  # fmt: skip


def shown() -> dict[str, tuple[Presentation, bytes]]:
    """Return good codes of the plain credential and its neighbours, each with the credential it is of."""
    plain, edwards = issued(PLAIN), issued(*CREDENTIALS["ed25519"])
    s, f = unsigned(Kind.S, plain), unsigned(Kind.F, plain)
    asked: dict[str, Any] = {"challenged": True, "challenge": 3_735_928_559}
    codes = {
        "S": (s, plain),
        "S, an old beacon and a PIN": (replace(s, beacon_age=14, pin_entered=True, counter=8), plain),
        "S, no beacon": (replace(s, beacon_age=NO_BEACON, counter=9), plain),
        "S, answering a challenge with a wrong clock": (replace(s, shown_at=86_400, **asked), plain),
        "F": (f, plain),
        "F, no beacon, answering a challenge": (replace(f, beacon_age=NO_BEACON, **asked), plain),
        "F, ed25519 issuer": (unsigned(Kind.F, edwards), edwards),
        "S, the last counter": (replace(s, counter=4_294_967_295), plain),
    }
    return {name: (signed(code, data), data) for name, (code, data) in codes.items()}


def presentation_vectors() -> list[Vector]:
    """Return codes with their fields, beacons, signed messages and digits."""
    return [
        {
            "name": name,
            "credential": data.hex(),
            **_hexed(asdict(replace(code, credential=b""))),
            "beacon": beacon_for(code).hex(),
            "message": signed_message(code, hashlib.sha256(data).digest(), beacon_for(code)).hex(),
            "digits": encode_presentation(code),
        }
        for name, (code, data) in shown().items()
    ]


def spoilt() -> dict[str, str]:
    """Return texts no reader may take for a code, whatever their signatures."""
    plain = issued(PLAIN)
    s, f = unsigned(Kind.S, plain), signed(unsigned(Kind.F, plain), plain)
    good = encode_presentation(signed(s, plain))
    whole = head_bytes(f) + plain + f.signature
    bytes_of_s = head_bytes(s) + s.vid + s.signature

    def written(data: bytes) -> str:
        return frame("71", encode_base10(data))

    def within(place: int, value: bytes) -> str:
        return written(whole[: 14 + place] + value + whole[14 + place + len(value) :])

    first = int(good[2:19])
    swap = next(place for place in range(20, 40) if good[place] != good[place + 1])
    return {
        "a digit less": good[:-1],
        "two digits exchanged": good[:swap] + good[swap + 1] + good[swap] + good[swap + 2 :],
        "97 added to the check digits": good[:-2] + f"{(int(good[-2:]) + 97) % 100:02d}",
        "a number that overflows its seven bytes": frame("71", f"{first + (1 << 56)}" + good[19:-2]),
        "a tail of a length no bytes have": frame("71", good[2:-2] + "0"),
        "nothing inside": frame("71", ""),
        "an unknown kind": written(b"\x23" + bytes_of_s[1:]),
        "an S with a byte more": written(bytes_of_s + b"\x00"),
        "an S with a byte less": written(bytes_of_s[:-1]),
        "a reserved flag": written(bytes_of_s[:1] + b"\x40" + bytes_of_s[2:]),
        "a challenge nobody asked": written(bytes_of_s[:10] + b"\x00\x00\x00\x01" + bytes_of_s[14:]),
        "an answer to no challenge": written(bytes_of_s[:1] + b"\x20" + bytes_of_s[2:]),
        "a beacon from before the beginning": written(b"\x22\x01" + bytes(4) + bytes_of_s[6:]),
        "a credential of version 2": within(0, b"\x21"),
        "a credential of algorithm 4": within(0, b"\x14"),
        "a place beyond the status list": within(15, b"\x10\x00\x00"),
        "a credential that ends before it begins": within(18, b"\xff\xff\xff\xff"),
        "a region of five digits": within(26, b"\x00\x27\x10"),
        "a credential with an unknown flag": within(41, b"\x08"),
        "last four that are no number's": within(42, b"\x2a\xf8"),
        "a holder's key that is no point": within(44, b"\x02" + bytes(32)[:-1] + b"\x01"),
        "a holder's key written at length": within(44, b"\x04"),
        "a name that is no text": within(78, b"\xff"),
        "a name with a line break": within(81, b"\n"),
        "a name longer than it says": within(77, b"\x06"),
    }


def make_vectors() -> Vector:
    """Return everything that is published."""
    questions = [Challenge(17, 3_735_928_559, NOW), Challenge(4_294_967_295, 1, 0)]
    slots = [0, NOW // BEACON_SECONDS, 4_772_185]
    return {
        "format": "TV1",
        "note": "Made by python -m tests.rules.code_format.vectors; keys of nobody, ECDSA as in RFC 6979.",
        "now": NOW,
        "base10": base10_vectors(),
        "keys": key_vectors(),
        "beacons": [{"day_key": DAY_KEY.hex(), "slot": slot, "beacon": make_beacon(DAY_KEY, slot).hex()}
                    for slot in slots],
        "credentials": credential_vectors(),
        "presentations": presentation_vectors(),
        "challenges": [{**asdict(each), "digits": encode_challenge(each)} for each in questions],
        "t": [{"random": digits, "digits": make_t(digits)} for digits in ("0" * 18, "123456789012345678")],
        "malformed": [{"name": name, "digits": text} for name, text in spoilt().items()],
    }  # fmt: skip


def as_text() -> str:
    """Return the file."""
    return json.dumps(make_vectors(), ensure_ascii=False, indent=1) + "\n"


def _private(key: EllipticCurvePrivateKey | Ed25519PrivateKey) -> bytes:
    if isinstance(key, Ed25519PrivateKey):
        return key.private_bytes_raw()
    return key.private_numbers().private_value.to_bytes(32)


def _credential(name: str, credential: Credential, data: bytes) -> Vector:
    _, body, signature = parse_credential(data)
    return {
        "name": name,
        **_hexed(asdict(credential)),
        "body": body.hex(),
        "message": credential_message(body).hex(),
        "signature": signature.hex(),
        "credential": data.hex(),
        "sha256": hashlib.sha256(data).hexdigest(),
    }


def _hexed(fields: dict[str, object]) -> Vector:
    return {
        name: value.hex() if isinstance(value, bytes) else value
        for name, value in fields.items()
        if value != b"" or name != "credential"
    }


if __name__ == "__main__":
    PLACE.write_text(as_text(), encoding="utf-8")
