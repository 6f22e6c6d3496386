"""Numbers of certificates and of the register that an earlier version wrote down whole."""

from __future__ import annotations

from functools import partial

from sqlalchemy.orm import InstrumentedAttribute

from voucher.plumbing.db import Database
from voucher.plumbing.secrets import Keyring
from voucher.registry.card_numbers import write_number
from voucher.registry.unsealed_numbers import Rewriting, may_carry, rewrite
from voucher.stages.certify.models import Certificate, RegisterEntry

Numbered = tuple[type[Certificate | RegisterEntry], InstrumentedAttribute[str], str]


def seal_numbers(database: Database, keyring: Keyring) -> int:
    """Keep every number that stands whole by its digest, and return how many those were."""
    write = partial(write_number, keyring)
    columns: tuple[Numbered, ...] = (
        (Certificate, Certificate.number, "certificate_number_fixed"),
        (RegisterEntry, RegisterEntry.number, "register_entry_no_update"),
    )
    return rewrite(
        database,
        [Rewriting(model, each, write, (guard,), partial(may_carry, each)) for model, each, guard in columns],
    )
