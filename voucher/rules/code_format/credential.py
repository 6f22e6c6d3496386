"""The credential: what an issuer signs over one voucher and one phone, 78 bytes and a masked name.

    off  len   field
      0    1   version 1 and the algorithm     29   4   programme
      1    4   kid                             33   4   cap in fen
      5    8   vid                             37   4   institution, 0 = not reserved
     13  2+3   status list, place in it        41   1   flags
     18  4+4   not before, expires             42   2   last four of the identity number
     26    3   region                          44  33   the holder's key      77  1+n  masked name

Big-endian; the signature follows, 64 bytes r‖s. It is never shown by itself, and holds no full name, number,
phone or photo, nor a hash of one: the adults of a county are searched in half a minute.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache

from voucher.rules.code_format.digits import CODE_MALFORMED, SINCE, SOURCE
from voucher.rules.register import rule

SIGNATURE_BYTES = 64
NAME_BYTES = 27
STATUS_PLACES = 1 << 20

_VERSION = 1
_DOMAIN = b"TV1C"
# kid, vid, list, place, not before, expires, region, programme, cap, institution, flags, last four, key, name
_LAYOUT = struct.Struct(">B4s8sH3sII3sIIIBH33sB")
_FLAGS = 3
_LAST_FOUR = re.compile(r"([0-9]{3})([0-9X])")
_REGION = re.compile(r"[1-9][0-9]{5}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_CHECK_LETTER = 10

# NIST P-256, FIPS 186-5: y² = x³ − 3x + b over the field of p
_P = 0xFFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF
_B = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B


class Algorithm(IntEnum):
    """How the issuer signs: the low nibble of the first byte."""

    ES256 = 1
    ED25519 = 2
    SM2 = 3


_ALGORITHMS = frozenset(Algorithm)


@dataclass(frozen=True, slots=True)
class Credential:
    """One voucher in one phone, as the issuer vouches for it; times in unix seconds."""

    algorithm: Algorithm
    kid: bytes
    vid: bytes
    status_list: int
    status_place: int
    not_before: int
    expires: int
    region: str
    programme: int
    amount_fen: int
    institution: int
    offline_allowed: bool
    card_required: bool
    photo_required: bool
    last_four: str
    holder_key: bytes
    masked_name: str


@rule(number="COD-08", stage="发券", source=SOURCE, since=SINCE)
def encode_body(credential: Credential) -> bytes:
    """Return the bytes the issuer signs over. Raises ValueError for what has no place in them."""
    name = credential.masked_name.encode()
    four = _LAST_FOUR.fullmatch(credential.last_four)
    if four is None:
        raise ValueError("the last four are three digits and a digit or X")
    check = _CHECK_LETTER if four[2] == "X" else int(four[2])
    try:
        body = (
            _LAYOUT.pack(
                _VERSION << 4 | credential.algorithm,
                credential.kid,
                credential.vid,
                credential.status_list,
                credential.status_place.to_bytes(3),
                credential.not_before,
                credential.expires,
                int(credential.region).to_bytes(3),
                credential.programme,
                credential.amount_fen,
                credential.institution,
                credential.offline_allowed | credential.card_required << 1 | credential.photo_required << 2,
                int(four[1]) * 11 + check,
                credential.holder_key,
                len(name),
            )
            + name
        )
    except (struct.error, OverflowError) as wrong:
        raise ValueError("a field does not fit its place") from wrong
    # struct pads what is short and cuts what is long; a body is good when it reads back as what was meant
    if _problem_of(body) or _read(body) != credential:
        raise ValueError(_problem_of(body) or "a field does not fit its place")
    return body


@rule(number="COD-09", stage="发券", source=SOURCE, since=SINCE)
def credential_message(body: bytes) -> bytes:
    """Return what the issuer's signature stands over."""
    return _DOMAIN + body


@rule(number="COD-10", stage="培训", source=SOURCE, since=SINCE)
def parse_credential(data: bytes) -> tuple[Credential, bytes, bytes]:
    """Return a credential, its body and its signature; whether the signature is good is another question.

    Raises code_malformed.
    """
    body, signature = data[:-SIGNATURE_BYTES], data[-SIGNATURE_BYTES:]
    problem = _problem_of(body)
    if problem:
        raise CODE_MALFORMED.refused(problem=problem)
    return _read(body), body, signature


@rule(number="COD-11", stage="发券", source=f"个人信息保护法 第六条; {SOURCE}", since=SINCE)
def fit_name(masked_name: str) -> str:
    """Return as much of a masked name as a credential has room for, whole letters only."""
    return masked_name.encode()[:NAME_BYTES].decode(errors="ignore")


def _problem_of(body: bytes) -> str:
    if len(body) < _LAYOUT.size or len(body) != _LAYOUT.size + body[_LAYOUT.size - 1]:
        return "券凭证长度不对"
    fields = _LAYOUT.unpack_from(body)
    version, algorithm = divmod(fields[0], 16)
    if version != _VERSION or algorithm not in _ALGORITHMS:
        return "券凭证版本不认识"
    if (
        len(body) > _LAYOUT.size + NAME_BYTES
        or int.from_bytes(fields[4]) >= STATUS_PLACES
        or fields[5] >= fields[6]
        or not _REGION.fullmatch(str(int.from_bytes(fields[7])))
        or fields[11] >> _FLAGS
        or fields[12] > 999 * 11 + _CHECK_LETTER
    ):
        return "券凭证内容超出范围"
    if not _is_on_curve(fields[13]):
        return "券凭证中的手机密钥无效"
    try:
        name = body[_LAYOUT.size :].decode()
    except UnicodeDecodeError:
        return "券凭证中的姓名无法识别"
    return "券凭证中的姓名无法识别" if _CONTROL.search(name) else ""


def _read(body: bytes) -> Credential:
    fields = _LAYOUT.unpack_from(body)
    flags: int = fields[11]
    three, check = divmod(int(fields[12]), 11)
    return Credential(
        algorithm=Algorithm(fields[0] & 15),
        kid=fields[1],
        vid=fields[2],
        status_list=fields[3],
        status_place=int.from_bytes(fields[4]),
        not_before=fields[5],
        expires=fields[6],
        region=str(int.from_bytes(fields[7])),
        programme=fields[8],
        amount_fen=fields[9],
        institution=fields[10],
        offline_allowed=bool(flags & 1),
        card_required=bool(flags & 2),
        photo_required=bool(flags & 4),
        last_four=f"{three:03d}{'X' if check == _CHECK_LETTER else check}",
        holder_key=fields[13],
        masked_name=body[_LAYOUT.size :].decode(),
    )


# the same phone is met when it is issued to, checked, enrolled and redeemed, and thrice in one F code
@lru_cache(maxsize=4096)
def _is_on_curve(point: bytes) -> bool:
    x = int.from_bytes(point[1:])
    if point[0] not in (2, 3) or x >= _P:
        return False
    # no point of this curve has y = 0; which of the two roots is meant, the first byte says
    return _jacobi((x * x * x - 3 * x + _B) % _P, _P) == 1


def _jacobi(number: int, modulus: int) -> int:
    """Return 1 where a number has a square root modulo a prime; a fifth of the time Euler's power takes."""
    sign = 1
    while number:
        twos = (number & -number).bit_length() - 1
        number >>= twos
        if twos & 1 and modulus & 7 in (3, 5):
            sign = -sign
        if number & 3 == 3 and modulus & 3 == 3:
            sign = -sign
        number, modulus = modulus % number, number
    return sign if modulus == 1 else 0
