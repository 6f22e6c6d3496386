"""The browser a request is made in: a secret kept by a cookie since somebody signed in there, never shown.

Whoever refuses cookies is served all the same; what is done without one says nothing of its device.
"""

from __future__ import annotations

import secrets

from flask import Response, request

from voucher.doors.auth.bearers import has_bearer
from voucher.doors.auth.door import the_door
from voucher.doors.auth.origins import remote_address
from voucher.ledger.origins import SeenFrom

SECRET_BYTES, SECRET_MOST, KEPT_DAYS = 24, 100, 400


def browser_cookie() -> str:
    """Return the name of the cookie in which a browser keeps its secret."""
    return "__Host-browser" if the_door().config.secret_cookies else "browser"


def browser_secret() -> str:
    """Return the secret of the browser in use, empty where it has none; a system's request has none."""
    return "" if has_bearer() else request.cookies.get(browser_cookie(), "")[:SECRET_MOST]


def seen_from() -> SeenFrom:
    """Return where this request comes from; of a system, whose server it would be, nothing."""
    return SeenFrom() if has_bearer() else SeenFrom(browser_secret(), remote_address())


def know_again(response: Response) -> Response:
    """Give a browser in which somebody signs in a secret of its own, unless it has one."""
    if browser_secret():
        return response
    response.set_cookie(
        browser_cookie(),
        secrets.token_urlsafe(SECRET_BYTES),
        max_age=KEPT_DAYS * 24 * 3600,
        path="/",
        secure=the_door().config.secret_cookies,
        httponly=True,
        samesite="Lax",
    )
    return response
