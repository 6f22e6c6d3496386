"""The dated facts known of people, as the rules of eligibility read them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from voucher.registry.people import PersonTag
from voucher.rules.eligibility import Tag

LOOKUP_CHUNK = 500
INTENT = "intent"
DECLARED = "yes"


@dataclass(slots=True)
class Facts:
    """Tags and declared intent by person id; a person nobody recorded anything of is missing."""

    tags: dict[int, list[Tag]] = field(default_factory=dict)
    intents: dict[int, bool] = field(default_factory=dict)


def read_facts(session: Session, person_ids: Iterable[int]) -> Facts:
    """Return what is recorded of these people."""
    facts = Facts()
    ordered = sorted(set(person_ids))
    for start in range(0, len(ordered), LOOKUP_CHUNK):
        rows = session.scalars(
            select(PersonTag)
            .where(PersonTag.person_id.in_(ordered[start : start + LOOKUP_CHUNK]))
            .order_by(PersonTag.id)
        )
        for row in rows:
            if row.kind == INTENT:
                facts.intents[row.person_id] = row.value == DECLARED
            else:
                facts.tags.setdefault(row.person_id, []).append(
                    Tag(row.kind, row.value, row.since, row.until, row.source)
                )
    return facts
