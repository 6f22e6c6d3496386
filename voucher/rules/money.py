"""Fen arithmetic: whole numbers of 分 everywhere, yuan as text or for a cell, the one rounding there is."""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from decimal import Decimal

from voucher.rules.errors import reason
from voucher.rules.levels import mask_word
from voucher.rules.register import rule

FEN_SOURCE = "【设】金额以整数分计，64位有符号 (DESIGN 4)"
CAPITALS_SOURCE = "支付结算办法（银发〔1997〕393号）附件一 正确填写票据和结算凭证的基本规定"
SINCE = date(2021, 10, 28)
LARGEST_FEN = 2**63 - 1
SMALLEST_FEN = -(2**63)
WHOLE_BASIS_POINTS = 10_000

AMOUNT_NOT_FEN = reason(
    "amount_not_fen", "金额不是以分为单位的整数", "请以分为单位填写整数，例如 200 元填 20000", FEN_SOURCE
)
AMOUNT_NOT_YUAN = reason(
    "amount_not_yuan",
    "金额“{given}”{problem}",
    "请填写以元为单位的数字，最多两位小数，千位可用逗号，例如 1,948,240.00",
    FEN_SOURCE,
)
AMOUNT_NEGATIVE = reason(
    "amount_negative", "金额不能为负", "请核对金额；退回和追回请按追回办理，不填负数", CAPITALS_SOURCE
)
SHARE_INVALID = reason(
    "share_invalid",
    "比例“{given}”不是有效的万分比",
    "请以万分比填写不小于 0 的整数，例如 50% 填 5000",
    "【设】比例以万分比计 (DESIGN 4)",
)

# NFKC alone would turn 10² into 102; only the widths a Chinese keyboard gives are folded.
_TYPEABLE = re.compile(r"[\x20-\x7e\u00a0\u3000\uff01-\uff5e]*")
_PLAIN = re.compile(r"(?P<whole>0|[1-9]\d*|[1-9]\d{0,2}(?:,\d{3})+)(?:\.(?P<part>\d{1,2}))?", re.ASCII)
_TOO_FINE = re.compile(r"[\d,]+\.\d{3,}", re.ASCII)
_DIGITS = "零壹贰叁肆伍陆柒捌玖"
_PLACES = ((1000, "仟"), (100, "佰"), (10, "拾"), (1, ""))


@rule(number="MON-01", stage="通用", source=FEN_SOURCE, since=SINCE)
def check_fen(value: object) -> int:
    """Return the value as fen if it is a whole number in 64 bits, and nothing else.

    A bool, float, Decimal, str or None is refused, even where it looks whole. Raises amount_not_fen.
    """
    if isinstance(value, bool) or not isinstance(value, int):
        raise AMOUNT_NOT_FEN.refused(kind=type(value).__name__)
    if not SMALLEST_FEN <= value <= LARGEST_FEN:
        raise AMOUNT_NOT_FEN.refused(kind="out_of_range")
    return value


@rule(number="MON-02", stage="通用", source=FEN_SOURCE, since=SINCE)
def parse_yuan(text: str) -> int:
    """Read yuan as typed or as in a spreadsheet cell, in fen; nothing is rounded or guessed.

    Raises amount_not_yuan.
    """
    cleaned = unicodedata.normalize("NFKC", text).strip() if _TYPEABLE.fullmatch(text) else ""
    match = _PLAIN.fullmatch(cleaned)
    if match is None:
        raise AMOUNT_NOT_YUAN.refused(given=mask_word(text.strip()), problem=_name_problem(text, cleaned))
    whole = match["whole"].replace(",", "")
    part = (match["part"] or "").ljust(2, "0")
    if len(whole) > len(str(LARGEST_FEN)) or int(whole + part) > LARGEST_FEN:
        raise AMOUNT_NOT_YUAN.refused(given=mask_word(text.strip()), problem="过大")
    return int(whole + part)


def _name_problem(text: str, cleaned: str) -> str:
    if not text.strip():
        return "未填写"
    if cleaned.startswith("-"):
        return "为负数"
    if _TOO_FINE.fullmatch(cleaned):
        return "小数超过两位"
    if "," in cleaned:
        return "的千位逗号位置不对"
    return "不是规范的数字"


@rule(number="MON-03", stage="通用", source=FEN_SOURCE, since=SINCE)
def format_yuan(amount_fen: int) -> str:
    """Return fen as yuan with thousands commas and two decimals: 1,948,240.00. Raises amount_not_fen."""
    yuan, fen = divmod(abs(check_fen(amount_fen)), 100)
    return f"{'-' if amount_fen < 0 else ''}{yuan:,}.{fen:02d}"


@rule(number="MON-04", stage="兑现", source=CAPITALS_SOURCE, since=date(1997, 12, 1))
def chinese_capitals(amount_fen: int) -> str:
    """Return the 大写金额 a payment document carries, without 人民币: 壹佰玖拾肆万捌仟贰佰肆拾元整.

    Where the provisions leave 零 open, it is written between 元 and 角 after a zero in the 元 place
    and not after 万 or 亿 before a full 仟. Raises amount_negative, amount_not_fen.
    """
    if check_fen(amount_fen) < 0:
        raise AMOUNT_NEGATIVE.refused()
    yuan, cents = divmod(amount_fen, 100)
    jiao, fen = divmod(cents, 10)
    if not cents:
        return (_spell(yuan) if yuan else "零") + "元整"
    words = _spell(yuan) + "元" if yuan else ""
    if yuan and (jiao == 0 or yuan % 10 == 0):
        words += "零"
    if jiao:
        words += _DIGITS[jiao] + "角"
    return words + (_DIGITS[fen] + "分" if fen else "")


def _spell(number: int) -> str:
    """Spell a positive whole number; a gap before a lower group is one 零."""
    for size, unit in ((10**8, "亿"), (10**4, "万")):
        if number >= size:
            high, low = divmod(number, size)
            gap = "零" if 0 < low < size // 10 else ""
            return _spell(high) + unit + gap + (_spell(low) if low else "")
    words = ""
    gap = ""
    for size, unit in _PLACES:
        digit = number // size % 10
        if digit:
            words += gap + _DIGITS[digit] + unit
            gap = ""
        elif words:
            gap = "零"
    return words


@rule(
    number="MON-05",
    stage="兑现",
    source="豫人社规〔2022〕2号 直接认定50%; 【设】不足一分四舍五入",
    since=date(2022, 3, 31),
)
def share(amount_fen: int, *basis_points: int) -> int:
    """Return that many ten-thousandths of an amount, half a fen rounded up: the only rounding there is.

    Several shares are taken one of the other and rounded once.
    Raises share_invalid, amount_negative, amount_not_fen.
    """
    if check_fen(amount_fen) < 0:
        raise AMOUNT_NEGATIVE.refused()
    parts, whole = amount_fen, 1
    for each in basis_points:
        parts *= _check_basis_points(each)
        whole *= WHOLE_BASIS_POINTS
    return check_fen((parts + whole // 2) // whole)


def _check_basis_points(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise SHARE_INVALID.refused(given=str(value))
    return value


@rule(number="MON-06", stage="通用", source=FEN_SOURCE, since=SINCE)
def exact_yuan(amount_fen: int) -> Decimal:
    """Return fen as yuan with two decimals for a cell that people add up; nothing is rounded.

    Raises amount_not_fen.
    """
    return Decimal(check_fen(amount_fen)).scaleb(-2)
