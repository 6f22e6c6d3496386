"""Asking the register before money moves: no transaction is open meanwhile, and the act finds the answers."""

from __future__ import annotations

from collections.abc import Callable, Collection

from flask import Flask, current_app
from sqlalchemy.orm import Session

from voucher.doors.auth.door import the_door
from voucher.doors.auth.visitors import current_actor
from voucher.stages.certify.asking import Registers
from voucher.stages.certify.queries import read_word_since
from voucher.stages.certify.queries.archive import find_reached_ids
from voucher.stages.settle.queries.to_pay import list_certificates_of_budget, list_certificates_of_file

EXTENSION = "voucher-register"


def install(app: Flask, registers: Registers) -> None:
    """Keep the register of this process, with its breaker."""
    app.extensions[EXTENSION] = registers


def ask_before_file(budget_id: int) -> None:
    """Ask about everything that a file of a budget would pay; failing is no refusal, the act says what is."""
    regions = current_actor().regions
    _ask(lambda session: list_certificates_of_budget(session, budget_id, regions))


def ask_before_release(payment_file_id: int) -> None:
    """Ask about everything in a payment file once more."""
    regions = current_actor().regions
    _ask(lambda session: list_certificates_of_file(session, payment_file_id, regions))


def ask_about(numbers: Collection[str], institution_ids: Collection[int] = ()) -> None:
    """Ask about the visitor's own among these certificates now, however fresh the last word is."""
    actor, door = current_actor(), the_door()
    with door.read() as session:
        ids = find_reached_ids(session, door.keyring, numbers, actor.regions, institution_ids)
    the_register().ask(actor, door.at, ids)


def the_register() -> Registers:
    """Return the register of this process."""
    registers: Registers = current_app.extensions[EXTENSION]
    return registers


def _ask(list_ids: Callable[[Session], Collection[int]]) -> None:
    door = the_door()
    with door.read() as session:
        since = read_word_since(session, door.at)
    the_register().ask_stale(current_actor(), door.at, since, list_ids)
