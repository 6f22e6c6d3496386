"""Who is at the door: the cookie or the bearer token, the account behind it, and the actor it acts as."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from flask import Flask, Request, Response
from flask_login import LoginManager, UserMixin, current_user
from sqlalchemy.orm import Session

from voucher.doors.auth.asked import notes
from voucher.doors.auth.bearers import find_admitted, has_bearer
from voucher.doors.auth.door import ANYBODY, Door, the_door
from voucher.plumbing.unit_of_work import Work
from voucher.registry.access import sessions
from voucher.registry.access.own_accounts import PASSWORD
from voucher.registry.access.passwords import read_idle_minutes, read_worker_idle_minutes
from voucher.registry.access.workers import signs_in_with_password
from voucher.registry.systems.tokens import actor_of_bearer
from voucher.registry.users import actor_of
from voucher.rules.actor import ROLE_NAMES, Actor

Result = TypeVar("Result")


class Visitor(UserMixin):
    """Somebody with a living session: half-way (password only) or signed in with what the roles ask for."""

    def __init__(
        self,
        *,
        actor: Actor,
        display_name: str,
        token_hash: str,
        second_factor: bool,
        must_change_password: bool = False,
        has_password: bool = False,
        has_second_factor: bool = False,
        signing_proven_at: datetime | None = None,
    ) -> None:
        self.actor = actor
        self.display_name = display_name
        self.token_hash = token_hash
        self.must_change_password = must_change_password
        self.has_password = has_password
        self.has_second_factor = has_second_factor
        self.signing_proven_at = signing_proven_at
        # asked of the roles of this moment: who is given another one has the second factor to prove
        self.is_only_worker = signs_in_with_password(actor, has_second_factor=self.has_second_factor)
        self.is_half_way = not second_factor and not self.is_only_worker

    def get_id(self) -> str:
        """Return the login, the name Flask-Login knows a visitor by."""
        return self.actor.login

    @property
    def role_names(self) -> list[str]:
        """Return the Chinese names of the roles, each once."""
        return list(dict.fromkeys(ROLE_NAMES[grant.role] for grant in self.actor.grants))


def cookie_name(door: Door) -> str:
    """Return the cookie's name; with HTTPS the prefix makes browsers insist on this host and on TLS."""
    return "__Host-voucher" if door.config.secret_cookies else "voucher"


def put_cookie(response: Response, token: str, lifetime_minutes: int) -> Response:
    """Hand the session's secret to the browser."""
    door = the_door()
    response.set_cookie(
        cookie_name(door),
        token,
        max_age=lifetime_minutes * 60,
        path="/",
        secure=door.config.secret_cookies,
        httponly=True,
        samesite="Lax",
    )
    return response


def drop_cookie(response: Response) -> Response:
    """Ask the browser to forget the session's secret."""
    door = the_door()
    response.delete_cookie(
        cookie_name(door), path="/", secure=door.config.secret_cookies, httponly=True, samesite="Lax"
    )
    return response


def has_cookie(request: Request) -> bool:
    """Return whether a session cookie came along that is read, good or not; beside a bearer none is."""
    return not has_bearer() and cookie_name(the_door()) in request.cookies


def _recognise(request: Request) -> Visitor | None:
    """Return the visitor of a request's cookie or bearer; a disabled account has none."""
    if has_bearer():
        return _recognise_system()
    door = the_door()
    token = request.cookies.get(cookie_name(door))
    if not token:
        return None
    with door.glance() as session:
        arrived = sessions.find_arrival(session, token, door.at, door.today)
        if arrived is None:
            return None
        found, account = arrived.session, arrived.account
        actor = actor_of(session, account, arrived.grants)
        visitor = Visitor(
            actor=actor,
            display_name=account.display_name,
            token_hash=found.token_hash,
            second_factor=found.second_factor_at is not None,
            # whoever came in without it need not know the password somebody else chose
            must_change_password=account.must_change_password and arrived.way in (None, PASSWORD),
            has_password=account.password_hash is not None,
            has_second_factor=account.totp_confirmed_at is not None,
            signing_proven_at=found.signing_proven_at,
        )
        if sessions.is_idle(found, door.at, idle_minutes=read_idle_of(session, visitor)):
            return None
    if sessions.is_stale(found, door.at):
        door.perform_as(actor, lambda work: sessions.touch_session(work, found.token_hash))
    return visitor


def _recognise_system() -> Visitor | None:
    """Return the system that was let in by its token: signed in, with the one role this request needs."""
    admitted = find_admitted()
    if admitted is None:
        return None
    bearer, scope = admitted
    actor = actor_of_bearer(bearer, scope)
    return Visitor(
        actor=actor,
        display_name=bearer.display_name,
        token_hash="",
        second_factor=True,
    )


def read_idle_of(session: Session, visitor: Visitor) -> int:
    """Return for how many minutes the session of a visitor may rest. Raises Refused parameter_missing."""
    read = read_worker_idle_minutes if visitor.is_only_worker else read_idle_minutes
    return read(session, the_door().today)


def current_visitor() -> Visitor | None:
    """Return whoever is at the door, or None for anybody."""
    # where somebody was asked for already, Flask-Login has written down who it is
    found = notes().get("_login_user")
    if found is None:
        # the visitor and not the proxy, which would look for the request again at every attribute of it
        found = current_user._get_current_object()  # noqa: SLF001 — Werkzeug documents it under this name
    return found if isinstance(found, Visitor) else None


def current_actor() -> Actor:
    """Return the actor of this request: the one whose sign-in is complete, or `anybody`."""
    visitor = current_visitor()
    return visitor.actor if visitor is not None and not visitor.is_half_way else ANYBODY


def perform(act: Callable[[Work], Result], *, keep: bool = True) -> Result:
    """Run one act in one transaction as whoever is at the door; with keep=False nothing of it stays.

    Raises whatever the act raises.
    """
    return the_door().perform_as(current_actor(), act, keep=keep)


class _Recognising(LoginManager):
    """Visitors are known by rows of our own: no cookie of forms is held to whose browser it came from."""

    def _session_protection_failed(self) -> bool:
        return False

    def _load_user(self) -> None:
        if has_bearer():
            # beside a bearer no cookie is read, so none is looked for
            self._update_request_context_with_user(_recognise_system())
        else:
            super()._load_user()

    def _update_remember_cookie(self, response: Response) -> Response:
        return response if has_bearer() else super()._update_remember_cookie(response)


def install(app: Flask) -> None:
    """Let Flask-Login recognise visitors by our own session rows, and by nothing else."""
    manager = _Recognising(app)
    manager.session_protection = None
    manager.request_loader(_recognise)
