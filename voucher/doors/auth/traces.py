"""How a door leaves a trace of what is done already: one that cannot be written takes nothing of it back."""

from __future__ import annotations

from collections.abc import Callable

import structlog
from sqlalchemy.exc import SQLAlchemyError

from voucher.rules.errors import Refused

log = structlog.stdlib.get_logger(__name__)


def leave_trace(what: str, write: Callable[[], None]) -> bool:
    """Write a trace and return whether it stands; of a failure only its kind is logged."""
    try:
        write()
    except (Refused, SQLAlchemyError) as error:
        # the act is committed, the page is made: whoever asked is told so, whatever comes of the trace
        log.warning("trace_failed", trace=what, error=type(error).__name__)
        return False
    return True
