"""What answers say of their grounds: document and number (文号), never a number of our own papers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import fields

from voucher.rules.citations import readable_source, readable_words


class Cited(fields.String):
    """A source as people read it."""

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        told = super()._serialize(value, attr, obj, **kwargs)
        return readable_source(told) if told else told


class Explained(fields.String):
    """A sentence that may name what it stands on."""

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        told = super()._serialize(value, attr, obj, **kwargs)
        return readable_words(told) if told else told


class Grounds(fields.Raw):
    """One ground, or a list of them: findings, or a refusal, each with its sentence and its source."""

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        told = super()._serialize(value, attr, obj, **kwargs)
        return [read_ground(each) for each in told] if isinstance(told, list) else read_ground(told)


def read_ground(told: Any) -> Any:
    """Return a finding or a refusal with its sentence and its source as people read them."""
    if not isinstance(told, Mapping):
        return told
    words = {key: readable_words(str(told[key])) for key in ("text", "title", "next_step") if told.get(key)}
    return {**told, **words, **({"source": readable_source(told["source"])} if told.get("source") else {})}
