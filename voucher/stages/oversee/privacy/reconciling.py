"""恢复后的核对: everybody the register of erasures names is erased again; then the house pays and issues."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select

from voucher.ledger import audit
from voucher.ledger.restoring import THING, RestoredCopy, find_unreconciled
from voucher.plumbing.unit_of_work import Work
from voucher.registry import subjects
from voucher.registry.people import Person
from voucher.registry.subjects import SubjectKey
from voucher.rules.actor import Role, check_role
from voucher.stages.oversee.privacy.destroying import destroy_person
from voucher.stages.oversee.privacy.registering import find_noticed, read_register, token_of

PIECE = 5_000


@dataclass(frozen=True, slots=True)
class Reconciled:
    """How many the register names, how many of them were here again, and up to which checkpoint it stands."""

    entries: int
    erased: int
    seq: int


def reconcile(work: Work, register: Path) -> Reconciled:
    """Erase again whoever the register names and is here with a key; end the time nothing is paid or issued.

    Two have decided of each of them already, and the register is signed: this decides nothing. Raises Refused
    role_missing, erasure_register_missing, erasure_register_differs, erasure_register_old.
    """
    check_role(work.actor, Role.OPERATOR, Role.ADMINISTRATOR)
    standing = find_unreconciled(work.session)
    read = read_register(register, work.keyring, *find_noticed(work.session))
    erased = _erase_again(work, frozenset(read.tokens))
    for each in work.session.scalars(
        select(RestoredCopy).where(RestoredCopy.reconciled_at.is_(None)).with_for_update()
    ):
        each.reconciled_at, each.reconciled_by_person_id = work.at, work.actor.person_id
        each.entries, each.erased = len(read.tokens), erased
    work.session.flush()
    audit.record_one(
        work, THING, 0 if standing is None else standing.anchored_seq, "reconcile",
        entries=len(read.tokens), erased=erased, seq=read.seq,
    )  # fmt: skip
    return Reconciled(len(read.tokens), erased, read.seq)


def _erase_again(work: Work, tokens: frozenset[str]) -> int:
    """Destroy the keys of whoever is meant, and return how many those were."""
    last, count = 0, 0
    while rows := work.session.execute(
        select(SubjectKey.id, SubjectKey.blind_index)
        .where(SubjectKey.destroyed_at.is_(None), SubjectKey.id > last)
        .order_by(SubjectKey.id)
        .limit(PIECE)
    ).all():
        last = rows[-1][0]
        meant = [index for _, index in rows if token_of(work.keyring, index) in tokens]
        for index in meant:
            person_id = work.session.scalar(select(Person.id).where(Person.blind_index == index))
            if person_id is None:
                subjects.destroy_key(work, index)
            else:
                destroy_person(work, person_id, THING)
        count += len(meant)
    return count
