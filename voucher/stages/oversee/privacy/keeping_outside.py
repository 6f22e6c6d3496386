"""What leaves the database with every checkpoint: the anchor, and the register of who was erased.

Both say as well whether the database is older than they are, before it does anything.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy.orm import Session

from voucher.ledger.races import RACES
from voucher.ledger.restoring import (
    find_missing,
    is_of_former_life,
    newest_checkpoint,
    notice_older,
    read_last_line,
)
from voucher.ledger.sealing import AT_ONCE, Post, seal_all
from voucher.plumbing.clock import day_of
from voucher.plumbing.db import Database
from voucher.plumbing.secrets import Keyring
from voucher.plumbing.unit_of_work import perform
from voucher.registry.users import CLOCK_LOGIN, load_actor
from voucher.rules.actor import Actor
from voucher.rules.errors import Refused
from voucher.stages.oversee.privacy.registering import (
    has_unregistered,
    read_register,
    register_erasures,
    register_file_of,
)


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
        missing = find_missing(session, keyring, anchor_file)
        is_waiting = has_unregistered(session, anchor_file)
    if missing is not None:
        perform(database, keyring, actor, at, lambda work: notice_older(work, *missing), retry_on=RACES)
    every = AT_ONCE if is_waiting and missing is None else every
    sealed = seal_all(database, keyring, actor, at, anchor_file, every=every, post=post)
    register_erasures(database, keyring, at, anchor_file, post)
    return sealed


def look_outside(
    database: Database, keyring: Keyring, clock: Callable[[], datetime], anchor_file: Path
) -> bool:
    """Notice, before a house does anything else, that its database is older than what is kept outside.

    Asked of the anchors, and of the register of erasures, which may be all that is left. Returns whether it
    is news.
    """
    with database.read() as session:
        missing = find_missing(session, keyring, anchor_file)
        if missing is None:
            missing = _find_ahead(session, keyring, register_file_of(anchor_file))
        if missing is None:
            return False
        at = clock()
        actor = load_actor(session, CLOCK_LOGIN, day_of(at))
    return perform(database, keyring, actor, at, lambda work: notice_older(work, *missing), retry_on=RACES)


def _find_ahead(session: Session, keyring: Keyring, register: Path) -> tuple[int, str] | None:
    """Return the checkpoint of the register's last head, if that is beyond ours and nobody knows."""
    try:
        head = read_last_line(register)
        if head is None or int(head.get("seq", 0)) <= newest_checkpoint(session):
            return None
        # only then all of it is read, and every signature held against our keys
        seq = read_register(register, keyring, 0).seq
        chain_hash, signed_at = str(head["chain_hash"]), datetime.fromisoformat(str(head["signed_at"]))
    except (Refused, ValueError, KeyError):
        return None
    if seq <= newest_checkpoint(session):
        return None
    # after a restore that was noticed the numbers run again from below
    return None if is_of_former_life(session, seq, chain_hash, signed_at) else (seq, chain_hash)
