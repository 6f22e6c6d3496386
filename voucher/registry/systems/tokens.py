"""Systems at the door: a secret proven, its failures counted, tokens kept by hash, bearers recognised."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, delete, or_, select

from voucher.ledger import audit
from voucher.plumbing.db import Database
from voucher.plumbing.unit_of_work import Work
from voucher.registry.access import passwords
from voucher.registry.access.passwords import SignInRules
from voucher.registry.access.sessions import hash_token
from voucher.registry.institutions import Institution
from voucher.registry.listing import STOPPED
from voucher.registry.standards import get_parameter
from voucher.registry.systems.rows import (
    SCOPE_ROLES,
    InstitutionSystem,
    SystemScope,
    SystemSecret,
    SystemToken,
)
from voucher.registry.systems.systems import THING, index_secret
from voucher.registry.users import UserAccount
from voucher.rules.actor import Actor, Grant

KEPT = timedelta(days=1)  # an expired token is nobody's business a day later


@dataclass(frozen=True, slots=True)
class ProvenSystem:
    """A system whose secret was good; `may_serve` is false while its institution is stopped."""

    system_id: int
    secret_id: int
    scopes: frozenset[SystemScope]
    lifetime_minutes: int
    may_serve: bool


@dataclass(frozen=True, slots=True)
class Bearer:
    """Whose token it is, when it ends and whether it still counts; its hash, and its scopes as written."""

    token_hash: str
    written_scopes: str
    user_id: int
    login: str
    person_id: int
    display_name: str
    institution_id: int
    scopes: frozenset[SystemScope]
    expires_at: datetime
    is_stopped: bool


def prove_secret(work: Work, client_id: str, secret: str, rules: SignInRules) -> ProvenSystem | None:
    """Return the system whose secret this is, or None; failures are counted and close it for a while.

    Unknown, wrong, revoked and closed are one answer. Raises Refused parameter_missing.
    """
    found = work.session.scalars(
        select(InstitutionSystem).where(InstitutionSystem.client_id == client_id)
    ).first()
    if found is None or found.revoked_at is not None:
        return None
    account = passwords.lock_account(work, found.user_id)
    if account.disabled_at is not None or passwords.is_locked(work, account):
        return None
    given = index_secret(work.keyring, client_id, secret)
    # looked up by a keyed hash: how long that takes says nothing about the secret
    proven = work.session.scalars(
        select(SystemSecret).where(
            SystemSecret.system_id == found.id,
            SystemSecret.secret_index == given,
            SystemSecret.ended_at.is_(None),
            or_(SystemSecret.expires_at.is_(None), SystemSecret.expires_at > work.at),
        )
    ).first()
    if proven is None:
        passwords.count_failure(work, account, rules)
        return None
    passwords.clear_failures(work, account)
    state = work.session.scalar(select(Institution.state).where(Institution.id == found.institution_id))
    minutes = int(get_parameter(work.session, "system_token_minutes", work.today, []).value)
    return ProvenSystem(found.id, proven.id, _read_scopes(found.scopes), minutes, state not in STOPPED)


def issue_token(work: Work, proven: ProvenSystem, token: str, scopes: str) -> None:
    """Keep the hash of a token that is handed out; what expired a day ago goes."""
    work.session.execute(
        delete(SystemToken).where(
            SystemToken.system_id == proven.system_id, SystemToken.expires_at < work.at - KEPT
        )
    )
    work.session.add(
        SystemToken(
            token_hash=hash_token(token),
            system_id=proven.system_id,
            secret_id=proven.secret_id,
            scopes=scopes,
            issued_at=work.at,
            expires_at=work.at + timedelta(minutes=proven.lifetime_minutes),
        )
    )
    work.session.flush()
    audit.record_one(work, THING, proven.system_id, "sign_in", scopes=scopes)


def _behind_a_token(*columns: Any) -> Select[Any]:
    """Return the query for what stands behind the token with the hash `token`."""
    return (
        select(*columns)
        .join(InstitutionSystem, InstitutionSystem.id == SystemToken.system_id)
        .join(SystemSecret, SystemSecret.id == SystemToken.secret_id)
        .join(UserAccount, UserAccount.id == InstitutionSystem.user_id)
        .join(Institution, Institution.id == InstitutionSystem.institution_id)
        .where(SystemToken.token_hash == bindparam("token"))
    )


# asked at every request of a system: said once, and nothing is loaded but what is looked at
_BY_TOKEN = _behind_a_token(
    SystemToken.scopes,
    SystemToken.expires_at,
    InstitutionSystem.institution_id,
    InstitutionSystem.revoked_at,
    UserAccount.id,
    UserAccount.login,
    UserAccount.person_id,
    UserAccount.display_name,
    UserAccount.disabled_at,
    SystemSecret.ended_at,
    Institution.state,
)
# the same asked within another statement, of a bearer who was recognised before: everything found then is so
# still, and nothing has ended meanwhile. Its values are those of `values_of_standing`
STANDING: ColumnElement[bool] = (
    _behind_a_token(SystemToken.token_hash)
    .where(
        SystemToken.expires_at > bindparam("bearer_at"),
        SystemToken.scopes == bindparam("bearer_scopes"),
        InstitutionSystem.revoked_at.is_(None),
        InstitutionSystem.institution_id == bindparam("bearer_house"),
        UserAccount.id == bindparam("bearer_user"),
        UserAccount.person_id == bindparam("bearer_hand"),
        UserAccount.disabled_at.is_(None),
        SystemSecret.ended_at.is_(None),
        *(Institution.state != each for each in sorted(STOPPED)),
    )
    # the institution behind a token is not the one the statement around it may read
    .correlate(None)
    .exists()
)


def find_bearer(database: Database, token: str) -> Bearer | None:
    """Return whose token it is, in one statement."""
    token_hash = hash_token(token)
    rows = database.look(_BY_TOKEN, {"token": token_hash})
    if not rows:
        return None
    scopes, expires_at, institution_id, revoked_at, *account, disabled_at, ended_at, state = rows[0]
    user_id, login, person_id, display_name = account
    is_over = revoked_at is not None or disabled_at is not None or ended_at is not None
    return Bearer(
        token_hash=token_hash,
        written_scopes=scopes,
        user_id=user_id,
        login=login,
        person_id=person_id,
        display_name=display_name,
        institution_id=institution_id,
        scopes=_read_scopes(scopes),
        expires_at=expires_at,
        is_stopped=is_over or state in STOPPED,
    )


def values_of_standing(bearer: Bearer, at: datetime) -> dict[str, Any]:
    """Return what `STANDING` is asked with."""
    return {
        "token": bearer.token_hash,
        "bearer_at": at,
        "bearer_scopes": bearer.written_scopes,
        "bearer_house": bearer.institution_id,
        "bearer_user": bearer.user_id,
        "bearer_hand": bearer.person_id,
    }


def actor_of_bearer(bearer: Bearer, scope: SystemScope) -> Actor:
    """Return the actor of a request: its system's account, its registrar's hand, the one role it needs."""
    grant = Grant(SCOPE_ROLES[scope], institution_id=bearer.institution_id)
    return Actor(bearer.user_id, bearer.login, bearer.person_id, (grant,))


def _read_scopes(written: str) -> frozenset[SystemScope]:
    return frozenset(SystemScope(each) for each in written.split())
