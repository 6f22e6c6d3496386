"""The identity card at the counter: its last four characters are compared blind, and never guessed.

Four characters are ten thousand possibilities, so the wrong tries of a voucher are counted by the day.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

from sqlalchemy import Select, SQLColumnExpression, bindparam, func, select

from voucher.ledger.vouchers import Voucher
from voucher.plumbing.clock import SHANGHAI
from voucher.plumbing.secrets import Keyring
from voucher.plumbing.unit_of_work import Work
from voucher.registry import tables
from voucher.registry.people import NUMBER_CONTEXT, Named, Person
from voucher.registry.subjects import SubjectKey
from voucher.rules.classes import IDENTITY_DIFFERS, check_card_tries, check_last_four
from voucher.stages.train.models.places import Scan

TRIES_MOST = "card_tries_most"
# what the number on a holder's card is opened from, the key beside it; their name is of no use to a scanner
CARDED = (Person.blind_index, Person.number_sealed, Person.mobile_index, SubjectKey.wrapped_key)


@dataclass(frozen=True, slots=True)
class Card:
    """The number on a holder's identity card, and whether a telephone is on record."""

    number: str | None
    has_mobile: bool


def open_card(keyring: Keyring, row: Sequence[Any]) -> Card | None:
    """Return the card of whom the columns `CARDED` were read; None where the key is destroyed."""
    index, number, mobile, wrapped = row
    if wrapped is None:
        return None
    key = keyring.unwrap(wrapped, index)
    opened = keyring.unseal(key, NUMBER_CONTEXT, number) if number is not None else None
    return Card(opened, mobile is not None)


def select_wrong_tries(voucher_id: SQLColumnExpression[int]) -> Select[int]:
    """Return the query for how many scans of a voucher were refused for the card since `midnight`."""
    return (
        select(func.count())
        .select_from(Scan)
        .where(
            Scan.voucher_id == voucher_id,
            Scan.code == IDENTITY_DIFFERS.code,
            Scan.scanned_at >= bindparam("midnight"),
        )
    )


WRONG_TRIES = select_wrong_tries(bindparam("voucher_id"))


def check_card(work: Work, voucher: Voucher, holder: Named | None, last4: str) -> None:
    """Hold the characters typed against the card of a locked voucher's holder, as they were read.

    Once too many were wrong today the right ones are refused as well. Raises Refused card_tries_used_up,
    identity_differs, parameter_missing.
    """
    most = tables.read_number_at(work.session, TRIES_MOST, work.today, voucher.region_code)
    asked = {"voucher_id": voucher.id, "midnight": midnight_of(work)}
    judge_card(work.session.scalar(WRONG_TRIES, asked) or 0, most, holder, last4)


def judge_card(wrong: int, most: int | None, holder: Named | Card | None, last4: str) -> None:
    """Hold the characters against the card, given how many tries were wrong today and how many may be.

    Raises Refused card_tries_used_up, identity_differs.
    """
    check_card_tries(wrong, most)
    check_last_four(holder.number if holder else None, last4)


def midnight_of(work: Work) -> datetime:
    """Return when the day of an act began."""
    return datetime.combine(work.today, time(), SHANGHAI)
