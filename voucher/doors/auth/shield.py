"""The protections of both doors: headers, cross-site requests, rates, languages."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

from flask import Flask, Request, Response, abort, g, request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface, SessionMixin
from flask_babel import Babel
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_talisman import Talisman
from flask_wtf.csrf import CSRFProtect
from werkzeug.datastructures import MultiDict
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import IntegerConverter, Map

from voucher.doors.auth.access import is_api
from voucher.doors.auth.asked import notes, the_request
from voucher.doors.auth.bearers import API_PREFIX
from voucher.doors.auth.door import Door, the_door
from voucher.doors.auth.visitors import has_cookie

LOCALES = ("zh_CN", "en")
LOCALE_COOKIE = "lang"
POLICY = {
    "default-src": "'self'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "object-src": "'none'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}

# what the API answers, were it ever shown as a page
DATA_POLICY = "default-src 'none'; frame-ancestors 'none'"
# a file somebody handed in is shown by itself at most: it runs, asks for and sends nothing
SHUT_IN = "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'none'"


class IdConverter(IntegerConverter):
    """A number in an address that fits into 64 bits; a larger one names nothing."""

    def __init__(self, url_map: Map) -> None:
        super().__init__(url_map, max=2**63 - 1)


class _Rates(Limiter):
    """Rates of the routes that have one, which ask by themselves; no other request is looked at."""

    @property
    def context(self) -> Any:
        """Return what is known of this request; it is asked for at every answer, and looked up once."""
        found = notes().get("voucher_rates")
        if found is None:
            found = notes().voucher_rates = super().context
        return found

    def _check_request_limit(self, callable_name: str | None = None, in_middleware: bool = True) -> None:
        if not in_middleware:
            super()._check_request_limit(callable_name, in_middleware)


class _Headers(Talisman):
    """Headers made once for plain and once for encrypted lines: no view has any of its own.

    What the API answers is data: it shows nothing and runs nothing, so no nonce is made for it.
    """

    _own: dict[str, Any] | None = None
    _made: dict[tuple[bool, bool], tuple[tuple[str, str], ...]]
    _names: frozenset[str] = frozenset()

    def _get_local_options(self) -> dict[str, Any]:
        if self._own is None:
            self._made, self._own = {}, super()._get_local_options()
        return self._own

    def _make_nonce(self) -> None:
        if not the_request().path.startswith(API_PREFIX):
            super()._make_nonce()

    def _set_response_headers(self, response: Response) -> Response:
        asked = the_request()
        nonce: str | None = getattr(asked, "csp_nonce", None)
        is_data = asked.path.startswith(API_PREFIX)
        if nonce is None and not is_data:
            # sent away to the encrypted line before there was one
            return cast(Response, super()._set_response_headers(response))
        is_encrypted = asked.is_secure or asked.headers.get("X-Forwarded-Proto") == "https"
        own = self._made.get((is_encrypted, is_data)) or self._make(nonce, is_encrypted, is_data)
        if nonce is not None:
            own = tuple([(name, said.replace("{nonce}", nonce)) for name, said in own])
        if self._names.isdisjoint([name.lower() for name, _ in response.headers]):
            # nothing there to be put in the place of, so none is looked for
            response.headers.extend(own)
        else:
            response.headers.update(own)
        return response

    def _make(self, nonce: str | None, is_encrypted: bool, is_data: bool) -> tuple[tuple[str, str], ...]:
        self._get_local_options()
        blank = Response()
        blank.headers.clear()
        super()._set_response_headers(blank)
        if is_data:
            blank.headers["Content-Security-Policy"] = DATA_POLICY
        made = tuple(
            (name, said.replace(nonce, "{nonce}") if nonce else said) for name, said in blank.headers
        )
        self._names |= {name.lower() for name, _ in made}
        self._made[is_encrypted, is_data] = made
        return made


limiter = _Rates(get_remote_address)
csrf = CSRFProtect()


def sign_in_rate() -> str:
    """Return how often one address may try to sign in."""
    return the_door().limits.sign_in_rate


def objection_rate() -> str:
    """Return how often one address may lodge an objection."""
    return the_door().limits.objection_rate


def check_rate() -> str:
    """Return how often one address may ask whether a certificate or a voucher is good."""
    return the_door().limits.check_rate


def figures_rate() -> str:
    """Return how often one address may have the open figures added up."""
    return the_door().limits.figures_rate


def choose_locale() -> str:
    """Return the language asked for by cookie; Chinese where nothing else was chosen."""
    asked = request.cookies.get(LOCALE_COOKIE)
    return asked if asked in LOCALES else LOCALES[0]


class _FormCookie(SecureCookieSessionInterface):
    """The signed cookie of forms; where none came along, no key is worked out to read it."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """Return what the cookie says, or an empty one."""
        if self.get_cookie_name(app) not in request.cookies:
            return self.session_class()
        return super().open_session(app, request)

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Write the cookie where there is something to write; of an empty one only that it was looked at."""
        if session or session.modified:
            super().save_session(app, session, response)
        elif session.accessed:
            response.vary.add("Cookie")


def _check_characters() -> None:
    # no name, number or word holds one, and PostgreSQL refuses it as a mistake of ours
    asked = the_request()
    said = [asked.path]
    if asked.query_string:
        said += _words(asked.args)
    # a body of JSON is no form: its schema looks at its words
    if not asked.is_json:
        said += _words(asked.form)
    if any("\0" in text for text in said):
        abort(400)


def _words(fields: MultiDict[str, str]) -> Iterator[str]:
    for name, text in fields.items(multi=True):
        yield name
        yield text


def _check_csrf() -> None:
    # At the API only a cookie makes a request forgeable; whoever sends none has nothing to forge.
    if not is_api() or has_cookie(request):
        csrf.protect(apply_exemptions=True)


def let_programs_run() -> None:
    """Let the page that is being answered run a compiled program of ours: it reads codes from a camera."""
    g.runs_programs = True


def let_media_play() -> None:
    """Let the page that is being answered play videos of other addresses; nothing else comes from there."""
    g.plays_media = True


def shut_in() -> None:
    """Let what is being answered do nothing at all: it came from outside."""
    g.shuts_in = True


def _say_policy(response: Response) -> Response:
    said = notes()
    if not ("shuts_in" in said or "runs_programs" in said or "plays_media" in said):
        return response
    if g.get("shuts_in"):
        response.headers["Content-Security-Policy"] = SHUT_IN
    policy = response.headers.get("Content-Security-Policy")
    if policy is not None and g.get("runs_programs"):
        own = f"script-src {POLICY['script-src']}"
        response.headers["Content-Security-Policy"] = policy.replace(own, f"{own} 'wasm-unsafe-eval'", 1)
    policy = response.headers.get("Content-Security-Policy")
    if policy is not None and g.get("plays_media"):
        response.headers["Content-Security-Policy"] = f"{policy}; media-src 'self' https:"
    return response


def _keep_private(response: Response) -> Response:
    if the_request().endpoint != "static":
        response.headers.setdefault("Cache-Control", "no-store")
    return response


def install(app: Flask, door: Door) -> None:
    """Put every protection in front of the app; what lies behind runs only after all of them agreed."""
    secure = door.config.secret_cookies
    app.url_map.converters["int"] = IdConverter
    app.session_interface = _FormCookie()
    app.config.update(
        SECRET_KEY=door.keyring.secret("session"),
        SESSION_COOKIE_NAME="voucher_form",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=secure,
        WTF_CSRF_CHECK_DEFAULT=False,
        WTF_CSRF_TIME_LIMIT=None,
        # the token and SameSite cookies carry the promise; API clients send no Referer
        WTF_CSRF_SSL_STRICT=False,
        MAX_CONTENT_LENGTH=door.config.max_upload_bytes,
        MAX_FORM_MEMORY_SIZE=door.limits.body_bytes,
        MAX_FORM_PARTS=1000,
        RATELIMIT_STORAGE_URI="memory://",
        RATELIMIT_HEADERS_ENABLED=True,
        BABEL_DEFAULT_LOCALE=LOCALES[0],
        BABEL_DEFAULT_TIMEZONE="Asia/Shanghai",
    )
    if secure:
        # HTTPS ends at one proxy of ours, which says who is asking
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=1, x_proto=1, x_host=1)  # type: ignore[method-assign]  # as Flask documents
    # answers pass through in the reverse order: the policy is there when this one looks
    app.after_request(_say_policy)
    _Headers(
        app,
        force_https=secure,
        strict_transport_security=secure,
        session_cookie_secure=secure,
        frame_options="DENY",
        content_security_policy=POLICY,
        content_security_policy_nonce_in=["script-src", "style-src"],
        permissions_policy={"browsing-topics": "()", "geolocation": "(self)", "microphone": "()"},
        referrer_policy="same-origin",
    )
    csrf.init_app(app)
    limiter.init_app(app)
    Babel(app, locale_selector=choose_locale)
    app.after_request(_keep_private)


def install_csrf_guard(app: Flask) -> None:
    """Check the token after the access matrix, so that a stranger is told to sign in first."""
    app.before_request(_check_characters)
    app.before_request(_check_csrf)
