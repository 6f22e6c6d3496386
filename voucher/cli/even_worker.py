"""A process of gunicorn that leaves a new connection to processes which have fewer.

Measured: of eight kept connections the first process that woke up took seven, and one interpreter did nearly
all the work while three stood by.
"""

from __future__ import annotations

import gc
import time
from typing import Any

from gunicorn.workers.gthread import ThreadWorker

# how long a process waits for each connection it has, and at most, before it takes one more: whoever has none
# is woken at the same moment, and is done with it by then
STEP_SECONDS, MOST_SECONDS = 0.0005, 0.004
# as gunicorn is told of it
WORKER = f"{__name__}.EvenWorker"


class EvenWorker(ThreadWorker):  # type: ignore[misc]  # gunicorn ships no types
    """Threads behind one poll, as gunicorn has them; all processes wait at the same door."""

    def accept(self, listener: Any) -> None:
        """Take the next connection, unless somebody who has fewer has taken it meanwhile."""
        if self.nr_conns:
            time.sleep(min(self.nr_conns * STEP_SECONDS, MOST_SECONDS))
        super().accept(listener)

    def load_wsgi(self) -> None:
        """Open the house; what it is made of stays, and is not looked through for garbage again."""
        super().load_wsgi()
        gc.collect()
        gc.freeze()
