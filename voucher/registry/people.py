"""People: found by a blind index of a number they have or had, readable only through their own key."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, func, select, union_all
from sqlalchemy.orm import Mapped, Session, mapped_column

from voucher.ledger import audit
from voucher.plumbing.bulk import among, next_ids, write_many
from voucher.plumbing.constraints import CHANGED_MEANWHILE, translate
from voucher.plumbing.db import Model
from voucher.plumbing.sealed_columns import sealed_of_person
from voucher.plumbing.secrets import Keyring
from voucher.plumbing.types import Bytes, Day, Int64, Text, UtcTime
from voucher.plumbing.unit_of_work import Work
from voucher.registry import subjects
from voucher.registry.corrections import FormerName, FormerNumber
from voucher.registry.subjects import IDENTITY
from voucher.rules.errors import Family, reason

LOOKUP_CHUNK = 500
NAME_CONTEXT, NUMBER_CONTEXT, MOBILE_CONTEXT = "person.name", "person.number", "person.mobile"
COLUMNS = (
    "id", "blind_index", "name_sealed", "name_index", "number_sealed", "mobile_sealed", "mobile_index",
    "region_code",
)  # fmt: skip

PERSON_MISSING = reason(
    "person_missing",
    "没有登记过这个人",
    "请核对姓名和证件号码；尚未登记的，请先导入人员信息",
    "S2-15i 实名制",
    Family.MISSING,
)


class Person(Model):
    """One natural person; whatever names the person is sealed under the person's own key."""

    __tablename__ = "person"
    __table_args__ = (Index("ix_person_mobile_index", "mobile_index"), {"sqlite_strict": True})

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    blind_index: Mapped[str] = mapped_column(
        Text, ForeignKey("subject_key.blind_index"), nullable=False, unique=True
    )
    name_sealed: Mapped[bytes] = mapped_column(Bytes, nullable=False)
    name_index: Mapped[str] = mapped_column(Text, nullable=False)
    number_sealed: Mapped[bytes | None] = mapped_column(Bytes)
    mobile_sealed: Mapped[bytes | None] = mapped_column(Bytes)
    mobile_index: Mapped[str | None] = mapped_column(Text)
    region_code: Mapped[str | None] = mapped_column(Text, ForeignKey("region.code"))
    opened_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)


translate("uq_person_blind_index", "person.blind_index", CHANGED_MEANWHILE)
for column, context in (
    (Person.name_sealed, NAME_CONTEXT),
    (Person.number_sealed, NUMBER_CONTEXT),
    (Person.mobile_sealed, MOBILE_CONTEXT),
):
    sealed_of_person(column, context, lambda person_id: Person.id == person_id)


class PersonTag(Model):
    """A dated fact about a person with its source (人员类别, 养老金, 意愿…)."""

    __tablename__ = "person_tag"
    __table_args__ = (
        Index("ix_person_tag_person", "person_id"),
        CheckConstraint("until IS NULL OR until >= since", name="dates"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    person_id: Mapped[int] = mapped_column(Int64, ForeignKey("person.id"), nullable=False)
    kind: Mapped[str] = mapped_column(Text, nullable=False)
    value: Mapped[str] = mapped_column(Text, nullable=False)
    since: Mapped[date] = mapped_column(Day, nullable=False)
    until: Mapped[date | None] = mapped_column(Day)
    source: Mapped[str] = mapped_column(Text, nullable=False)
    recorded_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)


@dataclass(frozen=True, slots=True)
class Newcomer:
    """What is known of a person to be opened; number and name in canonical form."""

    number: str
    name: str
    mobile: str | None = None
    region_code: str | None = None


def index_of(keyring: Keyring, number: str) -> str:
    """Return the blind index of a canonical identity number."""
    return keyring.blind_index(IDENTITY, number)


def name_index_of(keyring: Keyring, name: str) -> str:
    """Return the blind index of a canonical name."""
    return keyring.blind_index("name", name)


def find_ids(session: Session, indexes: Collection[str]) -> dict[str, int]:
    """Return whom each of these blind indexes reaches: by the present number, or by one had before."""
    present = select(Person.blind_index, Person.id).where(among(session, Person.blind_index, indexes))
    former = (
        select(FormerNumber.blind_index, Person.id)
        .join(Person, Person.blind_index == FormerNumber.present_index)
        .where(among(session, FormerNumber.blind_index, indexes), FormerNumber.ended_at.is_(None))
    )
    # in one statement: a number that is being given up is found on either side of the change
    return dict(session.execute(union_all(present, former)).all())


def find_by_indexes(session: Session, indexes: Collection[str]) -> dict[str, Person]:
    """Return the people these blind indexes reach."""
    ids = find_ids(session, indexes)
    rows = session.scalars(select(Person).where(among(session, Person.id, list(ids.values()))))
    found = {row.id: row for row in rows}
    return {index: found[person_id] for index, person_id in ids.items()}


def get_person(session: Session, person_id: int) -> Person:
    """Return a person. Raises Refused person_missing."""
    found = session.get(Person, person_id)
    if found is None:
        raise PERSON_MISSING.refused()
    return found


def hold_person(work: Work, person_id: int) -> Person:
    """Return a person whose number, and key, stay what they are until the act has sealed something."""
    held = select(Person).where(Person.id == person_id).with_for_update(read=True, key_share=True)
    return work.session.scalars(held.execution_options(populate_existing=True)).one()


def lock_people(work: Work, person_ids: Iterable[int]) -> None:
    """Lock people in the order of their ids, so that what is counted over all they have stays counted."""
    ordered = sorted(set(person_ids))
    for start in range(0, len(ordered), LOOKUP_CHUNK):
        held = select(Person.id).where(Person.id.in_(ordered[start : start + LOOKUP_CHUNK]))
        work.session.execute(held.order_by(Person.id).with_for_update(key_share=True)).all()


def open_people(work: Work, newcomers: Sequence[Newcomer]) -> dict[str, int]:
    """Open those not known yet and return the id of every one of them by blind index.

    Known people are left as they are: a correction of name or number is an act of its own.
    """
    by_index = {index_of(work.keyring, each.number): each for each in newcomers}
    known = find_ids(work.session, by_index)
    return known | open_newcomers(work, {i: each for i, each in by_index.items() if i not in known})


def open_newcomers(work: Work, fresh: Mapping[str, Newcomer]) -> dict[str, int]:
    """Open people nobody knows yet, given by blind index, and return their ids.

    Raises Refused subject_erased where a key stood for one of them and has been destroyed.
    """
    if not fresh:
        return {}
    keys = subjects.open_keys(work, list(fresh))
    seal, index_of_mobile = work.keyring.seal, partial(work.keyring.blind_index, "mobile")
    ids = next_ids(work.session, Person, len(fresh))
    rows = [
        (
            person_id,
            index,
            seal(keys[index], NAME_CONTEXT, each.name),
            name_index_of(work.keyring, each.name),
            seal(keys[index], NUMBER_CONTEXT, each.number),
            seal(keys[index], MOBILE_CONTEXT, each.mobile) if each.mobile else None,
            index_of_mobile(each.mobile) if each.mobile else None,
            each.region_code,
        )
        for person_id, (index, each) in zip(ids, fresh.items(), strict=True)
    ]
    write_many(work.session, Person, COLUMNS, rows, {"opened_at": work.at})
    audit.record_first(work, [audit.Entry("person", i, "open") for i in ids])
    return dict(zip(fresh, ids, strict=True))


@dataclass(frozen=True, slots=True)
class Registered:
    """What a roster has to know of a person: the id, the present name's blind index, and whether erased.

    Where a key was destroyed that no person stands behind there is neither id nor name.
    """

    person_id: int | None
    name_index: str | None
    erased: bool


def find_registered(session: Session, indexes: Sequence[str]) -> dict[str, Registered]:
    """Return the known people among these blind indexes, without opening anything."""
    key = subjects.SubjectKey
    rows = session.execute(
        select(key.blind_index, Person.id, Person.name_index, key.destroyed_at)
        .outerjoin(
            FormerNumber,
            (FormerNumber.blind_index == key.blind_index) & FormerNumber.ended_at.is_(None),
        )
        .outerjoin(Person, Person.blind_index == func.coalesce(FormerNumber.present_index, key.blind_index))
        .where(among(session, key.blind_index, indexes))
    )
    return {
        index: Registered(person_id, name_index, destroyed_at is not None)
        for index, person_id, name_index, destroyed_at in rows
        if person_id is not None or destroyed_at is not None
    }


@dataclass(frozen=True, slots=True)
class Named:
    """A person as an officer may read it; callers mask before showing."""

    person_id: int
    name: str
    number: str | None
    has_mobile: bool = False


# what a person's name is opened from, the key beside it
NAMED = (
    Person.id, Person.blind_index, Person.name_sealed, Person.number_sealed,
    Person.mobile_index, subjects.SubjectKey.wrapped_key,
)  # fmt: skip


def read_people(session: Session, keyring: Keyring, person_ids: Sequence[int]) -> Mapping[int, Named]:
    """Return names and numbers by person id; people whose key is destroyed are left out."""
    read: dict[int, Named] = {}
    if not person_ids:
        return read
    rows = session.execute(
        select(*NAMED)
        .join(subjects.SubjectKey, subjects.SubjectKey.blind_index == Person.blind_index)
        .where(among(session, Person.id, person_ids))
    )
    for row in rows:
        named = open_named(keyring, row)
        if named is not None:
            read[named.person_id] = named
    return read


def open_named(keyring: Keyring, row: Sequence[Any]) -> Named | None:
    """Return the person whose columns `NAMED` were read; None where there is none or the key is destroyed."""
    person_id, index, name, number, mobile, wrapped = row
    if wrapped is None:
        return None
    key = keyring.unwrap(wrapped, index)
    return Named(
        person_id,
        keyring.unseal(key, NAME_CONTEXT, name),
        keyring.unseal(key, NUMBER_CONTEXT, number) if number is not None else None,
        mobile is not None,
    )


def find_subject_indexes(session: Session, person_ids: Sequence[int]) -> dict[int, str]:
    """Return the blind index of each person's present identity number."""
    rows = session.execute(select(Person.id, Person.blind_index).where(among(session, Person.id, person_ids)))
    return dict(rows.all())


def accepted_indexes(session: Session, person_ids: Sequence[int]) -> dict[int, frozenset[str]]:
    """Return, per person, the blind indexes of the present number and of every one had before."""
    present = select(Person.id, Person.blind_index).where(among(session, Person.id, person_ids))
    former = (
        select(Person.id, FormerNumber.blind_index)
        .join(FormerNumber, FormerNumber.present_index == Person.blind_index)
        .where(among(session, Person.id, person_ids), FormerNumber.ended_at.is_(None))
    )
    numbers: dict[int, set[str]] = {}
    for person_id, index in session.execute(union_all(present, former)):
        numbers.setdefault(person_id, set()).add(index)
    return {person_id: frozenset(indexes) for person_id, indexes in numbers.items()}


def accepted_name_indexes(session: Session, person_ids: Sequence[int]) -> dict[int, frozenset[str]]:
    """Return, per person, the blind indexes of the present name and of every approved former one."""
    names: dict[int, set[str]] = {}
    present = select(Person.id, Person.name_index).where(among(session, Person.id, person_ids))
    former = select(FormerName.person_id, FormerName.former_index).where(
        among(session, FormerName.person_id, person_ids), FormerName.approved_at.is_not(None)
    )
    for query in (present, former):
        for person_id, index in session.execute(query):
            names.setdefault(person_id, set()).add(index)
    return {person_id: frozenset(indexes) for person_id, indexes in names.items()}
