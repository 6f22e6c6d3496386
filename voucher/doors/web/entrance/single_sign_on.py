"""The way in over the province's single sign-on, and linking one's account to it."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from voucher.doors.auth import single_sign_on as ways
from voucher.doors.auth.shield import limiter, sign_in_rate
from voucher.doors.web.acting import refuse
from voucher.doors.web.entrance.blueprint import entrance
from voucher.doors.web.entrance.phone import enter
from voucher.doors.web.entrance.sessions import show_sessions
from voucher.doors.web.entrance.signing_in import ask_password, onward
from voucher.rules.errors import Refused


@entrance.get("/login/sso")
@limiter.limit(sign_in_rate)
def sign_on() -> ResponseReturnValue:
    """Send the browser to the provider."""
    try:
        return ways.begin(url_for("web.entrance.sign_on_back", _external=True), onward())
    except Refused as refused:
        return refuse(refused.refusal, ask_password)


@entrance.get("/login/sso/back")
@limiter.limit(sign_in_rate)
def sign_on_back() -> ResponseReturnValue:
    """Take the provider's answer."""
    try:
        returned = ways.finish()
    except Refused as refused:
        return refuse(refused.refusal, ask_password)
    if returned.entered is None:
        flash("已绑定统一身份认证，下次可以用它登录", "done")
        return redirect(url_for("web.entrance.sessions"), 303)
    return enter(returned.entered, returned.onward)


@entrance.post("/sessions/identity")
def link_identity() -> ResponseReturnValue:
    """Ask for linking; the provider is on another site, so a link leads there and not this form."""
    try:
        ways.ask_linking()
    except Refused as refused:
        return refuse(refused.refusal, show_sessions)
    return render_template("entrance/link_identity.html", sign_on=ways.read_sign_on())


@entrance.post("/sessions/identity/endings")
def unlink_identity() -> ResponseReturnValue:
    """End the link of this account."""
    ways.unlink()
    flash("已解除绑定", "done")
    return redirect(url_for("web.entrance.sessions"), 303)
