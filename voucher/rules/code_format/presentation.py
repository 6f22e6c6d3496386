"""What a phone shows: S and F, signed with its own key and new every few seconds; and C, which it is asked.

    S   22 | fl | t | ctr | ch | vid         | signature     looked up by its vid; needs the network
    F   21 | fl | t | ctr | ch | credential  | signature     carries everything; read without the network
    C   institution | ch | t                                 an institution's question, shown to the phone

`fl` holds the age of the beacon in quarter hours (15 = none), whether the phone asked its PIN, and whether
`ch` answers an institution's question. The signature stands over the kind, the credential's digest, the first
14 bytes and the beacon, so that none can be changed for another.
"""

from __future__ import annotations

import hashlib
import hmac
import struct
from dataclasses import dataclass
from enum import StrEnum

from voucher.rules.code_format.credential import SIGNATURE_BYTES, parse_credential
from voucher.rules.code_format.digits import (
    CHUNK_DIGITS,
    CODE_MALFORMED,
    SINCE,
    SOURCE,
    decode_base10,
    encode_base10,
    fold_digits,
    frame,
    unframe,
)
from voucher.rules.code_format.t_code import KIND_T, parse_t
from voucher.rules.errors import Refused
from voucher.rules.register import rule

KIND_PRESENTATION = "71"
KIND_CHALLENGE = "73"
BEACON_BYTES = 16
BEACON_SECONDS = 15 * 60
NO_BEACON = 15

_LONGEST_WRITING = 1024
_VID_BYTES = 8
_HEAD = struct.Struct(">BBIII")
_QUESTION = struct.Struct(">III")
_AGE, _PIN, _CHALLENGED, _RESERVED = 0x0F, 0x10, 0x20, 0xC0


class Kind(StrEnum):
    """The four kinds of code a scanner meets."""

    T = "T"
    S = "S"
    F = "F"
    C = "C"


_FIRST_BYTE = {Kind.F: 0x21, Kind.S: 0x22}
_KIND_OF = {first: kind for kind, first in _FIRST_BYTE.items()}
_DOMAIN = {Kind.F: b"TV1P", Kind.S: b"TV1S"}


@dataclass(frozen=True, slots=True)
class Presentation:
    """An S or F code; `credential` is empty in an S, `challenge` is 0 where none is answered."""

    kind: Kind
    beacon_age: int
    pin_entered: bool
    challenged: bool
    shown_at: int
    counter: int
    challenge: int
    vid: bytes
    credential: bytes
    signature: bytes


@dataclass(frozen=True, slots=True)
class Challenge:
    """An institution's question to a phone whose clock is wrong; `asked_at` in unix seconds."""

    institution: int
    challenge: int
    asked_at: int


@rule(number="COD-12", stage="培训", source=SOURCE, since=SINCE)
def parse_code(text: str) -> Kind:
    """Return which kind of code this is, by its check digits and how it begins. Raises code_malformed."""
    prefix, content = unframe(fold_digits(text, _LONGEST_WRITING))
    if prefix == KIND_T:
        parse_t(text)
        return Kind.T
    if prefix == KIND_CHALLENGE:
        return Kind.C
    if prefix == KIND_PRESENTATION:
        return _kind_of(decode_base10(content[:CHUNK_DIGITS]))
    raise CODE_MALFORMED.refused(problem="不是本系统的码")


@rule(number="COD-13", stage="发券", source=SOURCE, since=SINCE)
def encode_presentation(presentation: Presentation) -> str:
    """Return the digits of an S or F code. Raises ValueError for what cannot be written."""
    carried = presentation.vid if presentation.kind is Kind.S else presentation.credential
    data = head_bytes(presentation) + carried + presentation.signature
    try:
        written = _read(data)
    except Refused as wrong:
        raise ValueError("a presentation is written only as it can be read") from wrong
    if written != presentation:
        raise ValueError("a presentation is written only as it is meant")
    return frame(KIND_PRESENTATION, encode_base10(data))


@rule(number="COD-14", stage="培训", source=SOURCE, since=SINCE)
def parse_presentation(text: str) -> Presentation:
    """Return the S or F code that was scanned; nothing in it is believed yet. Raises code_malformed."""
    prefix, content = unframe(fold_digits(text, _LONGEST_WRITING))
    if prefix != KIND_PRESENTATION:
        raise CODE_MALFORMED.refused(problem="不是手机上的出示码")
    return _read(decode_base10(content))


@rule(number="COD-15", stage="发券", source=SOURCE, since=SINCE)
def head_bytes(presentation: Presentation) -> bytes:
    """Return the first 14 bytes of a code. Raises ValueError for a number that does not fit."""
    flags = presentation.beacon_age | presentation.pin_entered << 4 | presentation.challenged << 5
    try:
        return _HEAD.pack(
            _FIRST_BYTE[presentation.kind],
            flags,
            presentation.shown_at,
            presentation.counter,
            presentation.challenge,
        )
    except (struct.error, KeyError) as wrong:
        raise ValueError("a field does not fit its place") from wrong


@rule(number="COD-16", stage="培训", source=SOURCE, since=SINCE)
def signed_message(presentation: Presentation, credential_digest: bytes, beacon: bytes) -> bytes:
    """Return what the phone's signature stands over: the SHA-256 of its whole credential, and the beacon.

    Raises ValueError for a digest or a beacon of another length, and for a beacon where the code says none.
    """
    if len(credential_digest) != hashlib.sha256().digest_size or len(beacon) != BEACON_BYTES:
        raise ValueError("a digest has 32 bytes and a beacon 16")
    if presentation.beacon_age == NO_BEACON and any(beacon):
        raise ValueError("a code without a beacon is signed over zeros")
    return _DOMAIN[presentation.kind] + credential_digest + head_bytes(presentation) + beacon


@rule(number="COD-17", stage="培训", source=SOURCE, since=SINCE)
def beacon_slot(presentation: Presentation) -> int | None:
    """Return the quarter hour since 1970 whose beacon a code is signed over, or none."""
    if presentation.beacon_age == NO_BEACON:
        return None
    return presentation.shown_at // BEACON_SECONDS - presentation.beacon_age


@rule(number="COD-18", stage="发券", source=f"{SOURCE}; RFC 2104", since=SINCE)
def make_beacon(day_key: bytes, slot: int) -> bytes:
    """Return the 16 bytes of a quarter hour under the key of its day: nobody signs ahead of them."""
    return hmac.digest(day_key, b"TV1B" + slot.to_bytes(8), hashlib.sha256)[:BEACON_BYTES]


@rule(number="COD-19", stage="培训", source=SOURCE, since=SINCE)
def encode_challenge(challenge: Challenge) -> str:
    """Return the digits of an institution's question. Raises ValueError for a number that does not fit."""
    try:
        content = _QUESTION.pack(challenge.institution, challenge.challenge, challenge.asked_at)
    except struct.error as wrong:
        raise ValueError("a field does not fit its place") from wrong
    if not challenge.institution or not challenge.challenge:
        raise ValueError("a question has an institution and a number")
    return frame(KIND_CHALLENGE, encode_base10(content))


@rule(number="COD-20", stage="培训", source=SOURCE, since=SINCE)
def parse_challenge(text: str) -> Challenge:
    """Return the institution's question a phone has read. Raises code_malformed."""
    prefix, content = unframe(fold_digits(text, _LONGEST_WRITING))
    if prefix != KIND_CHALLENGE:
        raise CODE_MALFORMED.refused(problem="不是机构的验证码")
    data = decode_base10(content)
    if len(data) != _QUESTION.size:
        raise CODE_MALFORMED.refused(problem="机构的验证码长度不对")
    institution, number, asked_at = _QUESTION.unpack(data)
    if not institution or not number:
        raise CODE_MALFORMED.refused(problem="机构的验证码没有编号")
    return Challenge(institution, number, asked_at)


def _kind_of(data: bytes) -> Kind:
    kind = _KIND_OF.get(data[0]) if data else None
    if kind is None:
        raise CODE_MALFORMED.refused(problem="出示码种类不认识")
    return kind


def _read(data: bytes) -> Presentation:
    kind = _kind_of(data)
    carried, signature = data[_HEAD.size : -SIGNATURE_BYTES], data[-SIGNATURE_BYTES:]
    if len(data) < _HEAD.size + SIGNATURE_BYTES or (kind is Kind.S and len(carried) != _VID_BYTES):
        raise CODE_MALFORMED.refused(problem="出示码长度不对")
    _, flags, shown_at, counter, challenge = _HEAD.unpack_from(data)
    # one meaning, one spelling: a number where nothing was asked, or none where something was, is no code
    age = flags & _AGE
    before_time = age != NO_BEACON and shown_at // BEACON_SECONDS < age
    if flags & _RESERVED or bool(flags & _CHALLENGED) != bool(challenge) or before_time:
        raise CODE_MALFORMED.refused(problem="出示码标志不对")
    vid = carried if kind is Kind.S else parse_credential(carried)[0].vid
    return Presentation(
        kind=kind,
        beacon_age=age,
        pin_entered=bool(flags & _PIN),
        challenged=bool(flags & _CHALLENGED),
        shown_at=shown_at,
        counter=counter,
        challenge=challenge,
        vid=vid,
        credential=b"" if kind is Kind.S else carried,
        signature=signature,
    )
