"""Addresses that came from outside: only a path of this site is ever gone to."""

from __future__ import annotations


def own_path(given: str | None, fallback: str) -> str:
    """Return the given path if it stays on this site, else the fallback."""
    # "//elsewhere", "/\elsewhere" and a tab or line break in front of them would leave the site
    if not given or not given.startswith("/") or given.startswith(("//", "/\\")) or len(given) > 500:
        return fallback
    return given if given.isprintable() and "\\" not in given else fallback
