"""Sessions at the doors: a random secret outside, its hash inside, with an idle and an absolute end."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import and_, select, update
from sqlalchemy.orm import Session

from voucher.ledger import audit
from voucher.plumbing.unit_of_work import Work
from voucher.registry.users import RoleGrant, SessionOrigin, UserAccount, WebSession, in_force

TOKEN_BYTES = 32
SEEN_EVERY = timedelta(minutes=1)  # one write a minute and session is precise enough for an idle end
SHORT_HASH = 16


@dataclass(frozen=True, slots=True)
class Origin:
    """How a session begins: by which way, on what device, from which masked address."""

    way: str
    device: str
    address: str


@dataclass(frozen=True, slots=True)
class Sitting:
    """A living session as its owner is shown it; `short` names it in a form."""

    short: str
    token_hash: str
    way: str | None
    device: str | None
    address: str | None
    created_at: datetime
    seen_at: datetime
    expires_at: datetime


def hash_token(token: str) -> str:
    """Return what is stored of a session's secret."""
    return hashlib.sha256(token.encode()).hexdigest()


def start_session(
    work: Work,
    user_id: int,
    *,
    lifetime_minutes: int,
    second_factor: bool,
    password_alone: bool = False,
    origin: Origin | None = None,
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
    if origin is not None:
        work.session.add(
            SessionOrigin(
                token_hash=hash_token(token), way=origin.way, device=origin.device, address=origin.address
            )
        )
        work.session.flush()
    if second_factor or password_alone:
        way = {} if origin is None else {"way": origin.way}
        audit.record_one(work, "user_account", user_id, "sign_in", **way)
    return token


@dataclass(frozen=True, slots=True)
class Arrival:
    """A living session, the account behind it, the roles it has today, and by which way it began."""

    session: WebSession
    account: UserAccount
    grants: Sequence[RoleGrant]
    way: str | None


def find_arrival(session: Session, token: str, at: datetime, on: date) -> Arrival | None:
    """Return whose secret it is, in one statement: asked at every request.

    None for a session that has ended or expired, and for a disabled account; see `is_idle` for the rest.
    """
    rows = session.execute(
        select(WebSession, UserAccount, RoleGrant, SessionOrigin.way)
        .join(UserAccount, UserAccount.id == WebSession.user_id)
        .outerjoin(RoleGrant, and_(RoleGrant.user_id == UserAccount.id, in_force(on)))
        .outerjoin(SessionOrigin, SessionOrigin.token_hash == WebSession.token_hash)
        .where(
            WebSession.token_hash == hash_token(token),
            WebSession.ended_at.is_(None),
            WebSession.expires_at > at,
            UserAccount.disabled_at.is_(None),
        )
        .order_by(RoleGrant.id)
    ).all()
    if not rows:
        return None
    found, account, _, way = rows[0]
    return Arrival(found, account, [grant for _, _, grant, _ in rows if grant is not None], way)


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


def list_sittings(
    session: Session, user_id: int, at: datetime, *, idle_minutes: int, password_alone: bool = False
) -> list[Sitting]:
    """Return the living sessions of an account with how each began, newest first."""
    living = list_sessions(session, user_id, at, idle_minutes=idle_minutes, password_alone=password_alone)
    hashes = [each.token_hash for each in living]
    origins = {
        each.token_hash: each
        for each in session.scalars(select(SessionOrigin).where(SessionOrigin.token_hash.in_(hashes)))
    }
    return [_sitting(each, origins.get(each.token_hash)) for each in living]


def _sitting(living: WebSession, origin: SessionOrigin | None) -> Sitting:
    return Sitting(
        living.token_hash[:SHORT_HASH],
        living.token_hash,
        origin.way if origin else None,
        origin.device if origin else None,
        origin.address if origin else None,
        living.created_at,
        living.seen_at,
        living.expires_at,
    )


def read_way(session: Session, token_hash: str) -> str | None:
    """Return by which way a session began; None where nobody wrote it down."""
    return session.scalar(select(SessionOrigin.way).where(SessionOrigin.token_hash == token_hash))


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


def prove_signing(work: Work, user_id: int, token_hash: str) -> None:
    """Write down that the holder of a session has proven the second factor once more, in order to sign."""
    work.session.execute(
        update(WebSession)
        .where(WebSession.token_hash == token_hash, WebSession.ended_at.is_(None))
        .values(signing_proven_at=work.at)
    )
    audit.record_one(work, "user_account", user_id, "prove_signing")


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


def end_one_of(work: Work, user_id: int, short: str) -> bool:
    """End the session of an account that a form names, and return whether it was still open."""
    found = work.session.scalars(
        select(WebSession.token_hash).where(WebSession.user_id == user_id, WebSession.ended_at.is_(None))
    ).all()
    named = [each for each in found if each[:SHORT_HASH] == short]
    for token_hash in named:
        end_session(work, token_hash)
    return bool(named)


def end_sessions_of(work: Work, user_id: int, *, keep: str | None = None) -> int:
    """End every session of an account but one, and return how many; after a change of password."""
    open_ones = work.session.scalars(
        select(WebSession.token_hash).where(WebSession.user_id == user_id, WebSession.ended_at.is_(None))
    ).all()
    ending = [each for each in open_ones if each != keep]
    for token_hash in ending:
        end_session(work, token_hash)
    return len(ending)
