"""The way in over the province's single sign-on (OpenID Connect), spoken by Authlib.

The provider says who somebody is; which account that opens is decided here. It stands in the place of the
password: staff still prove their second factor. Every call to the provider is made outside transactions.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import structlog
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.flask_client import OAuth
from flask import Flask, current_app, session
from joserfc.errors import JoseError
from requests import RequestException
from werkzeug.wrappers import Response

from voucher.config import SignOn
from voucher.doors.auth.access import SIGN_IN_NEEDED
from voucher.doors.auth.door import ANYBODY, Door, the_door
from voucher.doors.auth.sign_in import Entered, hand_out, let_in, read_rules
from voucher.doors.auth.visitors import Visitor, current_visitor, perform
from voucher.plumbing.unit_of_work import Work
from voucher.registry.access import linked_identities, own_accounts
from voucher.registry.access.linked_identities import IDENTITY_NOT_LINKED, SOURCE
from voucher.registry.access.own_accounts import SINGLE_SIGN_ON
from voucher.rules.errors import Family, reason

EXTENSION, PROVIDER = "voucher_sign_on", "single_sign_on"
NEXT, LINKING = "sign_on_next", "sign_on_linking"
ANSWER_SECONDS = 5

log = structlog.stdlib.get_logger(__name__)

SIGN_ON_CLOSED = reason(
    "sign_on_closed",
    "本系统还没有接入统一身份认证",
    "请用手机验证码或账号密码登录",
    SOURCE,
    Family.FORBIDDEN,
)
SIGN_ON_UNREACHABLE = reason(
    "sign_on_unreachable",
    "统一身份认证平台没有响应",
    "请稍后再试，或改用手机验证码、账号密码登录",
    SOURCE,
    Family.UNAVAILABLE,
)
SIGN_ON_REFUSED = reason(
    "sign_on_refused",
    "统一身份认证没有通过，或登录请求已过期",
    "请从登录页重新开始；多次不成功请改用手机验证码或账号密码登录",
    SOURCE,
    Family.FORBIDDEN,
)


@dataclass(frozen=True, slots=True)
class Identified:
    """Who the provider says somebody is; name and number only where it vouches for them."""

    issuer: str
    subject: str
    name: str | None
    number: str | None


@dataclass(frozen=True, slots=True)
class Returned:
    """What coming back from the provider led to: an account entered, or an identity linked to one's own."""

    entered: Entered | None
    onward: str


def install(app: Flask, door: Door) -> None:
    """Introduce the provider to the app, where one is configured; it is asked nothing before it is used."""
    wanted = door.config.sign_on
    if wanted is None:
        return
    oauth = OAuth(app)
    oauth.register(
        PROVIDER,
        server_metadata_url=f"{wanted.issuer}/.well-known/openid-configuration",
        client_id=wanted.client_id,
        client_secret=wanted.client_secret,
        client_kwargs={
            "scope": "openid profile",
            "code_challenge_method": "S256",
            "default_timeout": ANSWER_SECONDS,
        },
    )
    app.extensions[EXTENSION] = oauth


def ask_linking() -> None:
    """Remember that the visitor wants their account linked, not to sign in again.

    Raises Refused sign_on_closed, sign_in_needed.
    """
    read_sign_on()
    visitor = current_visitor()
    if visitor is None:
        raise SIGN_IN_NEEDED.refused()
    session[LINKING] = visitor.actor.user_id


def begin(back: str, onward: str) -> Response:
    """Send the browser to the provider; it comes back to an address of ours with state, nonce and PKCE.

    Raises Refused sign_on_closed, sign_on_unreachable.
    """
    client = _client()
    session[NEXT] = onward
    try:
        answer: Response = client.authorize_redirect(back)
    except (RequestException, AuthlibBaseError, RuntimeError, KeyError, ValueError) as error:
        log.warning("single sign-on unreachable", error=type(error).__name__)
        raise SIGN_ON_UNREACHABLE.refused() from None
    return answer


def finish() -> Returned:
    """Take the provider's answer: link the identity to whoever asked for that, or sign in.

    Raises Refused sign_on_closed, sign_on_unreachable, sign_on_refused, identity_not_linked,
    identity_linked_elsewhere, identity_of_another and what reading name and number refuses.
    """
    who = _identify(_client(), read_sign_on())
    onward, linking = str(session.pop(NEXT, "/")), session.pop(LINKING, None)
    visitor = current_visitor()
    if visitor is not None and not visitor.is_half_way and visitor.actor.user_id == linking:
        perform(lambda work: _link(work, visitor, who))
        return Returned(None, onward)
    return Returned(_enter(who), onward)


def unlink() -> None:
    """End the link of the visitor's account. Raises Refused sign_in_needed."""
    visitor = current_visitor()
    if visitor is None:
        raise SIGN_IN_NEEDED.refused()
    perform(lambda work: linked_identities.unlink(work, visitor.actor.user_id))


def read_sign_on() -> SignOn:
    """Return the provider this installation is told of. Raises Refused sign_on_closed."""
    wanted = the_door().config.sign_on
    if wanted is None:
        raise SIGN_ON_CLOSED.refused()
    return wanted


def _client() -> Any:
    read_sign_on()
    return current_app.extensions[EXTENSION].create_client(PROVIDER)


def _identify(client: Any, wanted: SignOn) -> Identified:
    options = {
        "iss": {"essential": True, "values": [wanted.issuer]},
        "aud": {"essential": True, "values": [wanted.client_id]},
        "sub": {"essential": True},
    }
    try:
        claims = client.authorize_access_token(claims_options=options).get("userinfo") or {}
    except RequestException as error:
        log.warning("single sign-on unreachable", error=type(error).__name__)
        raise SIGN_ON_UNREACHABLE.refused() from None
    except (AuthlibBaseError, JoseError, KeyError, ValueError, RuntimeError) as error:
        # the text of the error may carry the token
        log.warning("single sign-on refused", error=type(error).__name__)
        raise SIGN_ON_REFUSED.refused() from None
    subject = claims.get("sub")
    if not isinstance(subject, str) or not subject:
        raise SIGN_ON_REFUSED.refused()
    name, number = claims.get("name"), claims.get(wanted.number_claim)
    return Identified(
        wanted.issuer,
        subject,
        name if isinstance(name, str) else None,
        number if isinstance(number, str) else None,
    )


def _link(work: Work, visitor: Visitor, who: Identified) -> None:
    linked_identities.check_same_person(work, visitor.actor.person_id, who.number)
    linked_identities.link(work, visitor.actor.user_id, who.issuer, who.subject)


def _enter(who: Identified) -> Entered:
    door, rules = the_door(), read_rules()

    def act(work: Work) -> tuple[Entered, str, int]:
        account = linked_identities.find_linked(work.session, work.keyring, who.issuer, who.subject)
        if account is None:
            if who.number is None or who.name is None:
                raise IDENTITY_NOT_LINKED.refused()
            account = own_accounts.open_by_sign_on(work, who.number, who.name)
            linked_identities.link(work, account.id, who.issuer, who.subject)
        # a link may be older than what the provider vouches for now
        linked_identities.check_same_person(work, account.person_id, who.number)
        return let_in(work, account, rules, SINGLE_SIGN_ON)

    return hand_out(door.perform_as(ANYBODY, act))
