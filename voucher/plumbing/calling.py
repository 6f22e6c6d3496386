"""Calls to other systems over HTTP: a time-out on everything, retries, and a breaker that gives them rest.

Never inside a transaction: whoever calls reads first, calls, and writes what was answered afterwards.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

import pybreaker
import requests
from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry

ANSWER_BYTES_MOST = 1 << 20
_Reader = Callable[[requests.Response, float], dict[str, Any]]
# answers after which the same question may be asked again
RETRIED_STATUSES = (429, 500, 502, 503, 504)


class Failure(StrEnum):
    """Why there is no answer."""

    UNREACHABLE = "unreachable"
    REFUSED = "refused"
    MALFORMED = "malformed"
    RESTING = "resting"


class NoAnswerError(Exception):
    """Raised where a call brought no answer; carries no text of the other side, which may hold a name."""

    def __init__(self, failure: Failure, detail: str) -> None:
        super().__init__(f"{failure}: {detail}")
        self.failure = failure
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait for a connection and an answer, how often to try, and when to give it a rest."""

    connect_seconds: float = 3.0
    read_seconds: float = 5.0
    retries: int = 2
    backoff_seconds: float = 0.2
    failures_before_rest: int = 5
    rest: timedelta = timedelta(seconds=60)


class _UnheededError(Exception):
    """What says nothing of the other side's health: it answered, and refused the question."""

    def __init__(self, cause: NoAnswerError) -> None:
        super().__init__()
        self.cause = cause


class Caller:
    """One other system, asked in JSON; made once per process, safe in several threads."""

    def __init__(
        self, address: str, *, token: str | None = None, patience: Patience | None = None, name: str = ""
    ) -> None:
        self._address = address
        self._patience = patience or Patience()
        self._headers = {"Accept": "application/json"}
        if token:
            self._headers["Authorization"] = f"Bearer {token}"
        self._breaker = pybreaker.CircuitBreaker(
            fail_max=self._patience.failures_before_rest,
            reset_timeout=self._patience.rest.total_seconds(),
            exclude=[_UnheededError],
            name=name or address,
            throw_new_error_on_trip=False,
        )

    def ask(self, question: dict[str, Any]) -> dict[str, Any]:
        """Return what the system answers to a question. Raises NoAnswerError."""
        return self._call(question, _read_answer)

    def tell(self, message: dict[str, Any]) -> None:
        """Hand something over; that it was taken is all the system has to say. Raises NoAnswerError."""
        self._call(message, lambda _response, _deadline: {})

    def _call(self, content: dict[str, Any], read: _Reader) -> dict[str, Any]:
        try:
            answer: dict[str, Any] = self._breaker.call(self._post, content, read)
        except pybreaker.CircuitBreakerError:
            raise NoAnswerError(Failure.RESTING, "breaker open") from None
        except _UnheededError as unheeded:
            raise unheeded.cause from None
        return answer

    def _post(self, content: dict[str, Any], read: _Reader) -> dict[str, Any]:
        waits = (self._patience.connect_seconds, self._patience.read_seconds)
        deadline = time.monotonic() + sum(waits) * (self._patience.retries + 1)
        try:
            with (
                self._open() as session,
                session.post(
                    self._address,
                    json=content,
                    headers=self._headers,
                    timeout=waits,
                    allow_redirects=False,
                    stream=True,
                ) as response,
            ):
                if response.status_code in RETRIED_STATUSES:
                    raise NoAnswerError(Failure.UNREACHABLE, f"status {response.status_code}")
                if not 200 <= response.status_code < 300:
                    raise _UnheededError(NoAnswerError(Failure.REFUSED, f"status {response.status_code}"))
                return read(response, deadline)
        except requests.RequestException as error:
            # the error's own text may hold the address with what was asked
            raise NoAnswerError(Failure.UNREACHABLE, type(error).__name__) from None

    def _open(self) -> requests.Session:
        """Return a session of its own: requests promises nothing about sharing one between threads."""
        retry = Retry(
            total=self._patience.retries,
            backoff_factor=self._patience.backoff_seconds,
            status_forcelist=RETRIED_STATUSES,
            # a question changes nothing on the other side, and a message says which it is
            allowed_methods=("POST",),
            raise_on_status=False,
            respect_retry_after_header=False,
        )
        session = requests.Session()
        session.trust_env = False
        for scheme in ("http://", "https://"):
            session.mount(scheme, HTTPAdapter(max_retries=retry))
        return session


def _read_answer(response: requests.Response, deadline: float) -> dict[str, Any]:
    """Return a body of bounded size and time: a server that drips would otherwise hold the thread."""
    body = b""
    for chunk in response.iter_content(1 << 14):
        body += chunk
        if len(body) > ANSWER_BYTES_MOST:
            raise NoAnswerError(Failure.MALFORMED, "answer too long")
        if time.monotonic() > deadline:
            raise NoAnswerError(Failure.UNREACHABLE, "answer too slow")
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        # brackets within brackets, a hundred thousand deep, are no JSON anybody means
        raise NoAnswerError(Failure.MALFORMED, "not JSON") from None
    if not isinstance(answer, dict):
        raise NoAnswerError(Failure.MALFORMED, "not an object")
    return answer
