"""恢复后的核对: everybody the register of erasures names is erased again; then the house pays and issues."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import func, select

from voucher.ledger import audit
from voucher.ledger.restoring import THING, TWO, RestoredCopy, RestoredUnregistered, find_unreconciled
from voucher.plumbing.unit_of_work import Work
from voucher.registry import subjects
from voucher.registry.people import Person
from voucher.registry.second_hands import check_second_hand
from voucher.registry.subjects import SubjectKey
from voucher.registry.users import COMMON_LOGINS
from voucher.rules.actor import Role, check_role
from voucher.rules.approval import SECOND_PERSON_NEEDED
from voucher.rules.errors import Family, reason
from voucher.rules.words import check_why
from voucher.stages.oversee.privacy.destroying import destroy_person
from voucher.stages.oversee.privacy.registering import find_noticed, read_register, token_of

PIECE = 5_000
SOURCE = "个人信息保护法 第四十七条; 【设】没有注销登记可核对的，由两人写明理由"

NOT_RESTORED = reason(
    "restored_nothing_open",
    "没有等待核对的恢复",
    "不必办理；以 voucher audit verify 看留痕是否完整",
    SOURCE,
    Family.CONFLICT,
)
OWN_ACCOUNT_NEEDED = reason(
    "own_account_needed",
    "这件事由两个具名的人决定，不能用命令行的公用账号办理",
    "请用 --as 指明本人的账号（经办人员或系统管理员），两人各办一次",
    SOURCE,
    Family.FORBIDDEN,
)


@dataclass(frozen=True, slots=True)
class Reconciled:
    """How many the register names, how many of them were here again, and up to which checkpoint it stands."""

    entries: int
    erased: int
    seq: int


def reconcile(work: Work, register: Path) -> Reconciled:
    """Erase again whoever the register names and is here with a key; end the time nothing is issued.

    What was paid is another question, which two finance people answer region by region.

    Two have decided of each of them already, and the register is signed: this decides nothing. Raises Refused
    role_missing, erasure_register_missing, erasure_register_differs, erasure_register_old.
    """
    check_role(work.actor, Role.OPERATOR, Role.ADMINISTRATOR)
    standing = find_unreconciled(work.session)
    read = read_register(register, work.keyring, *find_noticed(work.session))
    erased = _erase_again(work, frozenset(read.tokens))
    _close(work, _lock_open(work), len(read.tokens), erased)
    audit.record_one(
        work, THING, 0 if standing is None else standing.id, "reconcile",
        entries=len(read.tokens), erased=erased, seq=read.seq,
    )  # fmt: skip
    return Reconciled(len(read.tokens), erased, read.seq)


def reconcile_without(work: Work, why: str) -> bool:
    """Say that there is no register to hold this database against; return whether the second has said so.

    With the first word nothing is opened. Raises Refused role_missing, own_account_needed, why_missing,
    restored_nothing_open and what `check_second_hand` refuses.
    """
    check_role(work.actor, Role.OPERATOR, Role.ADMINISTRATOR)
    if work.actor.login in COMMON_LOGINS:
        raise OWN_ACCOUNT_NEEDED.refused()
    said = check_why(why)
    standing = _lock_open(work)
    if not standing:
        raise NOT_RESTORED.refused()
    me = work.actor.person_id
    unsaid = [each for each in standing if not work.session.get(RestoredUnregistered, (each.id, me))]
    if not unsaid:
        raise SECOND_PERSON_NEEDED.refused()
    for first in _list_speakers(work, unsaid):
        check_second_hand(work, first)
    for each in unsaid:
        work.session.add(RestoredUnregistered(copy_id=each.id, person_id=me, words=said, said_at=work.at))
        work.session.flush()
        audit.record_one(work, THING, each.id, "say_unregistered", why=said)
    heard = [each for each in standing if _count_words(work, each) >= TWO]
    _close(work, heard, 0, 0)
    for each in heard:
        audit.record_one(work, THING, each.id, "reconcile", entries=0, erased=0, register=False)
    return len(heard) == len(standing)


def _count_words(work: Work, copy: RestoredCopy) -> int:
    words = select(func.count()).where(RestoredUnregistered.copy_id == copy.id)
    return work.session.scalar(words) or 0


def _list_speakers(work: Work, copies: Sequence[RestoredCopy]) -> Sequence[int]:
    said = RestoredUnregistered.copy_id.in_([each.id for each in copies])
    return work.session.scalars(select(RestoredUnregistered.person_id).where(said).distinct()).all()


def _lock_open(work: Work) -> Sequence[RestoredCopy]:
    query = select(RestoredCopy).where(RestoredCopy.reconciled_at.is_(None))
    return work.session.scalars(query.order_by(RestoredCopy.id).with_for_update()).all()


def _close(work: Work, standing: Sequence[RestoredCopy], entries: int, erased: int) -> None:
    for each in standing:
        each.reconciled_at, each.reconciled_by_person_id = work.at, work.actor.person_id
        each.entries, each.erased = entries, erased
    work.session.flush()


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
