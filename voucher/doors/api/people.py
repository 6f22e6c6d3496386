"""People of a roster as a body states them: read row by row, every mistake told at once, nothing echoed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

from voucher.doors.schemas.problem import BODY_INVALID
from voucher.registry.people import Newcomer
from voucher.rules.errors import Refused
from voucher.rules.identity import normalise_identity, normalise_mobile
from voucher.rules.names import normalise_name


def read_newcomers(people: Sequence[Mapping[str, Any]], today: date) -> list[Newcomer]:
    """Return people in canonical form. Raises Refused body_invalid with every mistake, by position."""
    wrong: dict[str, list[str]] = {}

    def read(field: str, normalise: Callable[[str], str], given: str) -> str:
        try:
            return normalise(given)
        except Refused as refused:
            wrong[field] = [refused.refusal.title]
            return ""

    found = []
    for place, each in enumerate(people):
        at = f"people.{place}."
        mobile = each["mobile"]
        found.append(
            Newcomer(
                number=read(f"{at}number", lambda text: normalise_identity(text, today), each["number"]),
                name=read(f"{at}name", normalise_name, each["name"]),
                mobile=read(f"{at}mobile", normalise_mobile, mobile) if mobile is not None else None,
            )
        )
    if wrong:
        raise BODY_INVALID.refused(fields=dict(list(wrong.items())[:100]))
    return found
