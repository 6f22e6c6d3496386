"""What leaves the database with every checkpoint: the anchor, and the register of who was erased."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from voucher.ledger.restoring import is_older, notice_older
from voucher.ledger.sealing import AT_ONCE, Post, seal_all
from voucher.plumbing.db import Database
from voucher.plumbing.secrets import Keyring
from voucher.plumbing.unit_of_work import perform
from voucher.rules.actor import Actor
from voucher.stages.oversee.privacy.registering import has_unregistered, register_erasures


def seal_and_keep(
    database: Database,
    keyring: Keyring,
    actor: Actor,
    at: datetime,
    anchor_file: Path,
    *,
    every: timedelta = AT_ONCE,
    post: Post | None = None,
) -> int:
    """Seal what waits, sign a checkpoint when due, register who was erased; return how many were sealed.

    A database older than the anchors is noticed before anything of it is sealed. Whoever was erased makes a
    checkpoint due at once, which the register then stands at.
    """
    with database.read() as session:
        older = is_older(session, anchor_file)
        is_waiting = has_unregistered(session, anchor_file)
    if older:
        perform(database, keyring, actor, at, lambda work: notice_older(work, anchor_file))
    every = AT_ONCE if is_waiting and not older else every
    sealed = seal_all(database, keyring, actor, at, anchor_file, every=every, post=post)
    register_erasures(database, keyring, at, anchor_file, post)
    return sealed
