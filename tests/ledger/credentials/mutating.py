"""Ways to spoil a good code: bits and bytes, parts of other codes, other hands, other spellings."""

from __future__ import annotations

import hashlib
import random
from dataclasses import dataclass

from tests.rules.code_format.holding import (
    ISSUER,
    OTHER_PHONE,
    PHONE,
    SECOND_ISSUER,
    compressed,
    kid_of,
    sign,
)
from voucher.rules.code_format import Kind, encode_base10
from voucher.rules.code_format.digits import frame

# the order of P-256
N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
HEAD, SIGNATURE = 14, 64


@dataclass(frozen=True)
class Good:
    """A code as a phone shows it."""

    data: bytes
    kind: Kind

    @property
    def text(self) -> str:
        return frame("71", encode_base10(self.data))


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


def mutate(good: Good, rolled: random.Random, goods: list[Good]) -> str:
    way = rolled.randrange(8)
    if way == 7:
        return respelled(good.text, rolled)
    if way == 6:
        return frame("71", encode_base10(spliced(good.data, rolled, goods)))
    change = (turned, overwritten, cut, extended, resigned, rewritten)[way]
    return frame("71", encode_base10(change(good.data, rolled)))
