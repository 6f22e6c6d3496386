"""Digits only, so that no scanner gun or Chinese input method spoils a code: base 10 and the text around it.

A text is two digits of kind, the content, two check digits (ISO 7064 mod 97-10). The check digits tell a
dropped or swapped digit from a wrong code; they are no security. One content has one spelling.
"""

from __future__ import annotations

import re
from datetime import date

from voucher.rules.errors import reason
from voucher.rules.register import rule

SOURCE = "豫办〔2021〕29号 第16项 实名、不得转让; 【设】出示码格式 TV1（ISO 7064 mod 97-10）; S2-16d"
SINCE = date(2021, 10, 28)

CODE_MALFORMED = reason(
    "code_malformed",
    "这不是有效的出示码：{problem}",
    "请让持券人刷新手机上的码后重新扫描；手工输入的，请逐位核对 22 位数字",
    SOURCE,
)

# NFKC would turn ² into 2; only the widths and marks a Chinese keyboard gives are folded
_WIDTHS = {0xFF10 + digit: str(digit) for digit in range(10)}
_MARKS = dict.fromkeys(map(ord, " \t\r\n\u00a0\u3000-\u2010\u2011\u2013\u2014\uff0d"))
_FOLDED = {**_WIDTHS, **_MARKS}
_DIGITS = re.compile(r"[0-9]*")
_CHECK = 2
_KIND = 2

CHUNK_DIGITS = 17
_CHUNK = 7
_WHOLE = f"0{CHUNK_DIGITS}d"
# so many digits hold a tail of so many bytes (CTAP 2.2, hybrid transports)
_TAIL_DIGITS = {1: 3, 2: 5, 3: 8, 4: 10, 5: 13, 6: 15}
_TAIL_BYTES = {digits: size for size, digits in _TAIL_DIGITS.items()}
_WRONG_CONTENT = "内容不是规定的写法"


@rule(number="COD-03", stage="发券", source=f"{SOURCE}; FIDO CTAP 2.2 §11.5", since=SINCE)
def encode_base10(data: bytes) -> str:
    """Return bytes as digits: seven bytes, little-endian, become seventeen; a shorter tail 3 to 15."""
    whole = len(data) - len(data) % _CHUNK
    read = int.from_bytes
    written = [
        format(read(data[start : start + _CHUNK], "little"), _WHOLE) for start in range(0, whole, _CHUNK)
    ]
    tail = data[whole:]
    if tail:
        written.append(f"{read(tail, 'little'):0{_TAIL_DIGITS[len(tail)]}d}")
    return "".join(written)


@rule(number="COD-04", stage="培训", source=f"{SOURCE}; FIDO CTAP 2.2 §11.5", since=SINCE)
def decode_base10(digits: str) -> bytes:
    """Return the bytes that are spelled so, and only so. Raises code_malformed."""
    tail = len(digits) % CHUNK_DIGITS
    if not _DIGITS.fullmatch(digits) or (tail and tail not in _TAIL_BYTES):
        raise CODE_MALFORMED.refused(problem=_WRONG_CONTENT)
    whole = len(digits) - tail
    try:
        data = b"".join(
            [
                int(digits[start : start + CHUNK_DIGITS]).to_bytes(_CHUNK, "little")
                for start in range(0, whole, CHUNK_DIGITS)
            ]
        )
        return data + int(digits[whole:]).to_bytes(_TAIL_BYTES[tail], "little") if tail else data
    except OverflowError:
        # a number that overflows its bytes spells nothing
        raise CODE_MALFORMED.refused(problem=_WRONG_CONTENT) from None


@rule(number="COD-05", stage="培训", source=SOURCE, since=SINCE)
def fold_digits(text: str, longest: int) -> str:
    """Return a code as scanned or typed without the widths, spaces and hyphens a keyboard adds.

    Raises code_malformed, which never repeats the code, for a writing of more than so many characters.
    """
    if len(text) > longest:
        raise CODE_MALFORMED.refused(problem="内容过长")
    return text.translate(_FOLDED)


@rule(number="COD-06", stage="发券", source=SOURCE, since=SINCE)
def frame(kind: str, content: str) -> str:
    """Return the kind and the content, both digits, with the two check digits behind them."""
    body = kind + content
    return body + _check_digits(body)


@rule(number="COD-07", stage="培训", source=SOURCE, since=SINCE)
def unframe(digits: str) -> tuple[str, str]:
    """Return kind and content of a text of digits whose check digits are the ones it is written with.

    Raises code_malformed.
    """
    if not _DIGITS.fullmatch(digits):
        raise CODE_MALFORMED.refused(problem="应全部为数字")
    if len(digits) < _KIND + _CHECK:
        raise CODE_MALFORMED.refused(
            problem=f"只有 {len(digits)} 位，太短；手工输入的，应是以 72 开头的全部 22 位数字"
        )
    body = digits[:-_CHECK]
    # 00, 01 and 99 would pass the modulus as well; one code has one spelling
    if digits != body + _check_digits(body):
        raise CODE_MALFORMED.refused(problem="校验位不正确，可能漏读或错读了数字")
    return body[:_KIND], body[_KIND:]


def _check_digits(body: str) -> str:
    # stdnum's own reads letters as well, and takes a hundred times as long over the 556 digits of an F
    return f"{98 - int(body + '00') % 97:02d}"
