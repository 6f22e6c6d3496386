"""Many threads let go at the same moment, and what came of each."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from voucher.rules.errors import Refused

Result = TypeVar("Result")
CLIENTS = 64


@dataclass
class Outcome(Generic[Result]):
    """What one of them got: a result, a refusal, or something that should not have happened."""

    result: Result | None = None
    refused: Refused | None = None
    error: BaseException | None = None


def rush(call: Callable[[int], Result], clients: int = CLIENTS) -> list[Outcome[Result]]:
    """Call with 0 … clients-1 at the same moment, each in a thread, and return every outcome in order."""
    outcomes: list[Outcome[Result]] = [Outcome() for _ in range(clients)]
    start = threading.Barrier(clients)

    def run(number: int) -> None:
        start.wait()
        try:
            outcomes[number].result = call(number)
        except Refused as refused:
            outcomes[number].refused = refused
        except BaseException as error:  # noqa: BLE001 — a storm looks at whatever was thrown up
            outcomes[number].error = error

    threads = [threading.Thread(target=run, args=(number,)) for number in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def surprises(outcomes: list[Outcome[Result]]) -> list[BaseException]:
    """Return what is neither a result nor a refusal."""
    return [each.error for each in outcomes if each.error is not None]


def refusals(outcomes: list[Outcome[Result]]) -> list[str]:
    """Return the codes of the refusals."""
    return [each.refused.refusal.code for each in outcomes if each.refused is not None]


def results(outcomes: list[Outcome[Result]]) -> list[Result]:
    """Return what came of those who succeeded."""
    return [each.result for each in outcomes if each.result is not None]
