"""The phone's codec and ours: equal byte for byte, on the published vectors and on whatever chance brings."""

from __future__ import annotations

import hashlib
import json
import random
import subprocess
from pathlib import Path
from typing import Any

import pytest

from voucher.rules.code_format import (
    Kind,
    Presentation,
    encode_presentation,
    parse_code,
    parse_presentation,
    signed_message,
)
from voucher.rules.code_format.digits import decode_base10, encode_base10
from voucher.rules.errors import Refused

ROOT = Path(__file__).parents[3]
VECTORS = json.loads((ROOT / "docs" / "vectors" / "tv1.json").read_text(encoding="utf-8"))
CHANCE = random.Random(20260401)
CASES = 150


def ask_browser(**asked: list[Any]) -> dict[str, Any]:
    """Return what the browser's codec and judge say to a list of questions, asked all at once."""
    kinds = ("bytes", "digits", "presentations", "texts", "credentials", "judged", "packs")
    questions = {each: asked.get(each, []) for each in kinds}
    ran = subprocess.run(
        [str(ROOT / "static" / "build.sh"), "codec"],
        input=json.dumps(questions).encode(),
        capture_output=True,
        check=True,
    )
    answers: dict[str, Any] = json.loads(ran.stdout)
    return answers


def as_asked(shown: Presentation, credential: bytes, beacon: bytes) -> dict[str, Any]:
    """Return a presentation in the browser's words."""
    return {
        "kind": str(shown.kind),
        "beaconAge": shown.beacon_age,
        "pinEntered": shown.pin_entered,
        "challenged": shown.challenged,
        "shownAt": shown.shown_at,
        "counter": shown.counter,
        "challenge": shown.challenge,
        "subject": (shown.vid if shown.kind is Kind.S else shown.credential).hex(),
        "signature": shown.signature.hex(),
        "digest": hashlib.sha256(credential).hexdigest(),
        "beacon": beacon.hex(),
    }


def invent(credential: bytes) -> tuple[Presentation, bytes]:
    """Return a code nobody showed, and the beacon it is signed with."""
    age = CHANCE.randrange(16)
    kind = CHANCE.choice([Kind.S, Kind.F])
    challenged = CHANCE.random() < 0.5
    shown = Presentation(
        kind=kind,
        beacon_age=age,
        pin_entered=CHANCE.random() < 0.5,
        challenged=challenged,
        shown_at=CHANCE.randrange(2**32),
        counter=CHANCE.randrange(2**32),
        challenge=CHANCE.randrange(1, 2**32) if challenged else 0,
        vid=CHANCE.randbytes(8) if kind is Kind.S else credential[5:13],
        credential=b"" if kind is Kind.S else credential,
        signature=CHANCE.randbytes(64),
    )
    return shown, bytes(16) if age == 15 else CHANCE.randbytes(16)


def kind_of(text: str) -> str | None:
    """Return the kind our codec finds, as the browser names it."""
    try:
        kind = parse_code(text)
        if kind in (Kind.S, Kind.F):
            parse_presentation(text)
    except Refused:
        return None
    return str(kind)


@pytest.fixture(scope="module")
def answered() -> dict[str, Any]:
    """Return questions and the browser's answers: one start of it for all tests."""
    credentials = [bytes.fromhex(each["body"] + each["signature"]) for each in VECTORS["credentials"]]
    chance = [CHANCE.randbytes(length) for length in range(301)]
    invented = [invent(CHANCE.choice(credentials)) for _ in range(CASES)]
    published = [each["digits"] for each in VECTORS["presentations"]]
    mutated = [
        text[:place] + str((int(text[place]) + 1) % 10) + text[place + 1 :]
        for text in published
        for place in (CHANCE.randrange(len(text)) for _ in range(20))
    ]
    texts = [
        *published,
        *(each["digits"] for each in VECTORS["t"]),
        *(each["digits"] for each in VECTORS["challenges"]),
        *(each["digits"] for each in VECTORS["malformed"]),
        *mutated,
        *("", "72", "71", "73", "abc", "７２" + "0" * 18 + "80", " ".join(published)),
    ]
    digits = ["".join(CHANCE.choices("0123456789", k=length)) for length in range(120)]
    asked = {
        "bytes": [each.hex() for each in chance],
        "digits": [*digits, *(encode_base10(each) for each in chance)],
        "texts": texts,
        "credentials": [each.hex() for each in credentials],
        "presentations": [
            as_asked(shown, shown.credential or credentials[0], beacon) for shown, beacon in invented
        ],
    }
    return {"asked": asked, "invented": invented, "plain": credentials[0]} | ask_browser(**asked)


def test_bytes_and_digits_are_the_same_here_and_there(answered: dict[str, Any]) -> None:
    asked = answered["asked"]
    assert answered["encoded"] == [encode_base10(bytes.fromhex(each)) for each in asked["bytes"]]
    assert ask_vectors() == [each["digits"] for each in VECTORS["base10"]]

    def decoded(text: str) -> str | None:
        try:
            return decode_base10(text).hex()
        except Refused:
            return None

    assert answered["decoded"] == [decoded(each) for each in asked["digits"]]


def ask_vectors() -> list[str]:
    """Return the published bytes as the browser writes them."""
    told: list[str] = ask_browser(bytes=[each["hex"] for each in VECTORS["base10"]])["encoded"]
    return told


def test_codes_and_what_is_signed_are_the_same_byte_for_byte(answered: dict[str, Any]) -> None:
    for (shown, beacon), written in zip(answered["invented"], answered["written"], strict=True):
        digest = hashlib.sha256(shown.credential or answered["plain"]).digest()
        assert written["digits"] == encode_presentation(shown)
        assert written["message"] == signed_message(shown, digest, beacon).hex()


def test_both_read_the_published_codes_and_neither_reads_what_is_none(answered: dict[str, Any]) -> None:
    texts = answered["asked"]["texts"]
    for text, there in zip(texts, answered["kinds"], strict=True):
        here = kind_of(text)
        # what an F carries is the server's to judge; all else is read by both or by none
        assert here == there or (here is None and there == "F"), text
    published = VECTORS["presentations"]
    for each, read in zip(published, answered["read"], strict=False):
        assert read["counter"] == each["counter"], each["name"]
        assert read["shownAt"] == each["shown_at"]
        assert read["signature"] == each["signature"]
        assert read["beaconAge"] == each["beacon_age"]
    told = dict(zip(texts, answered["challenges"], strict=True))
    assert [told[each["digits"]] for each in VECTORS["challenges"]] == [
        each["challenge"] for each in VECTORS["challenges"]
    ]
    for each, read in zip(VECTORS["credentials"], answered["credentials"], strict=True):
        assert read["maskedName"] == each["masked_name"]
        assert (read["vid"], read["holderKey"]) == (each["vid"], each["holder_key"])
        assert (read["expires"], read["institution"]) == (each["expires"], each["institution"])
