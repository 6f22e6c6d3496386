"""Certificate numbers that carry their holder's identity number, and how they are written without it.

The number of a 特种作业操作证 is T and the holder's identity number. That stands nowhere unsealed, so such a
number is kept with a keyed digest in the identity's place: equal numbers stay equal, and whoever reads the
column reads nobody's number.
"""

from __future__ import annotations

import re
from datetime import date
from typing import NamedTuple

from stdnum.iso7064 import mod_11_2

from voucher.rules.errors import reason
from voucher.rules.privacy import mask_identity
from voucher.rules.register import rule
from voucher.rules.spelling import fold_spelling

SOURCE = "个人信息保护法 第六条、第五十一条; 特种作业操作证编号为 T 加证件号码"
SINCE = date(2021, 11, 1)
LENGTH = 18

CARD_NUMBER_OF_ANOTHER = reason(
    "card_number_of_another",
    "证书编号中的证件号码不是持证人的",
    "请对照证书原件逐位核对编号和证件号码；持证人更正过证件号码的，请先办理身份更正再上传；"
    "在本系统登记以前就更正过的，由经办机构先更正为原号码、再更正回现号码，都选“公安机关变更”",
    SOURCE,
)

_EIGHTEEN = re.compile(r"(?<![0-9])[0-9]{17}[0-9X](?![0-9A-Z])")
_CARD = re.compile(r"(?<![0-9A-Z])T")
_KEPT = re.compile(r"(?P<head>.*)~(?P<index>[0-9a-f]{64})(?P<tail>.*)")


class Carried(NamedTuple):
    """A number taken apart: what stands before, in the identity number's place, and behind."""

    head: str
    within: str
    tail: str


@rule(number="REN-05", stage="持证", source=SOURCE, since=SINCE)
def find_identity(number: str) -> Carried | None:
    """Return a number in one spelling around the identity number it carries, or None where it carries none.

    It may be spelled as somebody typed it. After a single T any eighteen characters of that shape are taken
    for one; elsewhere only what is one.
    """
    if find_digest(number) is not None:
        return None
    # without its spaces, and with them: what stands behind an identity number may begin with a digit
    for spelled in (fold_spelling(number).upper(), number.upper()):
        found = _EIGHTEEN.search(spelled) if len(spelled) >= LENGTH else None
        if found is None:
            continue
        carried = Carried(spelled[: found.start()], found.group(), spelled[found.end() :])
        if (carried.head == "T" and not carried.tail) or _is_identity(carried.within):
            return carried
    return None


@rule(number="REN-06", stage="持证", source=SOURCE, since=SINCE)
def find_digest(kept: str) -> Carried | None:
    """Return a kept number around the digest in it, or None where the number carries no identity number."""
    found = _KEPT.fullmatch(kept) if "~" in kept else None
    return Carried(*found.group("head", "index", "tail")) if found is not None else None


@rule(number="REN-07", stage="持证", source=SOURCE, since=SINCE)
def write_kept(carried: Carried, index: str) -> str:
    """Return a number as it is kept: the digest in the identity number's place, marked as one."""
    return f"{carried.head}~{index}{carried.tail}"


@rule(number="REN-08", stage="持证", source=SOURCE, since=SINCE)
def mask_number(number: str) -> str:
    """Return a certificate number with the identity number in it masked; every other number is shown whole.

    Of one that is only kept nothing of the identity number is known, and nothing is shown.
    """
    told = find_identity(number)
    if told is not None:
        return f"{told.head}{mask_identity(told.within)}{told.tail}"
    kept = find_digest(number)
    return number if kept is None else f"{kept.head}{'*' * 18}{kept.tail}"


@rule(number="REN-09", stage="持证", source=SOURCE, since=SINCE)
def mask_within(words: str) -> str:
    """Return words with the identity numbers masked that certificate numbers among them carry."""

    def told(found: re.Match[str]) -> str:
        is_card = _CARD.fullmatch(words, max(found.start() - 1, 0), found.start()) is not None
        return mask_identity(found.group()) if is_card or _is_identity(found.group()) else found.group()

    return _EIGHTEEN.sub(told, words)


def _is_identity(text: str) -> bool:
    try:
        date(int(text[6:10]), int(text[10:12]), int(text[12:14]))
    except ValueError:
        return False
    return text[6:8] in ("19", "20") and bool(mod_11_2.is_valid(text))
