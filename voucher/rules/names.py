"""What somebody is called: one spelling per name, rare characters kept as they are."""

from __future__ import annotations

import re
import unicodedata
from datetime import date

from voucher.rules.errors import reason
from voucher.rules.privacy import mask_name
from voucher.rules.register import rule

REAL_NAME = "豫办〔2021〕29号 第15、16项 实名制; S2-15i"
FOUNDED = date(2021, 10, 28)
# A bound against pasted paragraphs, not a law: dotted names run to some thirty characters.
LONGEST = 50

NAME_MALFORMED = reason(
    "name_malformed",
    "姓名{masked}格式不正确：{problem}",
    "请按身份证上的写法填写，只含汉字、字母和间隔号“·”",
    REAL_NAME,
)

_HAN = "\u3007\u3400-\u9fff\uf900-\ufaff\U00020000-\U000323af"
_DOTS = str.maketrans(dict.fromkeys("•‧∙⋅・･", "·"))
_WRITTEN_STOP = re.compile(rf"(?<=[{_HAN}])[.．](?=[{_HAN}])")
_PADDING = re.compile(rf"(?<=[{_HAN}·])\s+|\s+(?=[{_HAN}·])")
# what nearly every name is: a few everyday characters, in their one spelling already
_EVERYDAY = re.compile("[\u4e00-\u9fa5]{2,10}")
_OUTSIDE_LETTERS = frozenset("·-'’ 〇")


def _fold(text: str) -> str:
    """Return the one spelling of a name: NFC, one kind of dot, no padding between Chinese characters.

    Not NFKC: a compatibility form may be the very character on the card.
    """
    composed = unicodedata.normalize("NFC", text)
    visible = "".join(
        letter for letter in composed if letter.isspace() or unicodedata.category(letter) not in ("Cf", "Cc")
    )
    dotted = _WRITTEN_STOP.sub("·", _PADDING.sub("", visible.strip()).translate(_DOTS))
    return re.sub(r"\s+", " ", _PADDING.sub("", dotted))


def _find_problem(name: str) -> str | None:
    if not name:
        return "未填写"
    if any(unicodedata.category(letter) == "Nd" for letter in name):
        return "含有数字"
    if len(name) > LONGEST:
        return f"超过{LONGEST}个字"
    for letter in name:
        # A question mark or U+FFFD is what remains of a character that some system could not write.
        if letter not in _OUTSIDE_LETTERS and unicodedata.category(letter)[0] not in "LM":
            return "含有无法识别的字符或符号"
    if not any(unicodedata.category(letter)[0] == "L" or letter == "〇" for letter in name):
        return "没有文字"
    return None


@rule(number="NAM-01", stage="通用", source=f"{REAL_NAME}; AC-B11【设】", since=FOUNDED)
def normalise_name(text: str) -> str:
    """Return the one spelling of a name: trimmed, middle dots as ·, rare characters such as 䶮 kept.

    Raises name_malformed.
    """
    if _EVERYDAY.fullmatch(text):
        return text
    name = _fold(text)
    problem = _find_problem(name)
    if problem is not None:
        raise NAME_MALFORMED.refused(masked=mask_name(name), problem=problem)
    return name


@rule(number="NAM-02", stage="通用", source=f"{REAL_NAME}; AC-F7", since=FOUNDED)
def same_name(one: str, other: str) -> bool:
    """Return whether two names are the same once dots, padding and Latin capitals are set aside.

    Characters that look or sound alike stay different: 张三 is not 张叁. An empty name is nobody's.
    """
    if one == other and _EVERYDAY.fullmatch(one):
        return True
    folded = _fold(one).casefold()
    return bool(folded) and folded == _fold(other).casefold()


@rule(number="NAM-03", stage="兑现", source="DESIGN §5 银行文件编码【设】; AC-B11", since=FOUNDED)
def may_encode(text: str, encoding: str) -> bool:
    """Return whether a file in this encoding can carry the text; GBK has no 䶮, GB 18030 has.

    Raises LookupError for an encoding nobody knows.
    """
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True
