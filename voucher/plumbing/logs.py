"""Logs: one JSON object a line on standard error, with nothing personal in it.

Two hands keep persons out. Identity numbers, telephones and accounts are masked in every value, whoever
logs them. Names, addresses and bodies cannot be recognised, so values under such a key are dropped, and a
database error is described by its constraint and SQLSTATE only, because its text carries the row's values.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Mapping
from typing import Any, TextIO

import structlog
from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError
from structlog.typing import EventDict, WrappedLogger

from voucher.plumbing.constraints import constraint_name
from voucher.rules.errors import Refused
from voucher.rules.privacy import mask_free_text

DROPPED = "[dropped]"
DROPPED_KEYS = frozenset(
    {
        "account",
        "account_name",
        "address",
        "authorization",
        "body",
        "cookie",
        "form",
        "identity",
        "mobile",
        "name",
        "parameters",
        "params",
        "password",
        "person_name",
        "row",
        "secret",
        "sql",
        "statement",
        "token",
        "values",
    }
)
_DEPTH_MAX = 6
_CONSTRAINT = re.compile(r"[a-z0-9_., ']{1,200}", re.IGNORECASE | re.ASCII)
# These say what they execute or receive, values and all.
_SILENCED = ("sqlalchemy.engine", "sqlalchemy.pool", "sqlalchemy.orm", "psycopg", "huey")


def configure_logs(stream: TextIO | None = None, *, level: int = logging.INFO) -> None:
    """Send every log of this process, ours and the libraries', masked and as JSON to the stream.

    The default is standard error, so that standard output stays free for answers.
    """
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        describe_exception,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                mask_event,
                structlog.processors.JSONRenderer(ensure_ascii=False, default=_describe_object),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    for name in _SILENCED:
        logging.getLogger(name).setLevel(logging.WARNING)


def mask_event(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Return the event with every value masked, at any depth."""
    return {key: _mask(value, key=key) for key, value in event.items()}


def describe_exception(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Put a description in the place of an exception; its text may carry anything and is not kept."""
    told = event.pop("exc_info", None)
    if told is True:
        told = sys.exc_info()
    error = told[1] if isinstance(told, tuple) else told
    if isinstance(error, BaseException):
        event["error"] = describe_error(error)
    return event


def describe_error(error: BaseException) -> dict[str, Any]:
    """Return what may be logged of any error: its kind, where it arose, and for known kinds a little more."""
    if isinstance(error, Refused):
        return {"refusal": error.refusal.code}
    if isinstance(error, SQLAlchemyError):
        return {**describe_database_error(error), "where": _places(error)}
    return {"kind": type(error).__name__, "where": _places(error)}


def describe_database_error(error: SQLAlchemyError) -> dict[str, Any]:
    """Return kind, SQLSTATE and constraint of a database error, never its text, statement or values."""
    described: dict[str, Any] = {"kind": type(error).__name__}
    if isinstance(error, DBAPIError):
        described["driver_kind"] = type(error.orig).__name__
        state = getattr(error.orig, "sqlstate", None) or getattr(error.orig, "sqlite_errorname", None)
        if state:
            described["sqlstate"] = str(state)
    name = constraint_name(error) if isinstance(error, IntegrityError) else None
    if name and _CONSTRAINT.fullmatch(name):
        described["constraint"] = name
    return described


def _places(error: BaseException) -> list[str]:
    """Return the last calls that led to the error as file:line function, without any value."""
    places = []
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        places.append(f"{code.co_filename.rpartition('/')[2]}:{trace.tb_lineno} {code.co_name}")
        trace = trace.tb_next
    return places[-8:]


def _mask(value: Any, *, key: str = "", depth: int = 0) -> Any:
    if key.lower() in DROPPED_KEYS and value is not None:
        return DROPPED
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        masked = mask_free_text(str(value))
        return value if masked == str(value) else masked
    if depth >= _DEPTH_MAX:
        return DROPPED
    if isinstance(value, Mapping):
        return {
            mask_free_text(str(name)): _mask(inner, key=str(name), depth=depth + 1)
            for name, inner in value.items()
        }
    if isinstance(value, list | tuple | set | frozenset):
        return [_mask(inner, depth=depth + 1) for inner in value]
    return mask_free_text(value if isinstance(value, str) else _describe_object(value))


def _describe_object(value: Any) -> str:
    # The text of an unknown object may show its fields; its kind is enough to find it.
    return value.decode(errors="replace") if isinstance(value, bytes) else f"<{type(value).__name__}>"
