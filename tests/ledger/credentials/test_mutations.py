"""A hundred thousand codes that are nearly right: none is accepted, each refused for a declared reason."""

from __future__ import annotations

import hashlib
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest

from tests.ledger.credentials.scanning import SCANNER, beacon_of, trust
from tests.rules.code_format.holding import (
    AT,
    EDWARDS,
    ISSUER,
    NOW,
    ONLINE,
    OTHER_PHONE,
    PHONE,
    PLAIN,
    SECOND_ISSUER,
    compressed,
    issued,
    kid_of,
    sign,
    signed,
    unsigned,
)
from voucher.ledger.credentials.offline import Colour, judge_offline
from voucher.ledger.credentials.screen import CODE_UNKNOWN
from voucher.ledger.credentials.verifying import verify_credential, verify_presentation
from voucher.rules.code_format import (
    Algorithm,
    Kind,
    Presentation,
    decode_base10,
    encode_base10,
    encode_presentation,
    parse_presentation,
)
from voucher.rules.code_format.digits import frame
from voucher.rules.errors import Refused, list_reasons

MANY, FEW = 100_000, 300
SEED = 20_261_121
N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
HEAD, SIGNATURE = 14, 64

OTHER = replace(PLAIN, vid=bytes.fromhex("0102030405060708"), holder_key=compressed(OTHER_PHONE))
EDWARDIAN = replace(PLAIN, algorithm=Algorithm.ED25519, kid=kid_of(EDWARDS), vid=bytes(8))
HELD = {
    PLAIN.vid: issued(PLAIN),
    OTHER.vid: issued(OTHER, ISSUER),
    EDWARDIAN.vid: issued(EDWARDIAN, EDWARDS),
}
PHONES = {PLAIN.vid: PHONE, OTHER.vid: OTHER_PHONE, EDWARDIAN.vid: PHONE}


@dataclass(frozen=True)
class Good:
    """A code as a phone shows it, in bytes; `means` is everything in it but the signature."""

    data: bytes
    kind: Kind

    @property
    def means(self) -> bytes:
        return self.data[:-SIGNATURE]


def good_codes(rolled: random.Random) -> list[Good]:
    made = []
    for _ in range(40):
        vid = rolled.choice(list(HELD))
        kind = rolled.choice([Kind.S, Kind.F])
        code = replace(
            unsigned(kind, HELD[vid], vid, rolled.randrange(1 << 32)),
            shown_at=NOW - rolled.randrange(40),
            beacon_age=rolled.choice([0, 0, 1, 3, 15]),
            pin_entered=rolled.random() < 0.5,
        )
        text = encode_presentation(signed(code, HELD[vid], PHONES[vid]))
        made.append(Good(decode_base10(text[2:-2]), kind))
    return made


def turned(data: bytes, rolled: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(rolled.choice([1, 1, 1, 2, 3, 8])):
        bit = rolled.randrange(len(data) * 8)
        changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


def overwritten(data: bytes, rolled: random.Random) -> bytes:
    start = rolled.randrange(len(data))
    more = rolled.randbytes(rolled.choice([1, 2, 4, 8, 32, 64]))
    return (data[:start] + more + data[start + len(more) :])[: len(data)]


def cut(data: bytes, rolled: random.Random) -> bytes:
    start = rolled.randrange(len(data))
    return rolled.choice([data[:start], data[start:], data[:start] + data[start + 1 :]])


def extended(data: bytes, rolled: random.Random) -> bytes:
    more = rolled.choice([bytes(1), rolled.randbytes(rolled.randrange(1, 40)), data[-SIGNATURE:]])
    start = rolled.choice([0, len(data), rolled.randrange(len(data))])
    return data[:start] + more + data[start:]


def resigned(data: bytes, rolled: random.Random) -> bytes:
    """A signature of somebody's: another key, the right key over something else, or none at all."""
    body = data[:-SIGNATURE]
    half = data[-32:]
    over = rolled.choice([body, b"TV1S" + body, b"TV1P" + body])
    forged = rolled.choice([
        sign(rolled.choice([PHONE, OTHER_PHONE, ISSUER]), over),
        bytes(SIGNATURE), N.to_bytes(32) + half, bytes(32) + half, data[-SIGNATURE:-32] + bytes(32),
        data[-SIGNATURE:-32] + N.to_bytes(32), half + data[-SIGNATURE:-32],
    ])  # fmt: skip
    return body + forged


def spliced(data: bytes, rolled: random.Random, goods: list[Good]) -> bytes:
    """Part of one good code in the place of the same part of another."""
    other = rolled.choice(goods).data
    start = rolled.choice([1, 2, 6, 10, HEAD, HEAD + 44, HEAD + 77, len(data) - SIGNATURE, len(data) - 32])
    end = rolled.choice([start + 4, start + 8, start + 33, len(data)])
    return data[:start] + other[start:end] + data[end:]


def rewritten(data: bytes, rolled: random.Random) -> bytes:
    """A credential for more, for longer, for elsewhere or for another phone, with the old signature on it."""
    if data[0] != 0x21:
        return turned(data, rolled)
    place, value = rolled.choice([
        (HEAD + 33, b"\xff\xff\xff\xff"), (HEAD + 22, b"\xff\xff\xff\xff"), (HEAD + 37, rolled.randbytes(4)),
        (HEAD + 44, compressed(OTHER_PHONE)), (HEAD + 15, rolled.randbytes(3)), (HEAD + 41, b"\x01"),
        (HEAD + 1, kid_of(SECOND_ISSUER)), (HEAD, b"\x12"), (HEAD, b"\x13"), (HEAD + 5, rolled.randbytes(8)),
    ])  # fmt: skip
    changed = data[:place] + value + data[place + len(value) :]
    if rolled.random() < 0.5:
        # whoever rewrites the credential may also hold the phone and sign the code anew
        message = b"TV1P" + hashlib.sha256(changed[HEAD:-SIGNATURE]).digest() + changed[:HEAD]
        changed = changed[:-SIGNATURE] + sign(rolled.choice([PHONE, OTHER_PHONE]), message + bytes(16))
    return changed


def respelled(text: str, rolled: random.Random) -> str:
    """The digits changed, not the bytes: dropped, doubled, exchanged, overflowing, of another kind."""
    place = rolled.randrange(2, len(text) - 2)
    inside = text[2:-2]
    chunk = int(inside[:17]) + (1 << 56)
    return rolled.choice([
        text[:place] + text[place + 1 :],
        text[:place] + text[place] + text[place:],
        text[:place] + str((int(text[place]) + rolled.randrange(1, 10)) % 10) + text[place + 1 :],
        text[:-2] + f"{(int(text[-2:]) + 97) % 100:02d}",
        frame("71", inside[:place] + inside[place + 1 :]),
        frame("71", str(chunk) + inside[17:]) if chunk < 10**17 else text[:-1],
        frame(rolled.choice(["70", "72", "73", "00"]), inside),
        frame("71", inside + "0" * rolled.choice([1, 3, 5, 17])),
        text + text, text.replace("0", "O", 1), "+" + text, text.replace("7", "７", 1) + "\u0660",
        "".join(rolled.choices("0123456789", k=rolled.choice([22, 34, 213, 556]))),
    ])  # fmt: skip


def online(text: str) -> str:
    """Judge as a server does: by the credential it holds, or the one that is carried."""
    code: Presentation = parse_presentation(text)
    data = code.credential or HELD.get(code.vid)
    if data is None:
        raise CODE_UNKNOWN.refused()
    verify_credential(data, trust, AT)
    verify_presentation(code, data, beacon_of, AT, ONLINE)
    return "good"


def told(text: str, judge: Callable[[str], str]) -> str:
    try:
        return judge(text)
    except Refused as refused:
        return refused.refusal.code


def offline(text: str) -> str:
    judged = judge_offline(text, SCANNER, AT)
    if judged.colour is not Colour.RED:
        return "good"
    assert judged.reason is not None
    return judged.reason.code


def mutate(good: Good, rolled: random.Random, goods: list[Good]) -> str:
    way = rolled.randrange(8)
    text = frame("71", encode_base10(good.data))
    if way == 7:
        return respelled(text, rolled)
    if way == 6:
        return frame("71", encode_base10(spliced(good.data, rolled, goods)))
    change = (turned, overwritten, cut, extended, resigned, rewritten)[way]
    return frame("71", encode_base10(change(good.data, rolled)))


def accepted_among(many: int) -> tuple[list[str], Counter[str]]:
    """Return the mutated codes that were accepted, and what the others were refused for."""
    rolled = random.Random(SEED)
    goods = good_codes(rolled)
    known = {frame("71", encode_base10(each.data)) for each in goods}
    assert {told(text, online) for text in known} == {"good"}
    assert {
        told(frame("71", encode_base10(each.data)), offline) for each in goods if each.kind is Kind.F
    } == {"good"}
    accepted: list[str] = []
    reasons: Counter[str] = Counter()
    tried = 0
    while tried < many:
        text = mutate(rolled.choice(goods), rolled, goods)
        if text in known:
            continue  # a part exchanged for the same part is no mutation
        tried += 1
        for judge in (online, offline):
            said = told(text, judge)
            reasons[said] += 1
            if said == "good":
                accepted.append(text)
    return accepted, reasons


def check(many: int) -> None:
    accepted, reasons = accepted_among(many)
    assert accepted == []
    assert set(reasons) <= {each.code for each in list_reasons()}
    # the mutants get past the spelling: each lock is tried
    assert {"code_malformed", "credential_forged", "code_forged", "credential_key_unknown"} <= set(reasons)
    assert sum(reasons.values()) == 2 * many


def test_three_hundred_codes_that_are_nearly_right_are_refused() -> None:
    check(FEW)


@pytest.mark.long
def test_a_hundred_thousand_codes_that_are_nearly_right_are_refused() -> None:
    check(MANY)


def test_a_verifier_that_forgets_the_phone_would_be_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("voucher.ledger.credentials.offline.check_holder", lambda *_: None)
    accepted, _ = accepted_among(FEW)
    assert accepted
