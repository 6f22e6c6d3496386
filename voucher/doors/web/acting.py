"""What a page does with a form: act once and say so; a refused form comes back as it was typed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from flask import flash, g, make_response, redirect, request
from flask.typing import ResponseReturnValue

from voucher.doors.auth.step_up import FIELD as SIGNING_FIELD
from voucher.doors.auth.visitors import perform
from voucher.doors.errors import status_of
from voucher.plumbing.idempotency import Answer, fingerprint, once
from voucher.plumbing.unit_of_work import Work
from voucher.plumbing.uploads.pieces import digest_pieces
from voucher.rules.errors import Refusal, Refused

Shown = TypeVar("Shown")
KEY_FIELD = "idempotency_key"
NOT_CONTENT = frozenset({KEY_FIELD, "csrf_token", SIGNING_FIELD})


@dataclass(frozen=True, slots=True)
class Done:
    """What an act leads to: the sentence said back and the page shown next."""

    words: str
    location: str


def act(call: Callable[[Work], Done]) -> ResponseReturnValue:
    """Run an act once for the form's key and go on to its page; the same form again repeats the answer.

    Raises whatever the act refuses with, idempotency_key_missing, idempotency_key_reused.
    """

    def answer(work: Work) -> Answer:
        done = call(work)
        return Answer(303, {"words": done.words, "location": done.location})

    key, asked = request.form.get(KEY_FIELD, ""), content_print()
    given = perform(lambda work: once(work, key, asked, answer))
    flash(given.body["words"], "done")
    return redirect(given.body["location"], 303)


def submit(call: Callable[[Work], Done], again: Callable[[], str]) -> ResponseReturnValue:
    """Act, or show the page again with the refusal at its top and everything typed still in place."""
    try:
        return act(call)
    except Refused as refused:
        return refuse(refused.refusal, again)


def show_once(
    call: Callable[[Work], Shown], show: Callable[[Shown], str], again: Callable[[], str], lost: str
) -> ResponseReturnValue:
    """Act once for the form's key and show what is kept nowhere; the same form again says that it is gone.

    `lost` says what whoever has not kept it can do.
    """
    shown: list[Shown] = []

    def act_once(work: Work) -> Answer:
        shown.clear()
        shown.append(call(work))
        return Answer(201, {})

    try:
        perform(lambda work: once(work, request.form.get(KEY_FIELD, ""), content_print(), act_once))
    except Refused as refused:
        return refuse(refused.refusal, again)
    if not shown:
        flash(lost, "mind")
        return again()
    return show(shown[0]), 201


def refuse(refusal: Refusal, again: Callable[[], str]) -> ResponseReturnValue:
    """Show a page with a refusal at its top."""
    g.refusal = refusal
    return make_response(again(), status_of(refusal))


def content_print() -> str:
    """Return the fingerprint of what the form asks, so that its key cannot be used for something else."""
    typed = sorted([name, value] for name, value in request.form.items(multi=True) if name not in NOT_CONTENT)
    files = []
    for name, file in sorted(request.files.items(multi=True), key=lambda each: each[0]):
        files.append([name, digest_pieces(file.stream)])
    return fingerprint(request.path, typed, files)
