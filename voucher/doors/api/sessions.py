"""Signing in and out for programs: password and code at once, a cookie and a form token back."""

from __future__ import annotations

from typing import Any

from flask import Response
from flask_wtf.csrf import generate_csrf

from voucher.doors.api.room import Room
from voucher.doors.auth import phone, sign_in
from voucher.doors.auth.access import SIGN_IN_NEEDED
from voucher.doors.auth.shield import limiter, sign_in_rate
from voucher.doors.auth.visitors import current_visitor
from voucher.doors.schemas.sessions import CodeOfTelephone, CodeSent, Credentials, Presence, Telephone

sessions = Room("sessions", __name__, url_prefix="/api/v1", description="登录")


@sessions.route("/sessions", methods=["POST"])
@limiter.limit(sign_in_rate)
@sessions.describe_entrance("open_session")
@sessions.arguments(
    Credentials, example={"login": "chuzhuguan", "password": "一句很长的话", "code": "123456"}
)
@sessions.response(201, Presence)
def open_session(given: dict[str, Any]) -> dict[str, Any]:
    """登录：口令加动态口令，得到会话 Cookie 和写操作要带的 X-CSRFToken。"""
    entered = sign_in.give_both(given["login"], given["password"], given["code"])
    return {
        "login": entered.login,
        "display_name": entered.display_name,
        "must_change_password": entered.must_change_password,
        "csrf_token": generate_csrf(),
    }


@sessions.route("/login-codes", methods=["POST"])
@limiter.limit(sign_in_rate)
@sessions.describe_entrance("ask_code")
@sessions.arguments(Telephone, example={"mobile": "13800138000"})
@sessions.response(202, CodeSent)
def ask_code(given: dict[str, Any]) -> dict[str, Any]:
    """获取短信验证码：不论手机号是否登记，答复相同；次数由数据库限制。"""
    asked = phone.ask_code(given["mobile"])
    return {"rest_seconds": asked.rest_seconds, "good_minutes": asked.good_minutes}


@sessions.route("/phone-sessions", methods=["POST"])
@limiter.limit(sign_in_rate)
@sessions.describe_entrance("open_phone_session")
@sessions.arguments(CodeOfTelephone, example={"mobile": "13800138000", "code": "123456"})
@sessions.response(201, Presence)
def open_phone_session(given: dict[str, Any]) -> dict[str, Any]:
    """劳动者凭短信验证码登录；第一次使用请在网页上实名登记。"""
    proven = phone.prove_code(given["mobile"], given["code"], given["login"])
    if proven.entered is None:
        if not proven.choices:
            raise phone.PHONE_UNKNOWN.refused()
        logins = "、".join(each.login for each in proven.choices)
        raise phone.ACCOUNT_NOT_CHOSEN.refused(logins=logins)
    return {
        "login": proven.entered.login,
        "display_name": proven.entered.display_name,
        "must_change_password": proven.entered.must_change_password,
        "csrf_token": generate_csrf(),
    }


@sessions.route("/sessions/current", methods=["GET"])
@sessions.describe_own("show_session", writes=False)
@sessions.response(200, Presence)
def show_session() -> dict[str, Any]:
    """当前会话：我是谁、有哪些角色。"""
    visitor = current_visitor()
    if visitor is None:
        raise SIGN_IN_NEEDED.refused()
    return {
        "login": visitor.actor.login,
        "display_name": visitor.display_name,
        "must_change_password": visitor.must_change_password,
        "csrf_token": generate_csrf(),
        "roles": [
            {"role": str(grant.role), "region_code": grant.region_code} for grant in visitor.actor.grants
        ],
    }


@sessions.route("/sessions/current", methods=["DELETE"])
@sessions.describe_own("close_session", writes=True)
@sessions.response(204)
def close_session() -> Response:
    """退出登录。"""
    sign_in.sign_out()
    return Response(status=204)
