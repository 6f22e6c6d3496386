"""Signing in and out for programs: password and code at once, a cookie and a form token back."""

from __future__ import annotations

from typing import Any

from flask import Response
from flask_wtf.csrf import generate_csrf

from voucher.doors.api.room import Room
from voucher.doors.auth import sign_in
from voucher.doors.auth.access import SIGN_IN_NEEDED
from voucher.doors.auth.shield import limiter, sign_in_rate
from voucher.doors.auth.visitors import current_visitor
from voucher.doors.schemas.sessions import Credentials, Presence

sessions = Room("sessions", __name__, url_prefix="/api/v1", description="登录")


@sessions.route("/sessions", methods=["POST"])
@limiter.limit(sign_in_rate)
@sessions.doc(security=[])
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


@sessions.route("/sessions/current", methods=["GET"])
@sessions.doc(security=[{"session": []}])
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
@sessions.doc(security=[{"session": [], "csrf": []}])
@sessions.response(204)
def close_session() -> Response:
    """退出登录。"""
    sign_in.sign_out()
    return Response(status=204)
