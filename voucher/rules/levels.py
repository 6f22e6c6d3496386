"""The eight levels (新八级工): one ordinal, many spellings, and the digit a certificate number carries."""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from enum import IntEnum

from voucher.rules.errors import reason
from voucher.rules.privacy import may_be_personal, may_hide_number
from voucher.rules.register import rule

LEVELS_SOURCE = "中办发〔2022〕58号（十一）; S3-11a"
DIGITS_SOURCE = "职业技能等级证书编码规则第16位 (DOMAIN C1、C9); S3-11a"
EIGHT_LEVELS = date(2022, 10, 7)
UNKNOWN_TITLE = "{word}“{given}”不在规定的范围内"
UNKNOWN_STEP = "请填写以下之一：{accepted}"


class Level(IntEnum):
    """The eight levels in order; compare by this ordinal, never by the digit in a certificate number."""

    APPRENTICE = 1
    JUNIOR = 2
    INTERMEDIATE = 3
    SENIOR = 4
    TECHNICIAN = 5
    SENIOR_TECHNICIAN = 6
    SPECIAL_TECHNICIAN = 7
    CHIEF_TECHNICIAN = 8


LEVEL_NAMES: dict[Level, str] = {
    Level.APPRENTICE: "学徒工",
    Level.JUNIOR: "初级工",
    Level.INTERMEDIATE: "中级工",
    Level.SENIOR: "高级工",
    Level.TECHNICIAN: "技师",
    Level.SENIOR_TECHNICIAN: "高级技师",
    Level.SPECIAL_TECHNICIAN: "特级技师",
    Level.CHIEF_TECHNICIAN: "首席技师",
}
_GRADES: dict[Level, str] = {
    Level.JUNIOR: "五级",
    Level.INTERMEDIATE: "四级",
    Level.SENIOR: "三级",
    Level.TECHNICIAN: "二级",
    Level.SENIOR_TECHNICIAN: "一级",
}
_CERTIFICATE_DIGITS: dict[Level, int] = {
    Level.JUNIOR: 5,
    Level.INTERMEDIATE: 4,
    Level.SENIOR: 3,
    Level.TECHNICIAN: 2,
    Level.SENIOR_TECHNICIAN: 1,
}


LEVEL_UNKNOWN = reason("level_unknown", UNKNOWN_TITLE, UNKNOWN_STEP, LEVELS_SOURCE)
LEVEL_DIGIT_UNKNOWN = reason(
    "level_digit_unknown",
    "等级码“{given}”不在 1–5 之内",
    "请核对证书编号中的等级位：5 为五级/初级工，1 为一级/高级技师",
    DIGITS_SOURCE,
)
_SEPARATORS = re.compile(r"[\s/、()·-]+")


@rule(number="VOC-12", stage="通用", source="【设】全角、空格不改变词义 (AC-B3)", since=EIGHT_LEVELS)
def clean_word(text: str) -> str:
    """Fold widths and drop spaces, so that a spreadsheet's habits do not matter."""
    # what is plain ASCII, as codes are, is folded already
    folded = text if text.isascii() else unicodedata.normalize("NFKC", text)
    return "".join(folded.split())


@rule(number="VOC-13", stage="通用", source="个人信息保护法 第六条; S0-09e", since=EIGHT_LEVELS)
def mask_word(text: str) -> str:
    """Show a word as it was typed; of one that may be a person's the first and last character only.

    A shifted column may carry a name or an identity number.
    """
    if not text:
        return "空"
    if not may_be_personal(text):
        return text
    return text[0] + "*" * (len(text) - 1) if len(text) <= 2 else text[0] + "***" + text[-1]


@rule(number="VOC-14", stage="通用", source="个人信息保护法 第六条; S0-09e", since=EIGHT_LEVELS)
def mask_code(text: str) -> str:
    """Show a code as it was typed; of one that may carry a name or a number of a person, as of a word."""
    return text if text.isascii() and not may_hide_number(text) else mask_word(text)


def _spell_levels() -> dict[str, Level]:
    """List every spelling of a level: 五级, 5级, 初级工, 国家职业资格五级, 初级技能, and pairs of them."""
    spellings = {name: level for level, name in LEVEL_NAMES.items()}
    for level, grade in _GRADES.items():
        words = [LEVEL_NAMES[level]]
        if words[0].endswith("工"):
            words.append(words[0].removesuffix("工") + "技能")
        digits = f"{_CERTIFICATE_DIGITS[level]}级"
        grades = [
            prefix + each for each in (grade, digits) for prefix in ("", "国家职业资格", "职业技能等级")
        ]
        for spelling in (*words, *grades):
            spellings[spelling] = level
        for first in grades:
            for second in words:
                spellings[first + second] = spellings[second + first] = level
    return spellings


_LEVEL_SPELLINGS = _spell_levels()


@rule(number="VOC-01", stage="通用", source=LEVELS_SOURCE, since=EIGHT_LEVELS)
def parse_level(text: str) -> Level:
    """Read a level from 五级, 初级工 or 五级/初级工; two words that disagree are not a level.

    A bare digit is refused: certificate digit 5 is 五级, but ordinal 5 is 技师. Raises level_unknown.
    """
    spelling = _SEPARATORS.sub("", clean_word(text))
    if spelling not in _LEVEL_SPELLINGS:
        accepted = "、".join(name_level(level) for level in Level)
        raise LEVEL_UNKNOWN.refused(word="等级", given=mask_word(spelling), accepted=accepted)
    return _LEVEL_SPELLINGS[spelling]


@rule(number="VOC-02", stage="通用", source=LEVELS_SOURCE, since=EIGHT_LEVELS)
def name_level(level: Level) -> str:
    """Return the level as documents write it: 五级/初级工; 学徒工, 特级技师 and 首席技师 stand alone."""
    grade = _GRADES.get(level)
    return f"{grade}/{LEVEL_NAMES[level]}" if grade else LEVEL_NAMES[level]


@rule(number="VOC-03", stage="通用", source=DIGITS_SOURCE, since=EIGHT_LEVELS)
def certificate_digit(level: Level) -> int | None:
    """Return the digit a certificate number carries for the level, or None where numbers have none."""
    return _CERTIFICATE_DIGITS.get(level)


@rule(number="VOC-04", stage="通用", source=DIGITS_SOURCE, since=EIGHT_LEVELS)
def level_of_digit(digit: int) -> Level:
    """Return the level a certificate number's digit 5..1 stands for. Raises level_digit_unknown."""
    for level, known in _CERTIFICATE_DIGITS.items():
        if known == digit:
            return level
    raise LEVEL_DIGIT_UNKNOWN.refused(given=digit)
