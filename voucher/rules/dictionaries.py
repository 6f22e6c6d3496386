"""The names of the dated dictionaries; their words are rows, not code."""

from __future__ import annotations

from enum import StrEnum

from voucher.rules.errors import reason

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
}

WORD_UNKNOWN = reason(
    "word_unknown",
    "{dictionary}中没有“{given}”（{on}）",
    "请从字典中选择：{accepted}",
    SOURCE,
)
