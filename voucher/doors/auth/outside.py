"""Asking other systems before an act: no transaction is open meanwhile, and the act finds the answers."""

from __future__ import annotations

from typing import Any

from flask import Flask, current_app

from voucher.doors.auth.door import the_door
from voucher.doors.auth.visitors import current_actor
from voucher.registry.outside.asking import Outside
from voucher.stages.issue.queries import Programme
from voucher.stages.issue.questions import list_unanswered

EXTENSION = "voucher-outside"


def install(app: Flask, outside: Outside) -> None:
    """Keep the systems of this process, with their breakers."""
    app.extensions[EXTENSION] = outside


def ask_first(programme_id: int) -> None:
    """Ask about the visitor what a programme wants to know and no answer is fresh for; failing is no refusal.

    Whether a voucher is given is the act's to say: what was not answered is never passed.
    """
    door, actor = the_door(), current_actor()
    with door.read() as session:
        missing = list_unanswered(session, programme_id, [actor.person_id], door.today)
        programme = session.get(Programme, programme_id)
    if missing and programme is not None:
        outside: Outside = current_app.extensions[EXTENSION]
        outside.ask(actor, door.at, missing, {actor.person_id: programme.region_code})


def ask_ahead(given: dict[str, Any], _ids: dict[str, Any]) -> None:
    """Ask before an API act whose body names the programme."""
    ask_first(given["programme_id"])
