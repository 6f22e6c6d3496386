"""The first page, the short pages every public site owes, and the size of its letters."""

from __future__ import annotations

from flask import make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from voucher.doors.auth.door import the_door
from voucher.doors.auth.shield import csrf
from voucher.doors.web.addresses import own_path
from voucher.doors.web.navigation import SIZE_COOKIE
from voucher.doors.web.public.blueprint import public
from voucher.registry.rates import list_hotlines
from voucher.registry.retention import list_retention
from voucher.stages.settle import queries

YEAR_SECONDS = 365 * 24 * 3600


@public.get("/")
def home() -> ResponseReturnValue:
    """Show what a voucher is, the latest notices and how to object."""
    with the_door().read() as session:
        return render_template("public/home.html", notices=queries.list_notices(session, limit=5))


@public.get("/guide")
def guide() -> ResponseReturnValue:
    """Say how to get a voucher and use it, what to do when it does not work, and what the words mean."""
    with the_door().read() as session:
        return render_template("public/guide.html", hotlines=list_hotlines(session, the_door().today))


@public.get("/accessibility")
def accessibility() -> ResponseReturnValue:
    """Say how the site can be used, and whom to call where it cannot."""
    return render_template("public/accessibility.html")


@public.get("/privacy")
def privacy() -> ResponseReturnValue:
    """Say what is kept of a person and who may see it."""
    with the_door().read() as session:
        return render_template("public/privacy.html", retention=list_retention(session, the_door().today))


# a token would stand in a cookie of every page; whoever forges this makes somebody's letters larger
@public.post("/appearance")
@csrf.exempt
def appearance() -> ResponseReturnValue:
    """Remember the size of letters and go back to the page it was asked on."""
    back = own_path(request.form.get("back"), "/")
    response = make_response(redirect(back, 303))
    size = "large" if request.form.get("size") == "large" else "normal"
    response.set_cookie(SIZE_COOKIE, size, max_age=YEAR_SECONDS, httponly=True, samesite="Lax")
    return response
