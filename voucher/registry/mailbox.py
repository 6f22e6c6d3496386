"""The mailbox of the demonstration (模拟短信箱): short messages end in a table that a page shows to anybody.

It stands in for a provider and says so; an installation with real people never uses it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Index, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from voucher.plumbing.constraints import CHANGED_MEANWHILE, translate
from voucher.plumbing.db import Database, Model
from voucher.plumbing.secrets import Keyring
from voucher.plumbing.types import Bytes, Int64, Text, UtcTime
from voucher.plumbing.unit_of_work import Work, perform
from voucher.registry import subjects
from voucher.rules.actor import Actor
from voucher.rules.privacy import mask_mobile

CONTEXT = "mailbox_letter.sealed"
MOBILE = "mobile"

# the stand-in for a provider is no hand of the house
_PROVIDER = Actor(user_id=0, login="mailbox", person_id=0, grants=())


class MailboxLetter(Model):
    """One short message as the telephone would have got it, sealed under the number's own key."""

    __tablename__ = "mailbox_letter"
    __table_args__ = (
        Index("ix_mailbox_letter_mobile", "mobile_index", "id"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    reference: Mapped[str] = mapped_column(Text, nullable=False, unique=True)
    mobile_index: Mapped[str] = mapped_column(Text, nullable=False)
    sealed: Mapped[bytes] = mapped_column(Bytes, nullable=False)
    received_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)


translate("uq_mailbox_letter_reference", "mailbox_letter.reference", CHANGED_MEANWHILE)


@dataclass(frozen=True, slots=True)
class Message:
    """A message of the mailbox as its page shows it."""

    masked_number: str
    words: str
    received_at: datetime


class Mailbox:
    """The embedded implementation of the port: keeps messages instead of sending them."""

    def __init__(self, database: Database, keyring: Keyring, now: Callable[[], datetime]) -> None:
        self._database = database
        self._keyring = keyring
        self._now = now

    def send(self, number: str, words: str, reference: str) -> None:
        """Keep one message; the same reference again is the same message. Raises Refused subject_erased."""

        def act(work: Work) -> None:
            index = work.keyring.blind_index(MOBILE, number)
            key = subjects.open_keys(work, [index])[index]
            told = json.dumps([number, words], ensure_ascii=False)
            build = sqlite.insert if self._database.is_sqlite else postgresql.insert
            work.session.execute(
                build(MailboxLetter)
                .values(
                    reference=reference,
                    mobile_index=index,
                    sealed=work.keyring.seal(key, CONTEXT, told),
                    received_at=work.at,
                )
                .on_conflict_do_nothing()
            )

        perform(self._database, self._keyring, _PROVIDER, self._now(), act)


def list_messages(
    session: Session, keyring: Keyring, *, number: str | None = None, limit: int = 50
) -> list[Message]:
    """Return the newest messages, of one canonical number where it is given; erased numbers are left out."""
    query = select(MailboxLetter).order_by(MailboxLetter.id.desc()).limit(limit)
    if number is not None:
        query = query.where(MailboxLetter.mobile_index == keyring.blind_index(MOBILE, number))
    rows = session.scalars(query).all()
    keys = subjects.find_keys(session, keyring, [each.mobile_index for each in rows])
    found = []
    for each in rows:
        key = keys.get(each.mobile_index)
        if key is not None:
            told_number, words = json.loads(keyring.unseal(key, CONTEXT, each.sealed))
            found.append(Message(mask_mobile(told_number), words, each.received_at))
    return found
