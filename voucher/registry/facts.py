"""The dated facts known of people, as the rules of eligibility read them, and what people vouch for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from voucher.plumbing.bulk import among
from voucher.plumbing.secrets import Keyring
from voucher.plumbing.unit_of_work import Work
from voucher.registry.importing.tags import INTENT, Intent, state_intent, state_pension, write_tags
from voucher.registry.people import PersonTag, read_people
from voucher.rules.eligibility import NO_PENSION, OFF_PUBLIC_PAYROLL, PersonFacts, Tag, TagKind
from voucher.rules.identity import read_identity

BY_HOLDER = "本人承诺"


@dataclass(slots=True)
class Facts:
    """Tags and declared intent by person id; a person nobody recorded anything of is missing."""

    tags: dict[int, list[Tag]] = field(default_factory=dict)
    intents: dict[int, bool] = field(default_factory=dict)


def read_facts(session: Session, person_ids: Iterable[int]) -> Facts:
    """Return what is recorded of these people."""
    facts = Facts()
    rows = session.execute(
        select(
            PersonTag.person_id, PersonTag.kind, PersonTag.value, PersonTag.since, PersonTag.until,
            PersonTag.source,
        )
        .where(among(session, PersonTag.person_id, frozenset(person_ids)))
        .order_by(PersonTag.id)
    )  # fmt: skip
    # most people are described in the same words: one object for all of them
    alike: dict[tuple[Any, ...], Tag] = {}
    for person_id, kind, value, since, until, source in rows:
        if kind == INTENT:
            facts.intents[person_id] = value == Intent.DECLARED
            continue
        said = (kind, value, since, until, source)
        tag = alike.get(said)
        if tag is None:
            tag = alike[said] = Tag(kind, value, since, until, source)
        facts.tags.setdefault(person_id, []).append(tag)
    return facts


def read_person_facts(
    session: Session,
    keyring: Keyring,
    person_ids: Sequence[int],
    numbers: Mapping[int, str] | None = None,
) -> dict[int, PersonFacts]:
    """Return birth, sex, tags and intent of each person, as far as they are known.

    `numbers` are canonical identity numbers a roster has just named these people by: what one says need
    not be opened for them.
    """
    known = read_facts(session, person_ids)
    numbers = numbers or {}
    named = read_people(session, keyring, [each for each in person_ids if each not in numbers])
    found = {}
    for person_id in dict.fromkeys(person_ids):
        number = numbers.get(person_id)
        if number is None and person_id in named:
            number = named[person_id].number
        identity = read_identity(number, canonical=True) if number is not None else None
        found[person_id] = PersonFacts(
            birth_on=identity.birth_on if identity else None,
            sex=identity.sex if identity else None,
            tags=tuple(known.tags.get(person_id, ())),
            intent_declared=known.intents.get(person_id),
        )
    return found


def declare_unknown(work: Work, person_id: int) -> None:
    """Record what a person vouches for: not on the public payroll, no pension, willing to be trained.

    What somebody has recorded already stays as it is; only the wish is the person's own to change.
    """
    known = read_facts(work.session, [person_id])
    # a statement that begins later stands in the way of a promise as well
    kinds = {
        tag.kind for tag in known.tags.get(person_id, []) if tag.until is None or tag.until >= work.today
    }
    declared = []
    if TagKind.CATEGORY not in kinds:
        declared.append(Tag(TagKind.CATEGORY, OFF_PUBLIC_PAYROLL, work.today, None, BY_HOLDER))
    if TagKind.PENSION not in kinds:
        declared.append(state_pension(NO_PENSION, work.today, BY_HOLDER))
    if known.intents.get(person_id) is not True:
        declared.append(state_intent(Intent.DECLARED, work.today, BY_HOLDER))
    if declared:
        write_tags(work, {person_id: declared}, frozenset())
