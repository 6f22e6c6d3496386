"""Lines to PostgreSQL: whether one is down, which the line itself knows and the driver's words do not.

Without a state the driver tells a line that broke, a host nobody answers at, a word said out of turn and an
answer of a server it cannot read. Only of the first two may an act be run again, or somebody be told to look
whether it was done.
"""

from __future__ import annotations

from typing import cast

import psycopg
from sqlalchemy import Dialect, Engine, ExceptionContext, event
from sqlalchemy.exc import DBAPIError

# the server ends the line with its own word: connection exceptions, and a shutdown by whoever runs it
ENDING = ("08", "57P")


def install_reaching(engine: Engine) -> None:
    """Let an engine say of a line that could not be laid that it is down."""

    @event.listens_for(engine, "handle_error")
    def _nobody_reached(context: ExceptionContext) -> None:
        if context.connection is None:
            context.is_disconnect = True


def tell(dialect: Dialect, error: psycopg.Error, *, is_down: bool = False) -> DBAPIError:
    """Return the driver's error in SQLAlchemy's words, so that a race still becomes a refusal."""
    told = DBAPIError.instance(
        None,
        None,
        error,
        psycopg.Error,
        hide_parameters=True,
        connection_invalidated=is_down,
        dialect=dialect,
    )
    return cast(DBAPIError, told)


def is_line_down(error: Exception) -> bool:
    """Return whether the database is not there, or went away before it had answered.

    A lock waited for too long, a word out of turn and an answer without a state come over a line that stands.
    """
    if not isinstance(error, DBAPIError) or not isinstance(error.orig, psycopg.Error):
        return False
    return error.connection_invalidated or (error.orig.sqlstate or "").startswith(ENDING)
