"""Numbers of certificates people entered exams by that an earlier version wrote down whole."""

from __future__ import annotations

from functools import partial

from voucher.plumbing.db import Database
from voucher.plumbing.secrets import Keyring
from voucher.registry.card_numbers import write_number
from voucher.registry.unsealed_numbers import Rewriting, rewrite
from voucher.stages.assess.models_examiners import CandidateEntry


def seal_held_numbers(database: Database, keyring: Keyring) -> int:
    """Keep every number that stands whole by its digest, and return how many those were."""
    write = partial(write_number, keyring)
    return rewrite(
        database,
        [Rewriting(CandidateEntry, CandidateEntry.held_number, write, ("candidate_entry_no_update",))],
    )
