"""One line after the other: what goes wrong with one is told, and keeps no other from its turn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import structlog
from sqlalchemy.exc import DBAPIError, IntegrityError, InterfaceError, OperationalError

from voucher.plumbing import trips
from voucher.plumbing.constraints import refusal_of
from voucher.plumbing.lines import is_line_down
from voucher.plumbing.logs import describe_error
from voucher.plumbing.unit_of_work import RETRIED_SQLSTATES, Work
from voucher.rules.errors import Refused

Result = TypeVar("Result")

log = structlog.stdlib.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Failure:
    """Why something was not done, in words that hold nothing of a person."""

    words: str


def attempt(work: Work, deed: Callable[[], Result]) -> Result | Failure:
    """Do one thing and return what it returns, or why it failed, nothing of it being left.

    What the database asks to be tried again, and a line that is down, concern the whole piece and are raised.
    """
    try:
        with work.session.begin_nested():
            done = deed()
            work.session.flush()
            # what is still on its way is answered before the savepoint is let go
            trips.settle(work.session.connection())
    except Refused as refused:
        return Failure(refused.refusal.title)
    except DBAPIError as error:
        if _concerns_the_piece(error):
            raise
        log.exception("retention line failed", error=describe_error(error))
        refusal = refusal_of(error) if isinstance(error, IntegrityError) else None
        return Failure(refusal.title if refusal is not None else "数据库不接受这项改动，请系统管理员查看日志")
    except Exception as error:  # noqa: BLE001 — one line must not keep the others from being done
        log.error("retention line failed", error=describe_error(error))
        return Failure(f"程序出错（{type(error).__name__}），请系统管理员查看日志")
    return done


def _concerns_the_piece(error: DBAPIError) -> bool:
    """Return whether what the database says is not of this one line: a trigger's refusal (P0001) is."""
    if is_line_down(error) or isinstance(error, OperationalError | InterfaceError):
        return True
    return getattr(error.orig, "sqlstate", None) in RETRIED_SQLSTATES
