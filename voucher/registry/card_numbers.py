"""Certificate numbers that carry an identity number: kept by its blind index, put together from the person.

No column holds such a number whole. Equal ones are equal as kept, so look-ups, uniqueness and the register's
rows find each other; what is shown or asked of a register is opened under the holder's key, and with that key
it is gone.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from voucher.plumbing.bulk import among
from voucher.plumbing.secrets import Keyring
from voucher.registry import people, subjects
from voucher.registry.corrections import FORMER_NUMBER_CONTEXT, NumberCorrection
from voucher.rules.card_numbers import Carried, find_digest, find_identity, write_kept
from voucher.rules.corrections import FormerUse
from voucher.rules.spelling import fold_spelling

Card = tuple[int, str]


def write_number(keyring: Keyring, number: str) -> str:
    """Return a number as it is kept, however it is spelled; one that carries none, or is kept, unchanged."""
    carried = find_identity(number)
    return number if carried is None else write_kept(carried, people.index_of(keyring, carried.within))


def look_up_as(keyring: Keyring, typed: str) -> str:
    """Return a number somebody typed as it is kept, to be compared with what is; a kept one unchanged."""
    return typed if find_digest(typed) is not None else write_number(keyring, fold_spelling(typed).upper())


def open_numbers(session: Session, keyring: Keyring, cards: Iterable[Card]) -> dict[Card, str]:
    """Return whole numbers by holder and number as kept.

    One that is not the holder's, present or former, or whose holder has been erased, stays as it is kept: a
    number that was put down for the holder by mistake is somebody else's.
    """
    whole: dict[Card, str] = {}
    closed: dict[Card, Carried] = {}
    for card in cards:
        whole[card] = card[1]
        found = find_digest(card[1])
        if found is not None:
            closed[card] = found
    if closed:
        numbers = _read_numbers(session, keyring, sorted({person_id for person_id, _ in closed}))
        for card, parts in closed.items():
            identity = numbers.get((card[0], parts.within))
            if identity is not None:
                whole[card] = f"{parts.head}{identity}{parts.tail}"
    return whole


def read_carried(session: Session, keyring: Keyring, person_id: int, kept: str) -> str | None:
    """Return the identity number a number as kept carries, where it is or was this person's.

    The same is read whatever the number is, so that the time tells nothing of it.
    """
    carried = find_digest(kept)
    numbers = _read_numbers(session, keyring, [person_id])
    return numbers.get((person_id, carried.within if carried is not None else ""))


def _read_numbers(session: Session, keyring: Keyring, person_ids: list[int]) -> dict[tuple[int, str], str]:
    """Return the numbers people have and had, by person and blind index."""
    named = people.read_people(session, keyring, person_ids)
    numbers = {
        (each.person_id, people.index_of(keyring, each.number)): each.number
        for each in named.values()
        if each.number is not None
    }
    # approved ones only, and not one that never was theirs; sealed under the key of the present one
    former = session.execute(
        select(
            NumberCorrection.person_id,
            NumberCorrection.former_index,
            NumberCorrection.former_sealed,
            people.Person.blind_index,
        )
        .join(people.Person, people.Person.id == NumberCorrection.person_id)
        .where(
            among(session, NumberCorrection.person_id, person_ids),
            NumberCorrection.approved.in_((True,)),
            NumberCorrection.kind == FormerUse.CHANGED,
        )
    ).all()
    keys = subjects.find_keys(session, keyring, [present for *_, present in former])
    for person_id, index, sealed, present in former:
        key = keys.get(present)
        if key is not None:
            numbers[person_id, index] = keyring.unseal(key, FORMER_NUMBER_CONTEXT, sealed)
    return numbers
