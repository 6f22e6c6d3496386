"""The family of refusals.

    Refused (exception)  carries one Refusal
    Refusal (value)      code, title, next step, facts, source: what a person is told and a machine can read
    Reason               the template of a Refusal; declared once, beside the rule that gives it

A refusal is a value: rules return or raise it, doors translate its family into a status, pages print
its sentence. Codes are stable for ever and unique; declaring one twice fails at import.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from string import Formatter


class Family(StrEnum):
    """What kind of "no" this is; the doors choose their status by it."""

    INVALID = "invalid"
    CONFLICT = "conflict"
    FORBIDDEN = "forbidden"
    MISSING = "missing"
    LIMIT = "limit"
    UNAVAILABLE = "unavailable"


@dataclass(frozen=True, slots=True)
class Refusal:
    """One "no", ready to be shown: a stable code, a Chinese title, the next step, facts and the source."""

    code: str
    title: str
    next_step: str
    source: str
    family: Family = Family.INVALID
    facts: Mapping[str, object] = field(default_factory=dict)

    @property
    def sentence(self) -> str:
        """Return title and next step as one Chinese sentence."""
        return f"{self.title}。{self.next_step}" if self.next_step else self.title


def refusal_as_json(refusal: Refusal) -> dict[str, object]:
    """Return a refusal as it is kept beside a line."""
    return {
        "code": refusal.code,
        "title": refusal.title,
        "next_step": refusal.next_step,
        "source": refusal.source,
        "family": str(refusal.family),
        "facts": dict(refusal.facts),
    }


class Refused(Exception):  # noqa: N818 — the field's word is "refused"; "RefusedError" says it twice
    """Raised where a refusal ends the act; nothing of the act stays."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.code)
        self.refusal = refusal


class KeptRefused(Refused):
    """Raised where a refusal ends the act and what it wrote stays: a wrong try has to be counted."""


@dataclass(frozen=True, slots=True)
class Reason:
    """The template of a refusal; `title` and `next_step` may name facts in braces."""

    code: str
    title: str
    next_step: str
    source: str
    family: Family

    def refusal(self, **facts: object) -> Refusal:
        """Return the refusal with these facts filled in.

        Raises KeyError where the template names a fact that is not given.
        """
        return Refusal(
            code=self.code,
            title=self.title.format_map(facts),
            next_step=self.next_step.format_map(facts),
            source=self.source,
            family=self.family,
            facts=dict(facts),
        )

    def refused(self, **facts: object) -> Refused:
        """Return the exception to raise, with these facts filled in."""
        return Refused(self.refusal(**facts))


_REASONS: dict[str, Reason] = {}


def reason(code: str, title: str, next_step: str, source: str, family: Family = Family.INVALID) -> Reason:
    """Declare a reason once; the code is what machines and translations rely on.

    Raises ValueError for a code declared twice.
    """
    if code in _REASONS:
        raise ValueError(f"refusal code {code} is declared twice")
    declared = Reason(code=code, title=title, next_step=next_step, source=source, family=family)
    _REASONS[code] = declared
    return declared


def open_words(title: str) -> str:
    """Return what a template says of any case: each fact it would name left open as “……”."""
    return "".join(
        words + ("……" if name is not None else "") for words, name, _, _ in Formatter().parse(title)
    )


def list_reasons() -> list[Reason]:
    """Return every declared reason, ordered by code."""
    return [_REASONS[code] for code in sorted(_REASONS)]
