"""One act, one transaction, one commit; retried whole where the database asks for it.

The only module that commits.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TypeVar

from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.orm import Session

from voucher.plumbing import trips
from voucher.plumbing.clock import day_of
from voucher.plumbing.constraints import refusal_of
from voucher.plumbing.db import Database
from voucher.plumbing.lines import is_line_down
from voucher.plumbing.secrets import Keyring
from voucher.rules.actor import Actor
from voucher.rules.errors import KeptRefused, Refused

Result = TypeVar("Result")

ATTEMPTS = 5
# serialisation, deadlock, lock time-out, and a statement that is prepared no more or for other columns
LOCK_TIMEOUT = "55P03"
RETRIED_SQLSTATES = frozenset({"40001", "40P01", LOCK_TIMEOUT, "26000", "0A000"})


@dataclass(slots=True)
class Work:
    """What every act is given first: the session it writes in, who acts, at which moment, and the keys."""

    session: Session
    actor: Actor
    at: datetime
    keyring: Keyring
    _afterwards: list[Callable[[], None]] = field(default_factory=list)
    is_being_kept: bool = False

    @property
    def today(self) -> date:
        """Return the Shanghai day of the act."""
        return day_of(self.at)

    def finish(self) -> None:
        """Make the calls that were waiting for the commit."""
        for call in self._afterwards:
            call()

    def give_up(self) -> None:
        """Let go of everything done so far, and of what was to come after it; what follows begins anew."""
        self._afterwards.clear()
        self.session.rollback()

    def after_commit(self, call: Callable[[], None]) -> None:
        """Remember a call for after the commit; it is dropped with the transaction."""
        self._afterwards.append(call)


def _wait(attempt: int) -> None:
    time.sleep(random.uniform(0.01, 0.05) * 2**attempt)  # noqa: S311 — jitter, not a secret


def is_lock_timeout(error: Exception) -> bool:
    """Return whether a lock was waited for too long; nothing of the act is left."""
    if not isinstance(error, DBAPIError):
        return False
    state = getattr(error.orig, "sqlstate", None)
    if state is not None:
        return bool(state == LOCK_TIMEOUT)
    return isinstance(error, OperationalError) and "locked" in str(error.orig)


def _asks_for_retry(work: Work, error: DBAPIError) -> bool:
    if is_line_down(error):
        # of an act that was not to be kept yet nothing is left
        return not work.is_being_kept
    return getattr(error.orig, "sqlstate", None) in RETRIED_SQLSTATES or is_lock_timeout(error)


def _roll_back(session: Session) -> None:
    # of a line that is down the database has let go by itself
    with suppress(DBAPIError):
        session.rollback()


def _keep(work: Work) -> None:
    # whether it has come to be nobody can say where the line breaks meanwhile
    work.is_being_kept = True
    work.session.commit()


def _act(work: Work, act: Callable[[Work], Result], *, keep: bool) -> Result:
    try:
        result = act(work)
    except KeptRefused:
        if keep:
            _keep(work)
        raise
    if keep:
        _keep(work)
    else:
        # what is still on its way may be refused, and a dry run says so too
        trips.settle(work.session.connection())
        work.session.rollback()
    return result


def perform(
    database: Database,
    keyring: Keyring,
    actor: Actor,
    at: datetime,
    act: Callable[[Work], Result],
    *,
    keep: bool = True,
    retry_on: frozenset[str] = frozenset(),
) -> Result:
    """Run one act in one transaction and return what it returns, only after the commit.

    With keep=False everything is rolled back at the end (a dry run). Whatever the act raises leaves nothing
    behind, a `KeptRefused` apart, which is told only after what was written is committed; a violated
    constraint is raised as the refusal it stands for. Retries at most five times, the whole act each time,
    where the database asks for it, or went away before the act was to be kept;
    also where the constraint stands for a refusal whose code is in `retry_on`, because the act, run again,
    sees what somebody else has committed and can say so better.
    """
    for attempt in range(1, ATTEMPTS + 1):
        session = database.open_write()
        work = Work(session=session, actor=actor, at=at, keyring=keyring)
        try:
            result = _act(work, act, keep=keep)
        except IntegrityError as error:
            session.rollback()
            refusal = refusal_of(error)
            if refusal is None:
                raise
            if refusal.code in retry_on and attempt < ATTEMPTS:
                _wait(attempt)
                continue
            # the database error's text may carry values, so it does not travel along
            raise Refused(refusal) from None
        except DBAPIError as error:
            _roll_back(session)
            if attempt == ATTEMPTS or not _asks_for_retry(work, error):
                raise
            _wait(attempt)
            continue
        except BaseException:
            session.rollback()
            raise
        finally:
            session.close()
        if keep:
            work.finish()
        return result
    raise AssertionError("unreachable: the last attempt returns or raises")
