"""A bar for whatever takes over two seconds, on stderr, and only where a person is looking."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

PATIENCE_SECONDS = 2

Step = Callable[[int, int | None], None]


@contextmanager
def showing(title: str) -> Iterator[Step]:
    """Yield a function to be told (done, total); the bar appears once the work has taken two seconds."""
    if not sys.stderr.isatty():
        yield lambda _done, _total: None
        return
    begun = time.monotonic()
    with ExitStack() as stack:
        bar: list[Step] = []

        def step(done: int, total: int | None) -> None:
            if not bar and time.monotonic() - begun >= PATIENCE_SECONDS:
                bar.append(stack.enter_context(_drawn(title)))
            if bar:
                bar[0](done, total)

        yield step


@contextmanager
def _drawn(title: str) -> Iterator[Step]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(title, total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)
