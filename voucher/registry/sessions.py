"""Sessions at the doors: a random secret outside, its hash inside, with an idle and an absolute end."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from voucher.ledger import audit
from voucher.plumbing.unit_of_work import Work
from voucher.registry.users import WebSession

TOKEN_BYTES = 32
SEEN_EVERY = timedelta(minutes=1)  # one write a minute and session is precise enough for an idle end


def hash_token(token: str) -> str:
    """Return what is stored of a session's secret."""
    return hashlib.sha256(token.encode()).hexdigest()


def start_session(
    work: Work, user_id: int, *, lifetime_minutes: int, second_factor: bool, password_alone: bool = False
) -> str:
    """Open a session and return its secret, which is kept nowhere.

    `password_alone` says that nothing more is due: the sign-in is complete without a second factor.
    """
    token = secrets.token_urlsafe(TOKEN_BYTES)
    work.session.add(
        WebSession(
            token_hash=hash_token(token),
            user_id=user_id,
            created_at=work.at,
            seen_at=work.at,
            expires_at=work.at + timedelta(minutes=lifetime_minutes),
            second_factor_at=work.at if second_factor else None,
        )
    )
    work.session.flush()
    if second_factor or password_alone:
        audit.record_one(work, "user_account", user_id, "sign_in")
    return token


def find_session(session: Session, token: str, at: datetime) -> WebSession | None:
    """Return the session of a secret unless it has ended or expired; see `is_idle` for the rest."""
    found = session.get(WebSession, hash_token(token))
    if found is None or found.ended_at is not None:
        return None
    return found if at < found.expires_at else None


def is_idle(found: WebSession, at: datetime, *, idle_minutes: int) -> bool:
    """Return whether a session has rested for too long."""
    return at >= found.seen_at + timedelta(minutes=idle_minutes)


def list_sessions(
    session: Session, user_id: int, at: datetime, *, idle_minutes: int, password_alone: bool = False
) -> list[WebSession]:
    """Return the living sessions of an account, newest first; half-way ones are none yet."""
    living = select(WebSession).where(
        WebSession.user_id == user_id,
        WebSession.ended_at.is_(None),
        WebSession.expires_at > at,
        WebSession.seen_at > at - timedelta(minutes=idle_minutes),
    )
    if not password_alone:
        living = living.where(WebSession.second_factor_at.is_not(None))
    return list(session.scalars(living.order_by(WebSession.created_at.desc())))


def is_stale(found: WebSession, at: datetime) -> bool:
    """Return whether it is time to write down again that the session is in use."""
    return at >= found.seen_at + SEEN_EVERY


def touch_session(work: Work, token_hash: str) -> None:
    """Write down that a session is in use."""
    work.session.execute(
        update(WebSession)
        .where(WebSession.token_hash == token_hash, WebSession.ended_at.is_(None))
        .values(seen_at=work.at)
    )


def end_session(work: Work, token_hash: str) -> None:
    """End one session for good."""
    ended = work.session.scalars(
        update(WebSession)
        .where(WebSession.token_hash == token_hash, WebSession.ended_at.is_(None))
        .values(ended_at=work.at)
        .returning(WebSession.user_id)
    ).first()
    if ended is not None:
        audit.record_one(work, "user_account", ended, "sign_out")


def end_sessions_of(work: Work, user_id: int, *, keep: str | None = None) -> int:
    """End every session of an account but one, and return how many; after a change of password."""
    open_ones = work.session.scalars(
        select(WebSession.token_hash).where(WebSession.user_id == user_id, WebSession.ended_at.is_(None))
    ).all()
    ending = [each for each in open_ones if each != keep]
    for token_hash in ending:
        end_session(work, token_hash)
    return len(ending)
