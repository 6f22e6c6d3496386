"""The way in: password, second factor bound at the first time, a password of one's own; and the way out."""

from __future__ import annotations

from collections.abc import Callable

import pyotp
from flask import current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from voucher.doors.auth import sign_in
from voucher.doors.auth.door import the_door
from voucher.doors.auth.shield import limiter, sign_in_rate
from voucher.doors.auth.sign_in import Entered
from voucher.doors.auth.visitors import current_visitor
from voucher.doors.web.acting import refuse
from voucher.doors.web.addresses import own_path
from voucher.doors.web.entrance.blueprint import entrance
from voucher.doors.web.pictures import draw_code
from voucher.registry.access.changes import find_reset
from voucher.rules.errors import Refused, reason

PASSWORDS_DIFFER = reason(
    "passwords_differ",
    "两次输入的新密码不一致",
    "请重新输入两次相同的新密码",
    "【设】防止输错",
)


@entrance.get("/login")
def login() -> ResponseReturnValue:
    """Ask for login and password."""
    return ask_password()


@entrance.post("/login")
@limiter.limit(sign_in_rate)
def give_password() -> ResponseReturnValue:
    """Take login and password and lead to the second factor."""
    given = request.form
    return _step(
        lambda: sign_in.give_password(given.get("login", "").strip(), given.get("password", "")),
        ask_password,
    )


@entrance.get("/login/code")
def code() -> ResponseReturnValue:
    """Ask for the time code."""
    return _ask_code()


@entrance.get("/login/enrolment")
def enrolment() -> ResponseReturnValue:
    """Show the picture that binds a telephone, once per account."""
    return _ask_binding()


@entrance.post("/login/code")
@limiter.limit(sign_in_rate)
def give_code() -> ResponseReturnValue:
    """Take the time code; the first good one binds the telephone."""
    visitor = current_visitor()
    again: Callable[[], str] = _ask_code
    if visitor is not None and not visitor.has_second_factor:
        again = _ask_binding
    return _step(lambda: sign_in.give_code(request.form.get("code", "")), again)


@entrance.get("/password")
def password() -> ResponseReturnValue:
    """Ask for a new password."""
    return _ask_new()


@entrance.post("/password")
@limiter.limit(sign_in_rate)
def change_password() -> ResponseReturnValue:
    """Replace the password and end every other session."""
    try:
        new = request.form.get("new", "")
        if new != request.form.get("again", ""):
            raise PASSWORDS_DIFFER.refused()
        sign_in.change_password(request.form.get("present", ""), new)
    except Refused as refused:
        return refuse(refused.refusal, _ask_new)
    flash("密码已修改，其他登录已全部退出", "done")
    return redirect(onward(), 303)


@entrance.post("/logout")
def logout() -> ResponseReturnValue:
    """End the session."""
    sign_in.sign_out()
    flash("已退出", "done")
    return redirect(url_for("web.entrance.login"), 303)


def _ask_new() -> str:
    visitor, door = current_visitor(), the_door()
    with door.read() as session:
        reset = None if visitor is None else find_reset(session, visitor.actor.user_id)
    return render_template("entrance/password.html", onward=onward(), reset=reset)


def _step(step: Callable[[], Entered], again: Callable[[], str]) -> ResponseReturnValue:
    """Take one step in and lead to the next one due, or show the step again with the refusal."""
    try:
        entered = step()
    except Refused as refused:
        return refuse(refused.refusal, again)
    return lead_on(entered)


def lead_on(entered: Entered, wanted: str | None = None) -> ResponseReturnValue:
    """Lead to the next step due, or to the page that was wanted."""
    target = wanted or onward()
    if entered.is_half_way:
        due = "web.entrance.code" if entered.has_second_factor else "web.entrance.enrolment"
        return redirect(url_for(due, next=target), 303)
    if entered.must_change_password:
        return redirect(url_for("web.entrance.password", next=target), 303)
    return redirect(target, 303)


def onward() -> str:
    """Return the page that was asked for before signing in, or the desk."""
    return own_path(request.values.get("next"), url_for("web.office.home"))


def ask_password() -> str:
    """Return the page that asks for login and password."""
    config = the_door().config
    return render_template(
        "entrance/login.html",
        onward=onward(),
        demo_accounts=_demo_accounts(),
        has_sms=config.has_sms,
        sign_on=config.sign_on,
    )


def _ask_code() -> str:
    visitor = current_visitor()
    return render_template(
        "entrance/code.html",
        onward=onward(),
        demo_accounts=_demo_accounts(),
        half_way_login=visitor.actor.login if visitor is not None else "",
    )


def _ask_binding() -> str:
    enrolment = sign_in.read_enrolment()
    return render_template(
        "entrance/enrolment.html", onward=onward(), enrolment=enrolment, picture=draw_code(enrolment.uri)
    )


def _demo_accounts() -> list[dict[str, str]]:
    """Return the logins of the demonstration with the time code of this moment; empty anywhere else."""
    door = the_door()
    if not door.config.demo:
        return []
    accounts: list[dict[str, str]] = current_app.config.get("DEMO_ACCOUNTS", [])
    return [
        {**each, "code": pyotp.TOTP(each["totp_secret"]).at(door.at) if each["totp_secret"] else "不需要"}
        for each in accounts
    ]
