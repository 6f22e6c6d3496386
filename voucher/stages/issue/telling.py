"""Reasons counted over many people, in words that name nobody."""

from __future__ import annotations

import re

from voucher.rules.errors import list_reasons

_FACT = re.compile(r"\{[^}]*\}")


def title_of(code: str) -> str:
    """Return the title of a reason without what differs from person to person; the code of an unknown one."""
    return next((_FACT.sub("…", each.title) for each in list_reasons() if each.code == code), code)
