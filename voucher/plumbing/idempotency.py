"""Same key, same answer: the key, the effect and the answer share one transaction.

Kept in separate transactions, 12 of 1,280 keys were left stuck after kills.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    Executable,
    Index,
    Table,
    bindparam,
    delete,
    insert,
    select,
    tuple_,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from voucher.plumbing.constraints import translate
from voucher.plumbing.db import Model
from voucher.plumbing.trips import Answers, ask, send
from voucher.plumbing.types import Int64, Json, Text, UtcTime, canonical_json
from voucher.plumbing.unit_of_work import Work
from voucher.plumbing.wire import Row
from voucher.rules.errors import Family, KeptRefused, Refused, reason

SOURCE = "【设】重复提交只生效一次"
# asks ahead, given the key, and returns what hears of it; where the key was asked along, that returns what is
# kept under it, one row or none
Ahead = Callable[[Work, str], Callable[[], list[Row] | None] | None]

KEY_MISSING = reason(
    "idempotency_key_missing",
    "请求缺少 Idempotency-Key",
    "请为每一次办理生成一个新的 Idempotency-Key 后重新提交",
    SOURCE,
)
KEY_REUSED = reason(
    "idempotency_key_reused",
    "这个 Idempotency-Key 已用于另一项内容",
    "内容有变化时请换用新的 Idempotency-Key",
    SOURCE,
)
KEY_IN_FLIGHT = reason(
    "idempotency_key_in_flight",
    "同一请求正在办理中",
    "请稍候用同一个 Idempotency-Key 再次查询结果，不要重新填写",
    SOURCE,
    Family.CONFLICT,
)
KEY_HEADER, MAX_KEY_LENGTH = "Idempotency-Key", 200
# of two with the same key at once the later one is run again, and finds the answer of the other
translate("pk_idempotency_key", "idempotency_key.user_id, idempotency_key.key", KEY_IN_FLIGHT)


class IdempotencyKey(Model):
    """One key of one account, the fingerprint of what it asked, and the answer it got."""

    __tablename__ = "idempotency_key"
    __table_args__ = (
        CheckConstraint(f"length(key) BETWEEN 1 AND {MAX_KEY_LENGTH}", name="key_length"),
        Index("ix_idempotency_key_asked_at", "asked_at"),
        {"sqlite_strict": True},
    )

    user_id: Mapped[int] = mapped_column(Int64, primary_key=True, autoincrement=False)
    key: Mapped[str] = mapped_column(Text, primary_key=True)
    fingerprint: Mapped[str] = mapped_column(Text, nullable=False)
    status: Mapped[int | None] = mapped_column(Int64)
    answer: Mapped[Any | None] = mapped_column(Json)
    asked_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)


_KEYS = cast(Table, IdempotencyKey.__table__)
# said once, not built again for each request; RETURNING, because psycopg's rowcount is -1 for new and
# duplicate alike after DO NOTHING
_CLAIMS: Mapping[str, Executable] = {
    name: build(_KEYS).on_conflict_do_nothing().returning(_KEYS.c.key)
    for name, build in (("sqlite", sqlite.insert), ("postgresql", postgresql.insert))
}
# what is kept of a key, whose it is, and which
KEPT = (IdempotencyKey.fingerprint, IdempotencyKey.status, IdempotencyKey.answer)
IS_ASKED = (IdempotencyKey.user_id == bindparam("whose")) & (IdempotencyKey.key == bindparam("which"))
_FIND = select(*KEPT).where(IS_ASKED)
_KEEP = insert(_KEYS).inline()
_ANSWER = (
    update(_KEYS)
    .where(_KEYS.c.user_id == bindparam("whose"), _KEYS.c.key == bindparam("which"))
    .values(status=bindparam("status"), answer=bindparam("answer"))
)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the caller gets back, now and every time the same key returns."""

    status: int
    body: Any


def fingerprint(*parts: object) -> str:
    """Return the hash by which a repeated request is recognised."""
    return hashlib.sha256(canonical_json(list(parts)).encode()).hexdigest()


def once(
    work: Work,
    key: str,
    asked: str,
    act: Callable[[Work], Answer],
    ahead: Ahead | None = None,
) -> Answer:
    """Run the act unless this account's key has been answered before; return the same answer either way.

    An act that asks `ahead` asks together with its key, before anybody knows whether that is new.
    Raises Refused idempotency_key_missing, idempotency_key_reused, idempotency_key_in_flight.
    """
    if not key or len(key) > MAX_KEY_LENGTH:
        raise KEY_MISSING.refused()
    # keyed, because a body may carry an identity number, and a plain hash of one is soon searched
    asked = work.keyring.blind_index("request", asked)
    if ahead is not None:
        return _once_locked(work, key, asked, act, ahead)
    connection = work.session.connection()
    claimed = ask(
        connection,
        _CLAIMS[connection.dialect.name],
        {"user_id": work.actor.user_id, "key": key, "fingerprint": asked, "asked_at": work.at},
    )
    if not claimed():
        return _repeat(_find(work, key)()[0], asked)
    try:
        answer = act(work)
    except KeptRefused:
        # what the act wrote stays, its key does not: asked again, it is judged again
        work.session.execute(delete(IdempotencyKey).where(_is_mine(work, key)))
        raise
    told = {"whose": work.actor.user_id, "which": key, "status": answer.status, "answer": answer.body}
    send(connection, _ANSWER, told)
    return Answer(answer.status, answer.body)


def _once_locked(work: Work, key: str, asked: str, act: Callable[[Work], Answer], ahead: Ahead) -> Answer:
    """Do the same for an act whose first word locks what it is about: the key is written with its answer.

    Whoever waited for that lock sees the key of whoever had it. Where another lock was waited for, the act
    is refused or violates the key, and is run again.
    """
    hear = ahead(work, key)
    known = hear() if hear is not None else None
    if known is None:
        known = _find(work, key)()
    if known:
        return _repeat(known[0], asked)
    try:
        answer = act(work)
    except KeptRefused:
        raise
    except Refused:
        known = _find(work, key)()
        if not known or known[0][0] != asked:
            # the act's own refusal says more than that the key was another's meanwhile
            raise
        work.give_up()
        return _repeat(known[0], asked)
    kept = {"user_id": work.actor.user_id, "key": key, "fingerprint": asked, "asked_at": work.at}
    told = {"status": answer.status, "answer": answer.body}
    send(work.session.connection(), _KEEP, kept | told)
    return Answer(answer.status, answer.body)


def is_answered(session: Session, user_id: int, key: str) -> bool:
    """Return whether this account's key has its answer: whatever comes with it again does nothing anew."""
    told = select(IdempotencyKey.status).where(IS_ASKED)
    return session.scalar(told, {"whose": user_id, "which": key}) is not None


def _find(work: Work, key: str) -> Answers:
    return ask(work.session.connection(), _FIND, {"whose": work.actor.user_id, "which": key})


def _repeat(row: Row, asked: str) -> Answer:
    fingerprinted, status, answer = row
    if fingerprinted != asked:
        raise KEY_REUSED.refused()
    if status is None:
        raise KEY_IN_FLIGHT.refused()
    return Answer(status, answer)


def _is_mine(work: Work, key: str) -> ColumnElement[bool]:
    return (IdempotencyKey.user_id == work.actor.user_id) & (IdempotencyKey.key == key)


def forget_answers(work: Work, before: datetime, most: int) -> int:
    """Delete the oldest answers nobody will ask for again, at most so many, and return how many.

    A key that comes back afterwards is a new one: `before` lies further back than any client tries again.
    """
    mine = (IdempotencyKey.user_id, IdempotencyKey.key)
    oldest = select(*mine).where(IdempotencyKey.asked_at < before).order_by(IdempotencyKey.asked_at)
    gone = work.session.scalars(
        delete(IdempotencyKey)
        .where(tuple_(*mine).in_(oldest.limit(most)))
        .returning(IdempotencyKey.key)
        .execution_options(synchronize_session=False)
    )
    return len(gone.all())
