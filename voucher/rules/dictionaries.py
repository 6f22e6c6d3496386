"""The names of the dated dictionaries; their words are rows, not code."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum

from voucher.rules.errors import reason
from voucher.rules.levels import clean_word, mask_word
from voucher.rules.register import rule
from voucher.rules.vocabulary import (
    CERTIFICATE_KIND_NAMES,
    FOUNDED,
    FUND_SOURCE_NAMES,
    INSTITUTION_KIND_NAMES,
    METHOD_NAMES,
)

SOURCE = "豫办〔2021〕29号 第1–16项; S0-08、S0-09、S2-01—S2-16"


class Dictionary(StrEnum):
    """Which dictionary a code belongs to."""

    TRAINING_KIND = "training_kind"
    TRAINING_MODE = "training_mode"
    STANDARD_KIND = "standard_kind"
    INSTITUTION_KIND = "institution_kind"
    CERTIFICATE_KIND = "certificate_kind"
    CERTIFICATE_WAY = "certificate_way"
    FUND_SOURCE = "fund_source"
    DEPARTMENT = "department"
    PERSON_GROUP = "person_group"
    BRAND = "brand"
    HONOUR = "honour"
    COMPETITION = "competition"
    FILM_CODEC = "film_codec"


DICTIONARY_NAMES: dict[Dictionary, str] = {
    Dictionary.TRAINING_KIND: "培训类型",
    Dictionary.TRAINING_MODE: "培训方式",
    Dictionary.STANDARD_KIND: "标准类别",
    Dictionary.INSTITUTION_KIND: "机构类型",
    Dictionary.CERTIFICATE_KIND: "证书类型",
    Dictionary.CERTIFICATE_WAY: "取得方式",
    Dictionary.FUND_SOURCE: "资金渠道",
    Dictionary.DEPARTMENT: "部门",
    Dictionary.PERSON_GROUP: "人员类别",
    Dictionary.BRAND: "培训品牌",
    Dictionary.HONOUR: "技能荣誉",
    Dictionary.COMPETITION: "赛事类别",
    Dictionary.FILM_CODEC: "线上课视频编码",
}


class TrainingMode(StrEnum):
    """How a session is taught; a class may have both, its hours counted per mode (线上线下相结合)."""

    OFFLINE = "offline"
    ONLINE = "online"
    BLENDED = "blended"


TRAINING_MODE_NAMES: dict[TrainingMode, str] = {
    TrainingMode.OFFLINE: "线下",
    TrainingMode.ONLINE: "线上",
    TrainingMode.BLENDED: "混合",
}

# The rules count and price by these words, so an office can neither add to them nor call them otherwise.
RULED_WORDS: dict[Dictionary, Mapping[str, str]] = {
    Dictionary.TRAINING_MODE: {str(word): name for word, name in TRAINING_MODE_NAMES.items()},
    Dictionary.INSTITUTION_KIND: {str(word): name for word, name in INSTITUTION_KIND_NAMES.items()},
    Dictionary.CERTIFICATE_KIND: {str(word): name for word, name in CERTIFICATE_KIND_NAMES.items()},
    Dictionary.CERTIFICATE_WAY: {str(word): name for word, name in METHOD_NAMES.items()},
    Dictionary.FUND_SOURCE: {str(word): name for word, name in FUND_SOURCE_NAMES.items()},
}

CODE_SHAPE = re.compile(r"[a-z][a-z0-9_]{0,39}")

DICTIONARY_UNKNOWN = reason(
    "dictionary_unknown",
    "没有名为“{given}”的字典",
    "请填写以下之一：{accepted}",
    SOURCE,
)
WORD_CODE_MALFORMED = reason(
    "word_code_malformed",
    "字典代码 {given} 格式不正确：应以小写字母开头，只含小写字母、数字和下划线，不超过40位",
    "请改正代码；代码一经使用不再更改",
    "【设】字典代码的写法",
)
WORD_RULED = reason(
    "word_ruled",
    "{dictionary}由规则使用，不能增加“{given}”或改名",
    "请使用已有的词：{accepted}；确需增加的，随程序新版本发布",
    SOURCE,
)
WORD_ENDED = reason(
    "word_ended",
    "“{given}”到 {last} 为止，{on} 已经没有",
    "请与文件核对名称和日期；仍在评选的，请先在字典里续上",
    SOURCE,
)
WORD_UNKNOWN = reason(
    "word_unknown",
    "{dictionary}中没有“{given}”（{on}）",
    "请从字典中选择：{accepted}",
    SOURCE,
)


@rule(number="DIC-01", stage="通用", source=SOURCE, since=FOUNDED)
def read_dictionary(text: str) -> Dictionary:
    """Return the dictionary a code or a Chinese name stands for. Raises dictionary_unknown."""
    word = clean_word(text)
    for dictionary, name in DICTIONARY_NAMES.items():
        if word in (name, str(dictionary)):
            return dictionary
    raise DICTIONARY_UNKNOWN.refused(
        given=mask_word(word[:20]), accepted="、".join(DICTIONARY_NAMES.values())
    )


@rule(number="DIC-02", stage="通用", source=f"{SOURCE}; 【设】规则使用的词随程序发布", since=FOUNDED)
def check_ruled(dictionary: Dictionary, code: str, name: str) -> None:
    """Refuse a word or a name that the rules do not know in a dictionary of theirs. Raises word_ruled."""
    ruled = RULED_WORDS.get(dictionary)
    if ruled is not None and ruled.get(code) != name:
        accepted = "、".join(f"{known}（{each}）" for each, known in ruled.items())
        raise WORD_RULED.refused(
            dictionary=DICTIONARY_NAMES[dictionary], given=f"{name}（{code}）", accepted=accepted
        )
