"""The cases of a room's tests, run again in this process: once is a few thousandths of a second."""

from __future__ import annotations

import inspect
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from itertools import product
from types import FrameType, ModuleType
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings

Case = Callable[[], object]
# of the processor's own time, which a machine at work does not lengthen
SECONDS_MOST = 0.6
# the same few examples each time, and the first that fails is enough
HASTY = settings(
    max_examples=25,
    phases=(Phase.explicit, Phase.generate),
    database=None,
    derandomize=True,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


def list_cases(tests: ModuleType) -> list[Case]:
    """Return every case of a room's tests that needs nothing else, the quick ones first."""
    plain: list[Case] = []
    drawn: list[Case] = []
    for name, test in inspect.getmembers(tests, inspect.isfunction):
        if not name.startswith("test_") or test.__module__ != tests.__name__:
            continue
        if hasattr(test, "hypothesis"):
            test._hypothesis_internal_use_settings = HASTY  # type: ignore[attr-defined]  # Hypothesis keeps them on the test
        rows = list(_list_arguments(test))
        known = rows[0].keys() if rows else frozenset[str]()
        if set(inspect.signature(test).parameters) <= set(known):
            (drawn if hasattr(test, "hypothesis") else plain).extend(partial(test, **row) for row in rows)
    return plain + drawn


def _list_arguments(test: Callable[..., object]) -> Iterator[Mapping[str, Any]]:
    """Yield what the marks of a test give it: every row of one with every row of the others."""
    tables = [
        [_as_arguments(mark.args[0], row) for row in mark.args[1]]
        for mark in getattr(test, "pytestmark", [])
        if mark.name == "parametrize"
    ]
    for combined in product(*tables):
        yield {name: value for row in combined for name, value in row.items()}


def _as_arguments(names: str | tuple[str, ...], row: Any) -> dict[str, Any]:
    named = [each.strip() for each in names.split(",")] if isinstance(names, str) else list(names)
    values = getattr(row, "values", None) if type(row).__name__ == "ParameterSet" else None
    if values is None:
        values = row if len(named) > 1 else (row,)
    return dict(zip(named, values, strict=True))


def leave_out_skipped(cases: list[Case]) -> list[Case]:
    """Return the cases that can be asked here; each is asked once, and raises if it is not content."""
    asked: list[Case] = []
    for case in cases:
        with suppress(pytest.skip.Exception):
            case()
            asked.append(case)
    return asked


def notice(cases: list[Case]) -> int | None:
    """Return the place of the first case that fails, that hangs included; None where all are content."""
    for place, case in enumerate(cases):
        try:
            with _not_longer():
                case()
        except BaseException as wrong:  # pytest fails by exceptions of its own family
            if isinstance(wrong, KeyboardInterrupt):
                raise
            return place
    return None


class TooLong(BaseException):
    """A case that does not come back: a loop that no longer ends."""


@contextmanager
def _not_longer() -> Iterator[None]:
    def ring(_number: int, _frame: FrameType | None) -> None:
        raise TooLong

    former = signal.signal(signal.SIGVTALRM, ring)
    signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS_MOST)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, former)
