"""What is to be told elsewhere: written with the act that causes it, carried after the commit, at least once.

A letter is a row of its act's transaction: no act, no letter. The worker leases due letters, lets go of the
database, carries each outside any transaction and writes down what came of it. Whoever dies between the two
leaves a letter that is carried again, so a carrier hands its number along and the other side takes it once.
Of the letters that share a lane one is under way at a time: who takes long delays nobody else's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import CheckConstraint, ColumnElement, Index, exists, func, select, text, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, aliased, mapped_column

from voucher.plumbing.constraints import CHANGED_MEANWHILE, translate
from voucher.plumbing.db import Database, Model
from voucher.plumbing.logs import describe_error
from voucher.plumbing.secrets import Keyring
from voucher.plumbing.types import Bytes, Int64, Json, Text, UtcTime
from voucher.plumbing.unit_of_work import Work, perform
from voucher.rules.actor import Actor
from voucher.rules.errors import Family, Refusal, Refused, reason

SOURCE = "【设】随事项一并提交、提交后送出的消息"
OPEN = "sent_at IS NULL AND given_up_at IS NULL"
LANED = f"lane IS NOT NULL AND {OPEN}"

LETTER_LATE = reason(
    "letter_late",
    "消息没能在有效时间内送出，已停止发送",
    "请检查消息通道是否正常；需要的请重新发起",
    SOURCE,
    Family.UNAVAILABLE,
)
LETTER_FAILED = reason(
    "letter_failed",
    "消息因程序错误没能送出",
    "请联系系统管理员并告知消息编号",
    SOURCE,
    Family.UNAVAILABLE,
)

log = structlog.stdlib.get_logger(__name__)


class Letter(Model):
    """One thing to tell elsewhere, how often that was tried and what came of it.

    `leased_until` is set while somebody carries it, and at most one letter of a `lane` has it.
    `payload` holds words and ids, never personal data: what is personal stands in `sealed`, closed under
    the key of its subject by whoever posts, and is wiped once the letter is sent or given up.
    """

    __tablename__ = "outbox"
    __table_args__ = (
        CheckConstraint("sent_at IS NULL OR given_up_at IS NULL", name="one_end"),
        CheckConstraint("given_up_at IS NULL OR error_code IS NOT NULL", name="given_up_with_code"),
        CheckConstraint(
            "sealed IS NULL OR (sent_at IS NULL AND given_up_at IS NULL)", name="wiped_when_over"
        ),
        CheckConstraint("attempts >= 0", name="attempts"),
        Index("ix_outbox_due", "due_at", "id", sqlite_where=text(OPEN), postgresql_where=text(OPEN)),
        Index(
            "ix_outbox_lane", "lane", "leased_until", sqlite_where=text(LANED), postgresql_where=text(LANED)
        ),
        Index("ix_outbox_late", "good_until", sqlite_where=text(OPEN), postgresql_where=text(OPEN)),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    topic: Mapped[str] = mapped_column(Text, nullable=False)
    key: Mapped[str] = mapped_column(Text, nullable=False, unique=True)
    payload: Mapped[Any] = mapped_column(Json, nullable=False)
    sealed: Mapped[bytes | None] = mapped_column(Bytes)
    posted_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    due_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    good_until: Mapped[datetime | None] = mapped_column(UtcTime)
    attempts: Mapped[int] = mapped_column(Int64, nullable=False, default=0)
    sent_at: Mapped[datetime | None] = mapped_column(UtcTime)
    given_up_at: Mapped[datetime | None] = mapped_column(UtcTime)
    error_code: Mapped[str | None] = mapped_column(Text)
    lane: Mapped[str | None] = mapped_column(Text)
    leased_until: Mapped[datetime | None] = mapped_column(UtcTime)


_IS_OPEN = (Letter.sent_at.is_(None), Letter.given_up_at.is_(None))
translate("uq_outbox_key", "outbox.key", CHANGED_MEANWHILE)


@dataclass(frozen=True, slots=True)
class Draft:
    """A letter to be posted; the same key is posted once, whoever tries and however often.

    Letters of one `lane` are carried one at a time.
    """

    topic: str
    key: str
    payload: Mapping[str, object]
    sealed: bytes | None = None
    good_until: datetime | None = None
    lane: str | None = None


@dataclass(frozen=True, slots=True)
class Taken:
    """A letter on its way: what its carrier is given."""

    id: int
    topic: str
    key: str
    payload: Any
    sealed: bytes | None
    attempt: int


# Carries one letter, outside any transaction. Raises Refused: another family than invalid, forbidden and
# missing is tried again.
Carrier = Callable[[Taken], None]
_HOPELESS = frozenset({Family.INVALID, Family.FORBIDDEN, Family.MISSING})


@dataclass(frozen=True, slots=True)
class Persistence:
    """How many letters are taken at once, for how long, and after which rests a failed one is tried again."""

    at_once: int = 20
    lease: timedelta = timedelta(minutes=5)
    rests: tuple[timedelta, ...] = (
        timedelta(seconds=5),
        timedelta(seconds=30),
        timedelta(minutes=2),
        timedelta(minutes=10),
        timedelta(hours=1),
        timedelta(hours=6),
    )


# Bookkeeping on letters is nobody's act.
_POSTMAN = Actor(user_id=0, login="outbox", person_id=0, grants=())


def post(work: Work, draft: Draft) -> int | None:
    """Post a letter with the running act and return its id; None where its key has been posted before."""
    return next(iter(post_all(work, [draft])), None)


def post_all(work: Work, drafts: Sequence[Draft]) -> list[int]:
    """Post letters with the running act and return the ids of those that are new."""
    if not drafts:
        return []
    build = sqlite.insert if work.session.get_bind().dialect.name == "sqlite" else postgresql.insert
    rows = [
        {
            "topic": each.topic,
            "key": each.key,
            "payload": dict(each.payload),
            "sealed": each.sealed,
            "posted_at": work.at,
            "due_at": work.at,
            "good_until": each.good_until,
            "attempts": 0,
            "lane": each.lane,
        }
        for each in drafts
    ]
    return list(work.session.scalars(build(Letter).on_conflict_do_nothing().returning(Letter.id), rows))


def deliver_due(
    database: Database,
    keyring: Keyring,
    now: Callable[[], datetime],
    carriers: Mapping[str, Carrier],
    persistence: Persistence | None = None,
) -> int:
    """Carry whatever is due and return how many letters were sent.

    Harmless from several machines at once: a letter is leased before it is carried. Topics without a
    carrier wait here until there is one or they are worth nothing any more.
    """
    how, sent = persistence or Persistence(), 0
    # asked every second: only looking takes no write lock from anybody
    while _is_any_due(database, now(), sorted(carriers)):
        taken = perform(database, keyring, _POSTMAN, now(), lambda work: _take(work, sorted(carriers), how))
        for letter in taken:
            refusal = _carry(carriers[letter.topic], letter)
            _note(database, keyring, now(), letter, refusal, how)
            sent += refusal is None
        if not taken:
            break
    return sent


def _is_any_due(database: Database, at: datetime, topics: Sequence[str]) -> bool:
    """Return whether a letter can be carried or has become worthless; each is found by an index of its own.

    What nobody carries waits without being looked through every second.
    """
    waiting = select(Letter.id).where(*_IS_OPEN).limit(1)
    due = waiting.where(Letter.due_at <= at, Letter.topic.in_(topics), _is_lane_free(at))
    with database.read() as session:
        if topics and session.scalar(due) is not None:
            return True
        return session.scalar(waiting.where(Letter.good_until <= at)) is not None


def _is_lane_free(at: datetime) -> ColumnElement[bool]:
    """Return the condition that no other letter of the same lane is under way."""
    other = aliased(Letter)
    under_way = exists().where(
        other.lane == Letter.lane,
        other.leased_until > at,
        other.sent_at.is_(None),
        other.given_up_at.is_(None),
    )
    return Letter.lane.is_(None) | ~under_way


def _is_first_of_lane(at: datetime, topics: Sequence[str]) -> ColumnElement[bool]:
    """Return the condition that of the due letters of a lane one is the first."""
    place = func.row_number().over(partition_by=Letter.lane, order_by=(Letter.due_at, Letter.id))
    due = (
        select(Letter.id, place.label("place"))
        .where(*_IS_OPEN, Letter.due_at <= at, Letter.topic.in_(topics), Letter.lane.is_not(None))
        .subquery()
    )
    return Letter.lane.is_(None) | Letter.id.in_(select(due.c.id).where(due.c.place == 1))


def _take(work: Work, topics: Sequence[str], how: Persistence) -> list[Taken]:
    """Lease the letters that are due, and give up those that have become worthless."""
    work.session.execute(
        update(Letter)
        .where(*_IS_OPEN, Letter.good_until <= work.at)
        .values(given_up_at=work.at, sealed=None, error_code=LETTER_LATE.code)
    )
    due = (
        select(Letter.id)
        .where(*_IS_OPEN, Letter.due_at <= work.at, Letter.topic.in_(topics))
        .where(_is_lane_free(work.at), _is_first_of_lane(work.at, topics))
        .order_by(Letter.due_at, Letter.id)
        .limit(how.at_once)
        .with_for_update(skip_locked=True)
    )
    rows = work.session.execute(
        update(Letter)
        .where(Letter.id.in_(list(work.session.scalars(due))))
        .values(attempts=Letter.attempts + 1, due_at=work.at + how.lease, leased_until=work.at + how.lease)
        .returning(Letter.id, Letter.topic, Letter.key, Letter.payload, Letter.sealed, Letter.attempts)
    )
    return sorted((Taken(*row) for row in rows), key=lambda each: each.id)


def _carry(carrier: Carrier, letter: Taken) -> Refusal | None:
    try:
        carrier(letter)
    except Refused as refused:
        return refused.refusal
    except Exception as error:  # noqa: BLE001 — one letter must not keep the others from being carried
        log.error("letter not carried", letter=letter.id, error=describe_error(error))
        return LETTER_FAILED.refusal()
    return None


def _note(
    database: Database,
    keyring: Keyring,
    at: datetime,
    letter: Taken,
    refusal: Refusal | None,
    how: Persistence,
) -> None:
    """Write what came of one attempt: sent, to be tried again, or given up."""
    values: dict[str, Any]
    if refusal is None:
        values = {"sent_at": at, "sealed": None, "error_code": None}
    elif refusal.family in _HOPELESS or letter.attempt > len(how.rests):
        values = {"given_up_at": at, "sealed": None, "error_code": refusal.code}
    else:
        values = {"due_at": at + how.rests[letter.attempt - 1], "error_code": refusal.code}
    values["leased_until"] = None
    mine = update(Letter).where(
        Letter.id == letter.id, Letter.sent_at.is_(None), Letter.given_up_at.is_(None)
    )
    perform(database, keyring, _POSTMAN, at, lambda work: work.session.execute(mine.values(**values)))
