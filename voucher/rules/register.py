"""The register of rules: every public rule carries its number, stage, legal source and first day in force.

`voucher rules` prints it, `docs/rules.md` is made from it, and a house test
refuses a public function under `rules/` that is missing here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

Function = TypeVar("Function", bound=Callable[..., object])


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of the register: what the rule is called, where it lives, and by what right."""

    number: str
    stage: str
    source: str
    since: date
    module: str
    name: str
    summary: str


_RULES: dict[str, Rule] = {}


def rule(*, number: str, stage: str, source: str, since: date) -> Callable[[Function], Function]:
    """Register the decorated function as a rule and return it unchanged.

    Raises ValueError for a number used twice, an empty source, or a function without a docstring.
    """

    def register(function: Function) -> Function:
        summary = (function.__doc__ or "").strip().split("\n")[0]
        if number in _RULES:
            raise ValueError(f"rule number {number} is taken by {_RULES[number].name}")
        if not source or not summary:
            raise ValueError(f"rule {number} needs a legal source and a docstring")
        _RULES[number] = Rule(
            number=number,
            stage=stage,
            source=source,
            since=since,
            module=function.__module__,
            name=getattr(function, "__name__", number),
            summary=summary,
        )
        return function

    return register


def list_rules() -> list[Rule]:
    """Return every registered rule, ordered by number."""
    return [_RULES[number] for number in sorted(_RULES)]
