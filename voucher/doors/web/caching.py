"""What anybody may keep for a minute: public pages that are the same for everyone who is not signed in.

Named one by one, so that a page nobody thought of is kept nowhere. A page that carries a form of its own for
whoever looks (its token stands in a cookie) is not the same for everyone, and is kept nowhere either.
"""

from __future__ import annotations

from flask import Flask, Response, session

from voucher.doors.auth.asked import the_request
from voucher.doors.auth.visitors import current_visitor

MINUTE_SECONDS = 60
KEPT = frozenset(
    f"web.public.{each}"
    for each in (
        "home", "guide", "accessibility", "privacy", "joining", "levels", "standards", "standards_file",
        "institutions", "institution", "evaluators", "classes", "training_class", "inspection_draws",
        "exposures", "stars", "notices", "figures", "figures_file", "dictionary", "dictionary_file",
        "robots", "sitemap",
    )
)  # fmt: skip


def keep_a_while(response: Response) -> Response:
    """Let browsers and proxies keep a public page for a minute, and then ask only whether it changed."""
    asked = the_request()
    if (
        asked.endpoint not in KEPT
        or asked.method not in ("GET", "HEAD")
        or response.status_code != 200
        or session.modified
        or current_visitor() is not None
    ):
        return response
    # the size of letters stands in a cookie
    response.vary.add("Cookie")
    response.cache_control.public = True
    response.cache_control.max_age = MINUTE_SECONDS
    # weak: what goes out is compressed with a name of another length each time
    response.add_etag(weak=True)
    response.make_conditional(asked)
    return response


def install(app: Flask) -> None:
    """Say of every answer of an app whether it may be kept; asked before anything is compressed."""
    app.after_request(keep_a_while)
