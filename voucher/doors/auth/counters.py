"""The device a request is scanned with: a secret kept by its browser, or sent along by its program."""

from __future__ import annotations

from voucher.doors.auth.asked import the_request
from voucher.doors.auth.bearers import find_admitted
from voucher.doors.auth.door import the_door

DEVICE_HEADER, SECRET_MOST = "Counter-Device", 100


def device_cookie() -> str:
    """Return the name of the cookie in which a browser keeps the secret of its device."""
    return "__Host-counter" if the_door().config.secret_cookies else "counter"


def device_secret() -> str:
    """Return the secret of the browser in use, empty where it has none."""
    return the_request().cookies.get(device_cookie(), "")[:SECRET_MOST]


def find_scanner() -> str | None:
    """Return the secret of the device that scans at the API, by header or cookie; empty where it has none.

    None for an institution's system that names no device: its administrator has registered it already.
    """
    named = the_request().headers.get(DEVICE_HEADER, "")[:SECRET_MOST]
    if find_admitted() is not None:
        return named or None
    return named or device_secret()
