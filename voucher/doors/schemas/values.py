"""The values of the API: fen that are whole or refused, Chinese words for what is wrong, nothing guessed."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Protocol, runtime_checkable

from marshmallow import RAISE, Schema, ValidationError, fields, validate

from voucher.rules.errors import Refused
from voucher.rules.money import AMOUNT_NOT_FEN, LARGEST_FEN, check_fen, format_yuan

WORDS_MAX = 2000
LINE_MAX = 200
IDS_MAX = 20_000
Messages = dict[str, str | list[Any] | dict[Any, Any]]
MISSING: Messages = {"required": "必填", "null": "不能为空", "validator_failed": "不符合要求"}
WHOLE: Messages = {**MISSING, "invalid": "应为整数", "too_large": "数字过大"}
TEXT: Messages = {**MISSING, "invalid": "应为文字", "invalid_utf8": "应为 UTF-8 文字"}
DAY: Messages = {**MISSING, "invalid": "应为日期，例如 2024-03-06", "invalid_type": "应为日期"}
LIST: Messages = {**MISSING, "invalid": "应为列表"}
SAID: Messages = {**MISSING, "invalid": "应为 true 或 false"}
INSTANT: Messages = {
    **MISSING,
    "invalid": "应为带时区的时刻，例如 2024-03-06T09:00:00+08:00",
    "invalid_awareness": "应带时区，例如 2024-03-06T09:00:00+08:00",
}
_UNKEPT = re.compile("[\0\ud800-\udfff]")
FOUR = re.compile(r"[0-9]{3}[0-9Xx]\Z", re.ASCII)
BODY: dict[str, str] = {"unknown": "不认识的字段", "type": "应为 JSON 对象"}


class Body(Schema):
    """What comes in: a field nobody knows is refused, so that a misspelt one is not silently dropped.

    One whose every value is good as it stands is taken as it stands: marshmallow, which would come to the
    same, costs eight times that.
    """

    error_messages = BODY
    # of each field what says whether a value is good as it stands; None where one of them cannot say
    _is_good: dict[str, Callable[[Any], bool]] | None = None

    class Meta:
        unknown = RAISE

    def __init__(self, **more: Any) -> None:
        super().__init__(**more)
        found = {name: _find_good(each) for name, each in self.load_fields.items()}
        if not more and not any(self._hooks.values()) and all(found.values()):
            self._is_good = {name: each for name, each in found.items() if each is not None}

    def load(self, data: Any, **more: Any) -> Any:
        """Return what came in. Raises ValidationError."""
        good = self._is_good
        is_whole = good and type(data) is dict and data.keys() == good.keys() and not more.get("many")
        if good and is_whole and all(is_good(data[name]) for name, is_good in good.items()):
            return {name: data[name] for name in good}
        return super().load(data, **more)


@runtime_checkable
class _Knowing(Protocol):
    def is_good(self, value: Any) -> bool:
        """Return whether a value is good as it stands."""


def _find_good(field: fields.Field[Any]) -> Callable[[Any], bool] | None:
    """Return what says of a value that the field would hand it on unchanged, where its own class says so."""
    # a class that reads values its own way inherits no such word
    if not isinstance(field, _Knowing) or "is_good" not in type(field).__dict__:
        return None
    if field.data_key or field.attribute or field.pre_load or field.post_load:
        return None
    return field.is_good


class Wish(Body):
    """Nothing but the wish that it be done."""


class Fen(fields.Integer):
    """Whole fen in 64 bits. Raises Refused amount_not_fen for anything else, also for 200.0 and true."""

    default_error_messages = MISSING

    def __init__(self, **more: Any) -> None:
        more.setdefault("strict", True)
        more.setdefault("required", True)
        metadata = more.pop("metadata", {})
        note = {"format": "int64", "description": "金额，单位为分，整数"}
        super().__init__(metadata={**note, **metadata}, **more)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int:
        try:
            return check_fen(value)
        except Refused:
            raise AMOUNT_NOT_FEN.refused(kind=type(value).__name__, field=attr) from None


class Yuan(fields.String):
    """The same amount as people read it: 1,948,240.00; only ever goes out."""

    def __init__(self, of: str) -> None:
        super().__init__(attribute=of, dump_only=True, metadata={"description": "同一金额，单位为元，供显示"})

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> str | None:
        return None if value is None else format_yuan(value)


class Whole(fields.Integer):
    """A whole number, as a number; text, fractions and true are refused."""

    default_error_messages = WHOLE

    def __init__(self, *, least: int = 0, most: int = LARGEST_FEN, **more: Any) -> None:
        self._least, self._most = least, most
        within = validate.Range(least, most, error="应在 {min} 与 {max} 之间")
        super().__init__(strict=True, validate=within, **more)

    def is_good(self, value: Any) -> bool:
        """Return whether a value is a whole number within its bounds."""
        return type(value) is int and self._least <= value <= self._most

    def _validated(self, value: Any) -> int:
        if isinstance(value, bool):
            raise self.make_error("invalid")
        number: int = super()._validated(value)
        return number


class Count(fields.Integer):
    """A whole number in an address, where everything is text."""

    default_error_messages = WHOLE

    def __init__(self, *, least: int = 1, most: int = LARGEST_FEN, **more: Any) -> None:
        within = validate.Range(least, most, error="应在 {min} 与 {max} 之间")
        super().__init__(validate=within, **more)


class Said(fields.Boolean):
    """True or false, and nothing that merely looks like it."""

    default_error_messages = SAID

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> bool:
        if not isinstance(value, bool):
            raise self.make_error("invalid")
        return value


class Words(fields.String):
    """Text with something in it and an end."""

    default_error_messages = TEXT

    def __init__(self, *, most: int = LINE_MAX, least: int = 1, **more: Any) -> None:
        self._least, self._most = least, most
        length = validate.Length(least, most, error="应为 {min} 至 {max} 个字符")
        super().__init__(validate=[length, _check_characters], **more)

    def is_good(self, value: Any) -> bool:
        """Return whether a value is text of that length which a database can keep."""
        return type(value) is str and self._least <= len(value) <= self._most and not _UNKEPT.search(value)


def _check_characters(text: str) -> None:
    """Refuse what no database takes as text: the zero character, and halves of characters."""
    if _UNKEPT.search(text):
        raise ValidationError("含有无法保存的字符")


class Word(fields.String):
    """One of a few words."""

    default_error_messages = TEXT

    def __init__(self, choices: Any, **more: Any) -> None:
        listed = [str(each) for each in choices]
        super().__init__(validate=validate.OneOf(listed, error="应为下列之一：{choices}"), **more)


class Region(fields.String):
    """A region's code of six digits."""

    default_error_messages = TEXT

    def __init__(self, **more: Any) -> None:
        shape = validate.Regexp(re.compile(r"[0-9]{6}\Z", re.ASCII), error="应为六位行政区划代码")
        super().__init__(
            validate=shape, metadata={"description": "六位行政区划代码", "example": "419001"}, **more
        )


class LastFour(fields.String):
    """The last four characters of the physical identity card, typed blind at the counter."""

    default_error_messages = TEXT

    def __init__(self, **more: Any) -> None:
        shape = validate.Regexp(FOUR, error="应为证件号码的最后四位")
        super().__init__(
            validate=shape,
            metadata={"description": "证件后四位，照身份证原件盲输", "example": "991X"},
            **more,
        )

    def is_good(self, value: Any) -> bool:
        """Return whether a value is four characters as a card ends."""
        return type(value) is str and FOUR.match(value) is not None


class OnDay(fields.Date):
    """A calendar day in Shanghai."""

    default_error_messages = DAY


class Moment(fields.AwareDateTime):
    """A moment in UTC; only ever goes out."""

    def _serialize(self, value: datetime | None, attr: str | None, obj: Any, **kwargs: Any) -> str | None:
        return None if value is None else value.isoformat(timespec="seconds")


class Instant(fields.AwareDateTime):
    """A moment that comes in: with its zone, because a moment without one is a guess."""

    default_error_messages = INSTANT

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> datetime:
        given: datetime = super()._deserialize(value, attr, data, **kwargs)
        try:
            return given.astimezone(UTC)
        except OverflowError:
            raise self.make_error("invalid") from None


class Ids(fields.List[int]):
    """A list of ids, each once, none or at most so many."""

    default_error_messages = LIST

    def __init__(self, **more: Any) -> None:
        length = validate.Length(1, IDS_MAX, error="应为 {min} 至 {max} 项")
        super().__init__(Whole(least=1), validate=length, **more)


class Several(fields.List[Any]):
    """A list of bodies, at least and at most so many."""

    default_error_messages = LIST

    def __init__(self, body: type[Schema], *, most: int, least: int = 1, **more: Any) -> None:
        length = validate.Length(least, most, error="应为 {min} 至 {max} 项")
        super().__init__(fields.Nested(body), validate=length, **more)
