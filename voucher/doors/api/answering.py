"""Answering a request of the API once: its key, its effect and its answer in one transaction."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from flask import Response
from marshmallow import Schema
from webargs.core import Parser

from voucher.doors.auth.asked import the_request
from voucher.doors.auth.bearers import settle_bearer
from voucher.doors.auth.visitors import perform
from voucher.plumbing.idempotency import KEY_HEADER, Ahead, Answer, fingerprint, once
from voucher.plumbing.types import canonical_json
from voucher.plumbing.unit_of_work import Work
from voucher.plumbing.wire import Row


class Foreseen(Protocol):
    """What was asked before an act, its key and whether a bearer stands (`bearers.find_unproven`) along."""

    @property
    def is_proven(self) -> bool:
        """Return whether the bearer stands, once everything has been heard."""

    def find_kept(self) -> list[Row] | None:
        """Return what is kept under the key, one row or none; None where nobody can say."""


def hear_of(work: Work, foreseen: Foreseen | None) -> list[Row] | None:
    """Hear what was asked before an act: whether the bearer stands, and what is kept under the key.

    Raises Refused bearer_refused, system_scope_missing.
    """
    settle_bearer(work, is_proven=foreseen is not None and foreseen.is_proven)
    return foreseen.find_kept() if foreseen is not None else None


def take_body(parser: Parser[Any], body: Schema, run: Callable[..., Response]) -> Callable[..., Response]:
    """Return a view that is run with what the body of the request says, and answers by itself.

    What documents a view lies four calls deep around it, and looks for an answer that is one already.
    """

    def take(**ids: Any) -> Response:
        return run(parser.parse(body, the_request(), location="json"), **ids)

    return take


def digest_body() -> str:
    """Return the hash by which the same request is recognised when it comes again."""
    asked = the_request()
    return fingerprint(asked.method, asked.path, asked.get_json())


def answer_once(
    act: Callable[[Work], Answer],
    asked: str,
    said_once: str | None = None,
    foresee: Ahead | None = None,
) -> Response:
    """Run an act once for the request's key and return its answer, now and whenever the key comes back.

    `foresee` asks what the act will have to know, together with the key.
    Raises whatever the act raises, and Refused idempotency_key_missing, idempotency_key_reused,
    idempotency_key_in_flight.
    """
    key, told = the_request().headers.get(KEY_HEADER, ""), dict[str, Any]()

    def hold_back(work: Work) -> Answer:
        answer = act(work)
        if said_once is None:
            return answer
        told[said_once] = answer.body[said_once]
        return Answer(answer.status, answer.body | {said_once: None})

    def attempt(work: Work) -> Answer:
        # a transaction that is tried again may find that somebody else has answered meanwhile
        told.clear()
        return once(work, key, asked, hold_back, foresee)

    given = perform(attempt)
    # spelled as it is kept: keys in their order, nothing between them, as Flask spells it
    said = canonical_json(given.body | told if told else given.body)
    return Response(f"{said}\n", given.status, content_type="application/json")
