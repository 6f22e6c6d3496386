"""Reading the fields of a form: what cannot be read is refused by its label, nothing is guessed."""

from __future__ import annotations

from collections.abc import Container
from datetime import date, time
from enum import StrEnum
from typing import TypeVar

from flask import request
from werkzeug.datastructures import FileStorage

from voucher.rules.errors import reason
from voucher.rules.money import parse_yuan

Word = TypeVar("Word", bound=StrEnum)
SOURCE = "【设】表单逐项核对"

FIELD_UNREADABLE = reason(
    "form_field_unreadable",
    "“{label}”填写有误：{problem}",
    "请改正该项后重新提交，其他已填内容都已保留",
    SOURCE,
)
MAX_DAY_LENGTH = 10


def text(name: str, label: str, *, required: bool = True, limit: int = 500) -> str:
    """Return a line or paragraph as typed, without space around it. Raises form_field_unreadable."""
    given = request.form.get(name, "").replace("\r\n", "\n").strip()
    if required and not given:
        raise FIELD_UNREADABLE.refused(field=name, label=label, problem="没有填写")
    if len(given) > limit:
        raise FIELD_UNREADABLE.refused(field=name, label=label, problem=f"超过 {limit} 字")
    return given


def day(name: str, label: str) -> date:
    """Return a calendar day. Raises form_field_unreadable."""
    given = text(name, label, limit=MAX_DAY_LENGTH)
    try:
        return date.fromisoformat(given)
    except ValueError:
        raise FIELD_UNREADABLE.refused(
            field=name, label=label, problem="不是有效的日期，例如 2024-03-06"
        ) from None


def clock(name: str, label: str) -> time:
    """Return a time of the day to the minute. Raises form_field_unreadable."""
    given = text(name, label, limit=8)
    try:
        return time.fromisoformat(given).replace(second=0, microsecond=0, tzinfo=None)
    except ValueError:
        raise FIELD_UNREADABLE.refused(
            field=name, label=label, problem="不是有效的时间，例如 09:00"
        ) from None


def whole(name: str, label: str) -> int:
    """Return a whole number from 0. Raises form_field_unreadable."""
    given = text(name, label, limit=18)
    if not (given.isascii() and given.isdigit()):
        raise FIELD_UNREADABLE.refused(field=name, label=label, problem="不是整数")
    return int(given)


def fen(name: str, label: str) -> int:
    """Return yuan as typed, in fen. Raises form_field_unreadable, amount_not_yuan."""
    return parse_yuan(text(name, label, limit=30))


def wholes(name: str, label: str) -> list[int]:
    """Return every chosen number of a field, each once, in order. Raises form_field_unreadable."""
    chosen = request.form.getlist(name)
    if not all(each.isascii() and each.isdigit() and len(each) <= 18 for each in chosen):
        raise FIELD_UNREADABLE.refused(field=name, label=label, problem="含有不是编号的内容")
    return sorted({int(each) for each in chosen})


def pairs(name: str, label: str) -> dict[int, int]:
    """Return the chosen numbers of a field, each with the version shown. Raises form_field_unreadable."""
    found: dict[int, int] = {}
    for each in request.form.getlist(name):
        chosen, colon, version = each.partition(":")
        if not (
            colon and all(one.isascii() and one.isdigit() and len(one) <= 18 for one in (chosen, version))
        ):
            raise FIELD_UNREADABLE.refused(field=name, label=label, problem="含有不是编号的内容")
        found[int(chosen)] = int(version)
    return found


def upload(name: str, label: str) -> FileStorage:
    """Return an uploaded file with a name. Raises form_field_unreadable."""
    file = request.files.get(name)
    if file is None or not file.filename:
        raise FIELD_UNREADABLE.refused(field=name, label=label, problem="没有选择文件")
    return file


def cursor(name: str = "after") -> int:
    """Return the place a list goes on from, as the address says; anything else is the beginning."""
    given = request.args.get(name, "")
    return int(given) if given.isascii() and given.isdigit() and len(given) <= 18 else 0


def jumped_to() -> int:
    """Return the number somebody wants to see in a list, as the page writes it or plain; 0 for none."""
    given = request.args.get("at", "").replace(",", "").replace("，", "").strip()
    return int(given) if given.isascii() and given.isdigit() and len(given) <= 18 else 0


def numbered() -> int:
    """Return the place a numbered list goes on from: after a row, or before the one that was jumped to."""
    jumped = jumped_to()
    return jumped - 1 if jumped else cursor()


def asked(name: str, allowed: Container[str] | None = None) -> str | None:
    """Return a filter from the address, or None where it is empty or not one of those allowed."""
    given = request.args.get(name, "").strip()[:50]
    if not given or (allowed is not None and given not in allowed):
        return None
    return given


def one_of(name: str, label: str, words: type[Word]) -> Word:
    """Return one of the words of a choice. Raises form_field_unreadable."""
    given = text(name, label, limit=60)
    try:
        return words(given)
    except ValueError:
        raise FIELD_UNREADABLE.refused(field=name, label=label, problem="不在可选范围内") from None
