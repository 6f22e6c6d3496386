"""Masks: what may be seen of a person by somebody who has no need of the whole.

A mask never shows more for being given something malformed: what does not have the expected shape is
hidden further, because a wrong number in a refusal is still most of a right one.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date

from voucher.rules.register import rule
from voucher.rules.spelling import fold_spelling
from voucher.rules.word_pieces import MADE_OF_WORDS

_LAW = "个人信息保护法 第六条、第五十一条"
_IN_FORCE = date(2021, 11, 1)

_SEPARATORS = " ·"
_FULL_WIDTH = {0xFF10 + digit: ord("0") + digit for digit in range(10)} | {
    ord("Ｘ"): ord("X"),
    ord("ｘ"): ord("x"),
}

# Order matters: the first alternative that fits at a place wins, and a certificate number wins to be kept.
_SENSITIVE = re.compile(
    r"""
      (?P<kept>        ~[0-9a-f]{64} )
    | (?P<certificate> (?<![0-9A-Za-z]) (?:[A-Z][0-9]{21} | [A-Z]{2}[0-9]{20}) (?![0-9A-Za-z]) )
    | (?P<scientific>  [0-9]\.[0-9]{5,}[eE]\+?[0-9]{1,2} )
    | (?P<identity>    (?<![0-9]) [0-9]{6}[ -]?[0-9]{8}[ -]?[0-9]{3}[0-9Xx] (?![0-9]) )
    | (?P<identity15>  (?<![0-9]) [0-9]{6}[ -]?[0-9]{6}[ -]?[0-9]{3} (?![0-9]) )
    | (?P<account>     (?<![0-9]) [0-9]{4}(?:[ -]?[0-9]{4}){3}(?:[ -]?[0-9]{1,3})? (?![0-9]) )
    | (?P<run>         [0-9]{20,}[Xx]? )
    | (?P<mobile>      (?<![0-9]) (?:\+?86[ -]?|0)? 1[3-9][0-9][ -]?[0-9]{4}[ -]?[0-9]{4} (?![0-9]) )
    """,
    re.VERBOSE,
)


_LONG_LETTERS = re.compile(r"[A-Za-z]{4,}")
_LONGEST_WORD, _MOST_DIGITS, _AMOUNT_DIGITS = 14, 7, 10
_NAMED = re.compile(r"(?:[0-9]级|[^\x00-\x7f])+")
_AMOUNT = re.compile(r"[-+]?(?:[0-9]{1,7}|[0-9]{1,3}(?:,[0-9]{3}){1,2})(?:\.[0-9]{1,3})?")
# nobody who is trained was born after this law came into force
_LATE_DAY = re.compile(r"20(?:2[2-9]|[3-9][0-9])(?P<mark>[-./])[0-9]{1,2}(?P=mark)[0-9]{1,2}")
_BIRTHDAY = re.compile(
    r"""
      (?<!\d) (?:1[89]|20)\d\d [^\d]{1,2} \d{1,2} [^\d]{1,2} \d{1,2} (?!\d)
    | (?<!\d) \d{1,2} [^\d] \d{1,2} [^\d] (?:1[89]|20)\d\d (?!\d)
    | (?<![\d-]) \d{2} (?P<mark>[-./]) \d{1,2} (?P=mark) \d{1,2} (?![\d-])
    | (?<!\d) (?:19|20)\d\d (?:0[1-9]|1[0-2]) (?:0[1-9]|[12]\d|3[01]) (?!\d)
    """,
    re.VERBOSE,
)
_LANDLINE = re.compile(r"(?<![0-9A-Za-z])0[0-9]{9,11}(?![0-9A-Za-z])")
# what a cell may well hold that has many digits: a number of a certificate, of a trade, and what is masked
_CODE = re.compile(
    r"(?<![0-9A-Za-z])(?:[A-Z][0-9]{21}|[A-Z]{2}[0-9]{20}|[1-8]-[0-9]{2}-[0-9]{2}(?:-[0-9]{2,3})?)(?![0-9A-Za-z-])"
    r"|[0-9.]*\*{3,}[0-9Xx]*"
)


def _bare(text: str) -> str:
    return fold_spelling(text).replace("-", "")


@rule(number="PRV-01", stage="通用", source=f"{_LAW}; AC-H7【设】", since=_IN_FORCE)
def mask_identity(text: str) -> str:
    """Return an identity number with its first six and last four characters only.

    A 15-digit number keeps its last three; text of any other length keeps a third of itself from the
    front, at most six characters.
    """
    bare = _bare(text)
    length = len(bare)
    if length == 18:
        return bare[:6] + "*" * 8 + bare[-4:]
    if length == 15:
        return bare[:6] + "*" * 6 + bare[-3:]
    shown = min(6, length // 3)
    return bare[:shown] + "*" * (length - shown)


@rule(
    number="PRV-06", stage="培训", source=f"{_LAW}; 实名到课 豫办〔2021〕29号 第15项【设】", since=_IN_FORCE
)
def mask_identity_end(text: str) -> str:
    """Return an identity number with its first six characters only: at a counter the last four are asked for.

    Whoever may type somebody present by the end of the card never reads that end off a screen.
    """
    bare = _bare(text)
    shown = min(6, len(bare) // 3)
    return bare[:shown] + "*" * (len(bare) - shown)


@rule(number="PRV-02", stage="通用", source=f"{_LAW}【设】", since=_IN_FORCE)
def mask_name(name: str) -> str:
    """Return a name with its first character only: 张*, 欧***, 古***·***.

    The middle dot and spaces stay, so that a reader sees how the name is built; a name of one
    character is hidden whole.
    """
    trimmed = name.strip()
    if len(trimmed) <= 1:
        return "*" * len(trimmed)
    return trimmed[0] + "".join(letter if letter in _SEPARATORS else "*" for letter in trimmed[1:])


@rule(number="PRV-03", stage="通用", source=f"{_LAW}【设】", since=_IN_FORCE)
def mask_mobile(text: str) -> str:
    """Return a mobile number as 138****1234; anything that is not eleven characters is hidden whole."""
    bare = _bare(text)
    if len(bare) != 11:
        return "*" * len(bare)
    return bare[:3] + "****" + bare[-4:]


@rule(number="PRV-08", stage="通用", source=f"{_LAW}【设】", since=_IN_FORCE)
def mask_login(login: str) -> str:
    """Return the name of an account with its first two characters only; a shorter one is hidden whole."""
    return login[:2] + "***" if len(login) > 2 else "***"


@rule(number="PRV-04", stage="通用", source=f"{_LAW}; AC-H7 不出现银行卡号【设】", since=_IN_FORCE)
def mask_account(text: str) -> str:
    """Return a bank account with its last four characters only; fewer than eight are hidden whole."""
    bare = _bare(text)
    if len(bare) < 8:
        return "*" * len(bare)
    return "*" * (len(bare) - 4) + bare[-4:]


@rule(number="PRV-09", stage="通用", source=f"{_LAW}【设】", since=_IN_FORCE)
def may_be_personal(text: str) -> bool:
    """Return whether a word typed in the wrong place may name a person or carry one's number.

    An amount, a day nobody of age was born on, a short code and what is made of the words of lists alone
    (就业补助金) are not; eight digits, whatever stands between them, and every other word may be.
    """
    folded = fold_spelling(text)
    if _LATE_DAY.fullmatch(folded):
        return False
    bare = "".join(letter for letter in folded if letter.isalnum())
    digits = sum(letter.isdigit() for letter in bare)
    if digits > (_AMOUNT_DIGITS if _AMOUNT.fullmatch(folded) else _MOST_DIGITS):
        return True
    if len(bare) > _LONGEST_WORD or _LONG_LETTERS.search(bare) or _BIRTHDAY.search(folded):
        return True
    return not all(MADE_OF_WORDS.fullmatch(each) for each in _NAMED.findall(bare))


@rule(number="PRV-10", stage="通用", source=f"{_LAW}【设】", since=_IN_FORCE)
def may_hide_number(text: str) -> bool:
    """Return whether a cell of plain letters and digits may carry a name, a telephone or a birthday.

    Marks between the digits hide nothing; the numbers of certificates and trades are nobody's.
    """
    if _LATE_DAY.fullmatch(text.strip()):
        return False
    rest = _CODE.sub("", text)
    bare = "".join(letter for letter in rest if letter.isalnum())
    letters = bare.isalpha() and _LONG_LETTERS.search(bare) is not None and "_" not in rest
    hidden = mask_free_text(bare) != bare or _LANDLINE.search(bare) is not None
    return letters or hidden or _BIRTHDAY.search(rest) is not None


@rule(number="PRV-05", stage="通用", source=f"{_LAW}; DESIGN §5 不变量 17【设】", since=_IN_FORCE)
def mask_free_text(text: str) -> str:
    """Return any text with the identity numbers, mobile numbers and account numbers in it masked.

    Made for logs: digits are read in full width and across one space or hyphen, invisible characters are
    dropped, any run of twenty digits and more is masked, and certificate numbers (1 + 21, 2 + 20) are kept.
    Names cannot be recognised in free text and are not masked.
    """
    if text.isascii():
        # nothing invisible and nothing in full width is among these characters
        return _SENSITIVE.sub(_mask_match, text)
    visible = "".join(character for character in text if unicodedata.category(character) != "Cf")
    return _SENSITIVE.sub(_mask_match, visible.translate(_FULL_WIDTH))


def _mask_match(match: re.Match[str]) -> str:
    found = match.group()
    match match.lastgroup:
        case "certificate":
            return found
        case "identity" | "identity15":
            return mask_identity(found)
        case "account":
            return mask_account(found)
        case "mobile":
            return mask_mobile(_bare(found)[-11:])
        case "kept":
            # a digest in an identity number's place (REN-07): nothing of it is shown
            return "*" * 18
        case "scientific":
            return "*" * len(found)
        case _:
            return found[:6] + "*" * (len(found) - 10) + found[-4:]
