"""What no reader of the database fills (未接入): the columns and kinds a rule knows and is silent about.

What a list brought along fills is no gap: whether there is one is told by `risk.coverage`.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Gap:
    """What one rule does not get, in words and as table.column (or table.column=kind)."""

    words: str
    columns: tuple[str, ...]


def _gap(words: str, columns: str) -> Gap:
    return Gap(words, tuple(columns.split()))


# nothing at present: whoever adds a column to a rule and fills it nowhere says so here
GAPS: dict[str, Gap] = {}
