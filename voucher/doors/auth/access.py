"""The access matrix of both doors, and the guard that asks it before any view runs."""

from __future__ import annotations

from flask import Flask

from voucher.doors.auth.asked import the_request
from voucher.doors.auth.bearers import check_for_people
from voucher.doors.auth.door import the_door
from voucher.doors.auth.entries import Access, Entry
from voucher.doors.auth.matrix.api import API
from voucher.doors.auth.matrix.archives import WEB_ARCHIVES
from voucher.doors.auth.matrix.checks import WEB_CHECKS
from voucher.doors.auth.matrix.corrections import WEB_CORRECTIONS
from voucher.doors.auth.matrix.filing import FILING
from voucher.doors.auth.matrix.houses import HOUSES
from voucher.doors.auth.matrix.keys import KEYS
from voucher.doors.auth.matrix.measures import MEASURES
from voucher.doors.auth.matrix.money import WEB_MONEY
from voucher.doors.auth.matrix.privacy import WEB_PRIVACY
from voucher.doors.auth.matrix.standing import WEB_STANDING
from voucher.doors.auth.matrix.systems import OAUTH
from voucher.doors.auth.matrix.talents import WEB_TALENTS
from voucher.doors.auth.matrix.web import WEB
from voucher.doors.auth.matrix.web_evaluator import WEB_EVALUATOR
from voucher.doors.auth.matrix.web_institution import WEB_INSTITUTION
from voucher.doors.auth.matrix.web_issue import WEB_ISSUE
from voucher.doors.auth.matrix.web_public import WEB_PUBLIC
from voucher.doors.auth.matrix.web_supervisor import WEB_SUPERVISOR
from voucher.doors.auth.matrix.web_worker import WEB_WORKER
from voucher.doors.auth.step_up import check_signing
from voucher.doors.auth.visitors import Visitor, current_visitor
from voucher.rules.actor import check_role
from voucher.rules.errors import Family, reason

SOURCE = "DESIGN §8; GB/T 22239-2019 8.1.4.2 访问控制"
API_PREFIX, WELL_KNOWN_PREFIX, OAUTH_PREFIX = "/api/", "/.well-known/", "/oauth/"
LOGIN_PATH, CODE_PATH, ENROLMENT_PATH, PASSWORD_PATH = (
    "/login",
    "/login/code",
    "/login/enrolment",
    "/password",
)

SIGN_IN_NEEDED = reason("sign_in_needed", "请先登录", "登录后再办理此事", SOURCE, Family.FORBIDDEN)
SECOND_FACTOR_NEEDED = reason(
    "second_factor_needed",
    "还须输入动态口令",
    "请输入手机上的动态口令；首次登录请先扫码绑定",
    SOURCE,
    Family.FORBIDDEN,
)
PASSWORD_CHANGE_NEEDED = reason(
    "password_change_needed",
    "首次登录须先修改密码",
    "请修改密码后再办理其他事项",
    SOURCE,
    Family.FORBIDDEN,
)
ACCESS_UNDECLARED = reason(
    "access_undeclared",
    "此处尚未开放",
    "请联系系统管理员登记该入口的访问权限",
    SOURCE,
    Family.FORBIDDEN,
)

MATRIX: dict[str, Access] = {
    **API,
    **FILING,
    **HOUSES,
    **KEYS,
    **MEASURES,
    **OAUTH,
    **WEB,
    **WEB_PUBLIC,
    **WEB_WORKER,
    **WEB_INSTITUTION,
    **WEB_EVALUATOR,
    **WEB_ISSUE,
    **WEB_STANDING,
    **WEB_CORRECTIONS,
    **WEB_CHECKS,
    **WEB_ARCHIVES,
    **WEB_PRIVACY,
    **WEB_TALENTS,
    **WEB_MONEY,
    **WEB_SUPERVISOR,
}


def is_api() -> bool:
    """Return whether this request came to the API, or for what verifiers fetch."""
    return the_request().path.startswith((API_PREFIX, WELL_KNOWN_PREFIX, OAUTH_PREFIX))


def check_entry(endpoint: str, visitor: Visitor | None) -> None:
    """Refuse a visitor the matrix does not let in; a route that is not in the matrix lets nobody in.

    Raises Refused access_undeclared, sign_in_needed, second_factor_needed, password_change_needed,
    role_missing, system_not_for_this.
    """
    access = MATRIX.get(endpoint)
    if access is None:
        raise ACCESS_UNDECLARED.refused()
    if access.who is Entry.PUBLIC:
        return
    check_for_people()
    if visitor is None:
        raise SIGN_IN_NEEDED.refused()
    if access.who is Entry.HALF_WAY:
        return
    if visitor.is_half_way:
        raise SECOND_FACTOR_NEEDED.refused()
    if visitor.must_change_password:
        raise PASSWORD_CHANGE_NEEDED.refused()
    if not isinstance(access.who, Entry):
        check_role(visitor.actor, *sorted(access.who))


def next_path(visitor: Visitor | None) -> str:
    """Return the page on which a visitor goes on signing in, or the desk where nothing is due."""
    if visitor is None:
        return LOGIN_PATH
    if visitor.is_half_way:
        return CODE_PATH if visitor.has_second_factor else ENROLMENT_PATH
    return PASSWORD_PATH if visitor.must_change_password else "/"


def _guard() -> None:
    asked = the_request()
    endpoint = asked.endpoint
    if endpoint is None:
        return  # no such route: the 404 says so
    access = MATRIX.get(endpoint)
    door = the_door()
    uploads = access is not None and access.uploads
    asked.max_content_length = door.config.max_upload_bytes if uploads else door.limits.body_bytes
    visitor = current_visitor()
    check_entry(endpoint, visitor)
    check_signing(endpoint, visitor)


def install(app: Flask) -> None:
    """Ask the matrix before every view."""
    app.before_request(_guard)
