"""Addresses: which of those from outside is gone to, and where the page shown now is found again."""

from __future__ import annotations

from flask import current_app, request
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect


def own_path(given: str | None, fallback: str) -> str:
    """Return the given path if it stays on this site, else the fallback."""
    # "//elsewhere", "/\elsewhere" and a tab or line break in front of them would leave the site
    if not given or not given.startswith("/") or given.startswith(("//", "/\\")) or len(given) > 500:
        return fallback
    return given if given.isprintable() and "\\" not in given else fallback


def page_path() -> str:
    """Return the path at which the page shown now can be looked at.

    A refused form is answered at its own address, which most often takes nothing but forms: its page is
    the nearest one above.
    """
    path = request.path
    while path and not _is_looked_at(path):
        path = path.rpartition("/")[0]
    return path or "/"


def page_address() -> str:
    """Return `page_path` with the filters it stands on, where the page was asked for and not sent to."""
    return request.full_path if request.query_string and request.path == page_path() else page_path()


def _is_looked_at(path: str) -> bool:
    try:
        current_app.create_url_adapter(request).match(path, method="GET")  # type: ignore[union-attr]
    except RequestRedirect:
        return True
    except HTTPException:
        return False
    return True
