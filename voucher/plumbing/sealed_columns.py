"""Columns sealed under one person's key, each declared beside itself, so that all can follow a new key.

What is sealed under another key (of an organisation, a telephone, an objection, a number the register named)
is not declared here; a house test asks of every sealed column whose it is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from voucher.plumbing.secrets import Keyring

Context = Callable[[Session, Any], str]


@dataclass(frozen=True, slots=True)
class SealedColumn:
    """A column, what its content is tied to, and which rows are a person's."""

    column: InstrumentedAttribute[Any]
    context: Context
    of_person: Callable[[int], ColumnElement[bool]]


_DECLARED: list[SealedColumn] = []


def sealed_of_person(
    column: InstrumentedAttribute[Any],
    context: str | Context,
    of_person: Callable[[int], ColumnElement[bool]],
) -> None:
    """Declare a column sealed under the key of the person whose rows `of_person` finds.

    `context` is what the content is sealed with, or how that is told from a row.
    """
    told: Context = (lambda _session, _row: context) if isinstance(context, str) else context
    _DECLARED.append(SealedColumn(column, told, of_person))


def list_declared() -> list[str]:
    """Return every declared column as "table.column"."""
    return sorted(str(each.column.expression) for each in _DECLARED)


def reseal_person(session: Session, keyring: Keyring, person_id: int, old_key: bytes, new_key: bytes) -> int:
    """Seal everything of a person anew under another key and return how many values.

    Raises Refused secret_unreadable where one was not sealed under the old key; nothing is left half done,
    since the transaction ends there.
    """
    count = 0
    for each in _DECLARED:
        for row in session.scalars(select(each.column.class_).where(each.of_person(person_id))):
            sealed = getattr(row, each.column.key)
            if sealed is not None:
                context = each.context(session, row)
                plain = keyring.unseal_bytes(old_key, context, sealed)
                setattr(row, each.column.key, keyring.seal(new_key, context, plain))
                count += 1
    session.flush()
    return count
