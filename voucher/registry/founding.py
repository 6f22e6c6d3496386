"""Founding an installation: schema, tables of states, shipped reference data, the first accounts."""

from __future__ import annotations

from datetime import datetime

from voucher.ledger.counting_on import count_on
from voucher.ledger.credentials.keys import ensure_keys
from voucher.ledger.credentials.trust import publish_here
from voucher.ledger.transitions import load_transitions
from voucher.ledger.watching import leave_as_it_stands, watch_tables
from voucher.plumbing.db import Database
from voucher.plumbing.schema import upgrade
from voucher.plumbing.secrets import Keyring
from voucher.plumbing.unit_of_work import Work, perform
from voucher.registry.reference import load_reference
from voucher.registry.users import open_system_accounts
from voucher.rules.actor import Actor

FOUNDER = Actor(user_id=0, login="init", person_id=0, grants=())


def found(database: Database, keyring: Keyring, at: datetime) -> dict[str, int]:
    """Create or upgrade everything an installation needs and return how many rows of each were added.

    Doing it again changes nothing that is already there.
    """
    upgrade(database)
    count_on(database)
    watch_tables(database)

    def act(work: Work) -> dict[str, int]:
        counts = {"transitions": load_transitions(work)}
        counts.update(load_reference(work))
        counts["accounts"] = open_system_accounts(work)
        counts["signing_keys"] = ensure_keys(work)
        if counts["signing_keys"]:
            publish_here(work)
        work.session.flush()
        leave_as_it_stands(work.session.connection())
        return counts

    return perform(database, keyring, FOUNDER, at, act)
