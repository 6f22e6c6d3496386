"""A deed: an act asked for on a page of its own, with what it touches in numbers, and then done once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from flask import abort, render_template
from flask.typing import ResponseReturnValue

from voucher.doors.auth.visitors import current_actor
from voucher.doors.web import fields
from voucher.doors.web.acting import Done, submit
from voucher.plumbing.unit_of_work import Work
from voucher.rules.actor import Actor, Role, check_role
from voucher.rules.lifecycle import Thing, may_move

WHY = "why"


@dataclass(frozen=True, slots=True)
class Ask:
    """A field the page asks for."""

    name: str
    label: str
    hint: str = ""
    kind: str = "area"
    value: str = ""
    maxlength: int = 500


@dataclass(frozen=True, slots=True)
class Deed:
    """What may be done to one thing: by whom, from which states, what it says first, and how it is done.

    `call` acts and returns the sentence said back.
    """

    name: str
    roles: frozenset[Role]
    words: str
    call: Callable[[Work, int], str]
    event: str | None = None
    asks: tuple[Ask, ...] = ()
    is_danger: bool = False


@dataclass(frozen=True, slots=True)
class Touched:
    """What the page of a deed shows of its object before anything is done.

    `warnings` stand out above the button; `choices` are what a field of the kind choice offers; `values`
    are sent back with the form, such as the digest of what was shown.
    """

    heading: str
    steps: Sequence[tuple[str, str]]
    back: str
    facts: Sequence[tuple[str, str]] = field(default_factory=tuple)
    count: int | None = None
    unit: str = "张"
    amount_fen: int | None = None
    warnings: Sequence[str] = ()
    choices: Mapping[str, Sequence[tuple[str, str]]] = field(default_factory=dict)
    values: Mapping[str, str] = field(default_factory=dict)


def said_why(label: str = "理由") -> str:
    """Return the reason typed into the page of a deed. Raises form_field_unreadable."""
    return fields.text(WHY, label)


def ask_why(label: str = "理由", hint: str = "") -> Ask:
    """Return the field for a reason."""
    return Ask(WHY, label, hint)


def list_open(deeds: Mapping[str, Deed], actor: Actor, thing: Thing, state: str) -> list[tuple[str, Deed]]:
    """Return the deeds an actor may do to a thing in this state, those without an event aside."""
    return [
        (word, deed)
        for word, deed in deeds.items()
        if deed.event is not None and actor.has(*deed.roles) and may_move(thing, state, deed.event)
    ]


def get_deed(deeds: Mapping[str, Deed], word: str) -> Deed:
    """Return a deed by its word in the address; another word is no page. Raises Refused role_missing."""
    deed = deeds.get(word)
    if deed is None:
        abort(404)
    check_role(current_actor(), *sorted(deed.roles))
    return deed


def show_deed(deed: Deed, touched: Touched) -> str:
    """Return the page that asks for a deed."""
    return render_template("office/deed.html", deed=deed, touched=touched)


def do_deed(deed: Deed, object_id: int, location: str, again: Callable[[], str]) -> ResponseReturnValue:
    """Do a deed and lead to a page; refused, the page that asked comes again."""
    return submit(lambda work: Done(deed.call(work, object_id), location), again)
