"""The dated dictionaries: codes for what the documents enumerate, each with its days in force and source."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import CheckConstraint, UniqueConstraint, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from voucher.plumbing.constraints import CHANGED_MEANWHILE, translate
from voucher.plumbing.db import Model
from voucher.plumbing.types import Day, Int64, Text
from voucher.rules.dictionaries import DICTIONARY_NAMES as DICTIONARY_NAMES
from voucher.rules.dictionaries import WORD_ENDED, WORD_UNKNOWN, Dictionary


class DictionaryEntry(Model):
    """One word of one dictionary, in force between two days, both inclusive."""

    __tablename__ = "dictionary_entry"
    __table_args__ = (
        UniqueConstraint("dictionary", "code", "since"),
        CheckConstraint("until IS NULL OR until >= since", name="dates"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    dictionary: Mapped[str] = mapped_column(Text, nullable=False)
    code: Mapped[str] = mapped_column(Text, nullable=False)
    name: Mapped[str] = mapped_column(Text, nullable=False)
    document: Mapped[str | None] = mapped_column(Text)
    since: Mapped[date] = mapped_column(Day, nullable=False)
    until: Mapped[date | None] = mapped_column(Day)
    source: Mapped[str] = mapped_column(Text, nullable=False)


translate(
    "uq_dictionary_entry_dictionary_code_since",
    "dictionary_entry.dictionary, dictionary_entry.code, dictionary_entry.since",
    CHANGED_MEANWHILE,
)


def list_words(session: Session, dictionary: Dictionary, on: date) -> Sequence[DictionaryEntry]:
    """Return the words of a dictionary in force on a day, in the order they were written down."""
    return session.scalars(
        select(DictionaryEntry)
        .where(
            DictionaryEntry.dictionary == str(dictionary),
            DictionaryEntry.since <= on,
            or_(DictionaryEntry.until.is_(None), DictionaryEntry.until >= on),
        )
        .order_by(DictionaryEntry.id)
    ).all()


def name_words(session: Session, dictionary: Dictionary) -> dict[str, str]:
    """Return the newest name of every code of a dictionary, also of those no longer in force."""
    rows = session.execute(
        select(DictionaryEntry.code, DictionaryEntry.name)
        .where(DictionaryEntry.dictionary == str(dictionary))
        .order_by(DictionaryEntry.since)
    )
    return dict(rows.all())


def check_not_ended(session: Session, dictionary: Dictionary, code: str, on: date) -> None:
    """Refuse a code that had ended by a day: what happened before a document lists its word is none the less.

    Raises Refused word_ended.
    """
    rows = session.scalars(
        select(DictionaryEntry)
        .where(DictionaryEntry.dictionary == str(dictionary), DictionaryEntry.code == code)
        .order_by(DictionaryEntry.since)
    ).all()
    ends = [each.until for each in rows if each.until is not None]
    if rows and len(ends) == len(rows) and (last := max(ends)) < on:
        raise WORD_ENDED.refused(given=rows[-1].name, last=last.isoformat(), on=on.isoformat())


def check_word(session: Session, dictionary: Dictionary, code: str, on: date) -> None:
    """Refuse a code that the dictionary does not have on a day. Raises Refused word_unknown."""
    known = list_words(session, dictionary, on)
    if code not in {each.code for each in known}:
        accepted = "、".join(f"{each.name}（{each.code}）" for each in known)
        raise WORD_UNKNOWN.refused(
            dictionary=DICTIONARY_NAMES[dictionary], given=code, on=on.isoformat(), accepted=accepted
        )
