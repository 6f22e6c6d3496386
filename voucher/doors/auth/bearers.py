"""Institutions' systems at the API: a bearer token instead of a cookie, judged by Authlib (RFC 6750).

Whoever was judged good is remembered, for acts that ask about the token themselves: in the statement
that is read once the lock of what they are about was given, and before anything is answered. What was ended
a moment ago counts no more there.
"""

from __future__ import annotations

from typing import Any

from authlib.integrations.flask_oauth2 import ResourceProtector
from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import JsonRequest
from authlib.oauth2.rfc6750 import BearerTokenValidator, InsufficientScopeError
from flask import Flask, Response

from voucher.doors.auth.asked import notes, the_app, the_request
from voucher.doors.auth.door import the_door
from voucher.doors.auth.matrix.systems import PROVEN_BY_ACT, SYSTEMS
from voucher.plumbing.unit_of_work import Work
from voucher.registry.access.sessions import hash_token
from voucher.registry.systems.rows import SystemScope
from voucher.registry.systems.tokens import Bearer, find_bearer, values_of_standing
from voucher.rules.errors import Family, Refused, reason

SOURCE = "RFC 6750; DESIGN §8"
REALM, API_PREFIX = "voucher", "/api/v1/"
EXTENSION, REMEMBERED_MOST = "voucher-bearers", 1024
_HAS_BEARER = "voucher.has_bearer"

BEARER_REFUSED = reason(
    "bearer_refused",
    "访问令牌无效、已过期或已停用",
    "请用系统编号和密钥重新换取令牌；仍然不行的，请本机构管理员在“系统接入”中核对",
    SOURCE,
    Family.FORBIDDEN,
)
SYSTEM_SCOPE_MISSING = reason(
    "system_scope_missing",
    "这个系统没有登记办理此事",
    "需要“{scope}”权限：换取令牌时须包含它；登记时没有选的，请本机构管理员另行登记",
    SOURCE,
    Family.FORBIDDEN,
)
SYSTEM_NOT_FOR_THIS = reason(
    "system_not_for_this",
    "此事不由机构的系统办理",
    "请由有权限的人登录办理",
    SOURCE,
    Family.FORBIDDEN,
)


class _Token:
    """A token as Authlib asks about it."""

    def __init__(self, bearer: Bearer) -> None:
        self.bearer = bearer

    def is_expired(self) -> bool:
        """Return whether its time is over."""
        return the_door().at >= self.bearer.expires_at

    def is_revoked(self) -> bool:
        """Return whether its system, its secret or its institution is stopped."""
        return self.bearer.is_stopped

    def get_scope(self) -> str:
        """Return its scopes as OAuth writes them."""
        return " ".join(sorted(self.bearer.scopes))


class _Validator(BearerTokenValidator):
    """Tokens by their hash."""

    def authenticate_token(self, token_string: str) -> _Token | None:
        """Return the token of these characters, None where nobody has it."""
        bearer = find_bearer(the_door().database, token_string)
        return _Token(bearer) if bearer is not None else None


PROTECTOR: Any = ResourceProtector()
PROTECTOR.register_token_validator(_Validator(realm=REALM))


def has_bearer() -> bool:
    """Return whether the request says who it is by a bearer token, good or not; its cookies are not read."""
    environ = the_request().environ
    found: bool | None = environ.get(_HAS_BEARER)
    if found is None:
        # asked by seven places of every request
        kind = environ.get("HTTP_AUTHORIZATION", "").split(None, 1)[:1]
        found = environ[_HAS_BEARER] = bool(kind) and kind[0].lower() == "bearer"
    return found


def find_admitted() -> tuple[Bearer, SystemScope] | None:
    """Return the bearer of this request and the scope it stands on; None where systems have no business."""
    found: tuple[Bearer, SystemScope] | None = notes().get("voucher_bearer")
    return found


def check_for_people() -> None:
    """Refuse a bearer where only people get in: a page, or an act no scope stands for.

    Raises Refused system_not_for_this.
    """
    if has_bearer() and find_admitted() is None:
        raise SYSTEM_NOT_FOR_THIS.refused()


def check_proving(endpoint: str, *, asks_ahead: bool) -> None:
    """Refuse a route of which it is said that its act asks about the token, and which asks nothing ahead.

    Raises ValueError.
    """
    if endpoint in PROVEN_BY_ACT and not asks_ahead:
        raise ValueError(f"nothing of {endpoint} asks about a remembered bearer")


def find_unproven() -> dict[str, Any] | None:
    """Return what the act is to ask of a bearer who is only remembered (`STANDING`); None of any other.

    Every attempt of the act is given it: a token that ends before the act is run again counts no more.
    """
    unproven: Bearer | None = notes().get("voucher_unproven")
    return values_of_standing(unproven, the_door().at) if unproven is not None else None


def settle_bearer(work: Work, *, is_proven: bool) -> None:
    """Hear whether the act found a remembered bearer standing; where it did not, the door judges as ever.

    It is heard in every attempt of an act. Where it is not proven, the act lets go of what it holds. Where
    the token is another actor's by now, or reaches further or less far, it is refused once: the act would go
    on as whoever was remembered. Raises Refused bearer_refused, system_scope_missing.
    """
    unproven: Bearer | None = notes().get("voucher_unproven")
    if unproven is None or is_proven:
        return
    # the door asks on a connection of its own: of requests that each held one and waited for another, all
    # would stand still once there are none left
    work.give_up()
    _remembered().pop(unproven.token_hash, None)
    judged = _judge_anew(notes().voucher_bearer[1])
    if _acts_as(judged) != _acts_as(unproven):
        raise _refused_token()


def _judge() -> None:
    asked = the_request()
    endpoint = asked.endpoint
    if not has_bearer() or endpoint is None or not asked.path.startswith(API_PREFIX):
        return
    needed = SYSTEMS.get(endpoint)
    if endpoint in PROVEN_BY_ACT and needed is not None and _remember(needed):
        return
    _judge_anew(needed)


def _remember(needed: SystemScope) -> bool:
    """Return whether the bearer is remembered as one who may do this; the act is still to ask."""
    kind, _, token = the_request().environ.get("HTTP_AUTHORIZATION", "").partition(" ")
    bearer = _remembered().get(hash_token(token)) if kind == "Bearer" else None
    if bearer is None or needed not in bearer.scopes or the_door().at >= bearer.expires_at:
        return False
    said = notes()
    said.voucher_bearer, said.voucher_unproven = (bearer, needed), bearer
    return True


def _acts_as(bearer: Bearer) -> tuple[object, ...]:
    return bearer.user_id, bearer.person_id, bearer.institution_id, bearer.scopes


def _refused_token() -> Refused:
    notes().voucher_challenge = f'Bearer realm="{REALM}", error="invalid_token"'
    return BEARER_REFUSED.refused()


def _judge_anew(needed: SystemScope | None) -> Bearer:
    # a bearer token does not sign the address, so its query need not be put together
    said = the_request()
    asked = JsonRequest(said.method, said.path, said.headers)
    try:
        token = PROTECTOR.validate_request(scopes=[str(needed)] if needed else None, request=asked)
    except InsufficientScopeError as error:
        notes().voucher_challenge = f'Bearer realm="{REALM}", error="{error.error}", scope="{needed}"'
        raise SYSTEM_SCOPE_MISSING.refused(scope=str(needed)) from None
    except OAuth2Error:
        raise _refused_token() from None
    bearer: Bearer = token.bearer
    if needed is not None:
        notes().voucher_bearer = (bearer, needed)
        if said.endpoint in PROVEN_BY_ACT:
            _keep(bearer)
    return bearer


def _remembered() -> dict[str, Bearer]:
    found: dict[str, Bearer] = the_app().extensions[EXTENSION]
    return found


def _keep(bearer: Bearer) -> None:
    kept = _remembered()
    if len(kept) >= REMEMBERED_MOST:
        # whoever is forgotten is judged again
        kept.clear()
    kept[bearer.token_hash] = bearer


def _say_challenge(response: Response) -> Response:
    challenge = notes().get("voucher_challenge")
    if challenge is not None:
        response.headers["WWW-Authenticate"] = challenge
    return response


def install(app: Flask) -> None:
    """Judge a bearer token before anybody asks who is at the door."""
    app.extensions[EXTENSION] = dict[str, Bearer]()
    app.before_request(_judge)
    app.after_request(_say_challenge)
