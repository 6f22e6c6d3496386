"""The dated dictionaries: the words programmes, classes and certificates are described with."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from voucher.doors.api.room import Room
from voucher.doors.auth.door import the_door
from voucher.doors.schemas.registry.dictionaries import DictionaryState, OnFilter
from voucher.registry.dictionaries import DICTIONARY_NAMES, list_words
from voucher.rules.dictionaries import Dictionary
from voucher.rules.errors import Family, reason

dictionaries = Room("dictionaries", __name__, url_prefix="/api/v1", description="字典")

DICTIONARY_MISSING = reason(
    "dictionary_missing",
    "没有这个字典",
    "请改用其中之一：{accepted}",
    "豫办〔2021〕29号 第1–16项",
    Family.MISSING,
)


@dictionaries.look("/dictionaries/<string:name>", query=OnFilter, answer=DictionaryState)
def show_dictionary(session: Session, asked: dict[str, Any], name: str) -> dict[str, Any]:
    """一个字典在某一天有效的全部词条。"""
    if name not in set(Dictionary):
        raise DICTIONARY_MISSING.refused(accepted="、".join(Dictionary))
    found, on = Dictionary(name), asked["on"] or the_door().today
    return {
        "dictionary": name,
        "name": DICTIONARY_NAMES[found],
        "on": on,
        "items": list_words(session, found, on),
    }
