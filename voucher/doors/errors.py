"""Refusals and mistakes as answers: problem details (RFC 9457) for machines, a page for people.

What nobody expected gets an incident number; the log holds its kind and place, never a value of it.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlsplit

import structlog
from flask import Flask, Response, current_app, g, jsonify, redirect, render_template, request
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from voucher.doors.auth.access import (
    PASSWORD_CHANGE_NEEDED,
    SECOND_FACTOR_NEEDED,
    SIGN_IN_NEEDED,
    is_api,
    next_path,
)
from voucher.doors.auth.bearers import BEARER_REFUSED
from voucher.doors.auth.step_up import FIELD as SIGNING_FIELD
from voucher.doors.auth.step_up import SIGNING_CODE_NEEDED
from voucher.doors.auth.visitors import current_visitor
from voucher.doors.schemas.problem import BODY_INVALID
from voucher.plumbing.idempotency import KEY_MISSING
from voucher.plumbing.lines import is_line_down
from voucher.plumbing.logs import describe_error
from voucher.plumbing.unit_of_work import is_lock_timeout
from voucher.registry.access.login_codes import CODE_REFUSED, CODE_RESTS, CODES_ENOUGH
from voucher.registry.access.passwords import SIGN_IN_REFUSED
from voucher.rules.citations import readable_source
from voucher.rules.errors import Family, Refusal, Refused, reason
from voucher.rules.privacy import mask_free_text

SOURCE = "DESIGN §8; RFC 9457"
PROBLEM_TYPE = "application/problem+json"
TYPE_PREFIX = "urn:voucher:problem:"
FIELDS_MAX, FIELD_NAME_MAX = 100, 60
# whoever has waited for a lock in vain has waited some minutes: those before may still be at it
BUSY_SECONDS = 30
# of a rate that says nothing of itself
RATE_SECONDS = 60
log = structlog.stdlib.get_logger(__name__)

CSRF_REFUSED = reason(
    "csrf_refused",
    "页面已过期或请求来源无法确认",
    "请刷新页面后重新提交；接口请求请在 X-CSRFToken 中带上登录时取得的令牌",
    SOURCE,
    Family.FORBIDDEN,
)
BODY_UNREADABLE = reason(
    "body_unreadable", "无法读取提交的内容", "请核对格式：接口请求为 UTF-8 的 JSON", SOURCE
)
ROUTE_MISSING = reason(
    "route_missing", "没有这个页面或接口", "请核对网址，或从首页重新进入", SOURCE, Family.MISSING
)
METHOD_REFUSED = reason("method_refused", "此处不支持这种请求方式", "请按接口说明换用其他方式", SOURCE)
BODY_TOO_LARGE = reason("body_too_large", "提交的内容过大", "请拆分后分次提交", SOURCE, Family.LIMIT)
TOO_MANY_REQUESTS = reason(
    "too_many_requests", "操作过于频繁", "这一次没有办理，请过 {minutes} 分钟再试", SOURCE, Family.LIMIT
)
UNEXPECTED = reason(
    "unexpected",
    "系统出现意外，未能办理",
    "本次没有生效，可稍后重试；仍然失败时请把编号 {incident} 告知系统管理员",
    SOURCE,
    Family.UNAVAILABLE,
)

DATABASE_GONE = reason(
    "database_gone",
    "与数据库的连接中断",
    "请稍候刷新页面，先看是否已经办成，没有办成的再办理；"
    "办理类接口请用同一个 Idempotency-Key 重发：已办成的返回原来的答复；其余接口请先查询结果",
    SOURCE,
    Family.UNAVAILABLE,
)
DATABASE_BUSY = reason(
    "database_busy",
    "现在很多人在办同一件事，本次没有办理",
    "请过一会儿再试；办理类接口请用同一个 Idempotency-Key 重发，间隔不短于 Retry-After 所写的秒数",
    SOURCE,
    Family.UNAVAILABLE,
)

# what somebody before a screen reads of what programs are told in other words: title, next step
ON_A_PAGE: dict[str, tuple[str, str]] = {
    CSRF_REFUSED.code: ("页面已过期", "这一次没有办理。请回到上一页，刷新后再提交一次；仍不行的请重新登录"),
    BODY_UNREADABLE.code: ("看不懂这个网址或提交的内容", "这一次没有办理。请从首页重新进入，再办一次"),
    ROUTE_MISSING.code: ("没有这个页面", "请核对网址，或从首页重新进入"),
    METHOD_REFUSED.code: ("这个网址不能直接打开", "请从首页重新进入，按页面上的按钮办理"),
    DATABASE_GONE.code: ("系统刚才断开了一下", "请稍候回到上一页刷新，先看是否已经办成，没有办成的再办理"),
    DATABASE_BUSY.code: (DATABASE_BUSY.title, "请过一会儿回到上一页再试"),
}

STATUSES: dict[Family, int] = {
    Family.INVALID: 422,
    Family.CONFLICT: 409,
    Family.FORBIDDEN: 403,
    Family.MISSING: 404,
    Family.LIMIT: 413,
    Family.UNAVAILABLE: 503,
}
# where HTTP has a word of its own
STATUS_BY_CODE: dict[str, int] = {
    SIGN_IN_NEEDED.code: 401,
    SIGN_IN_REFUSED.code: 401,
    BEARER_REFUSED.code: 401,
    CODE_REFUSED.code: 401,
    CODE_RESTS.code: 429,
    CODES_ENOUGH.code: 429,
    KEY_MISSING.code: 400,
    METHOD_REFUSED.code: 405,
    TOO_MANY_REQUESTS.code: 429,
    BODY_UNREADABLE.code: 400,
    UNEXPECTED.code: 500,
}
_ON_THE_WAY_IN = frozenset({SIGN_IN_NEEDED.code, SECOND_FACTOR_NEEDED.code, PASSWORD_CHANGE_NEEDED.code})
_HTTP_REASONS = {
    400: BODY_UNREADABLE,
    404: ROUTE_MISSING,
    405: METHOD_REFUSED,
    413: BODY_TOO_LARGE,
    429: TOO_MANY_REQUESTS,
}


def status_of(refusal: Refusal) -> int:
    """Return the HTTP status of a refusal."""
    return STATUS_BY_CODE.get(refusal.code, STATUSES[refusal.family])


def problem(refusal: Refusal) -> dict[str, Any]:
    """Return the problem details of a refusal."""
    return {
        "type": TYPE_PREFIX + refusal.code,
        "title": refusal.title,
        "status": status_of(refusal),
        "detail": refusal.next_step,
        "instance": request.path,
        "code": refusal.code,
        "facts": dict(refusal.facts),
        "source": readable_source(refusal.source),
    }


def answer_refusal(refusal: Refusal) -> AnyResponse:
    """Return a refusal as its door speaks: problem details, the next step of signing in, or a page."""
    status = status_of(refusal)
    if is_api():
        answer: Response = jsonify(problem(refusal))
        answer.status_code = status
        answer.content_type = PROBLEM_TYPE
        return answer
    if refusal.code in _ON_THE_WAY_IN:
        return redirect(_way_in())
    if g.get("asks_to_sign"):
        return current_app.make_response((_ask_to_sign(refusal), status))
    return current_app.make_response((_page(refusal, status), status))


def _way_in() -> str:
    """Return the next page of signing in; a page that was only looked at is returned to afterwards."""
    path = next_path(current_visitor())
    if request.method != "GET" or request.path == "/":
        return path
    return f"{path}?next={quote(request.path)}"


def _ask_to_sign(refusal: Refusal) -> str:
    """Return the page that asks for the code and carries along what was to be signed."""
    kept = [
        (name, value)
        for name, value in request.form.items(multi=True)
        if name not in (SIGNING_FIELD, "csrf_token")
    ]
    # no page can hand a file back: it is chosen once more
    files = [(name, given.filename) for name, given in request.files.items(multi=True) if given.filename]
    wrong = None if refusal.code == SIGNING_CODE_NEEDED.code else refusal
    return render_template("entrance/signing.html", kept=kept, files=files, wrong=wrong)


def _page(refusal: Refusal, status: int) -> str:
    title, next_step = ON_A_PAGE.get(refusal.code, (refusal.title, refusal.next_step))
    return render_template(
        "error.html",
        title=title,
        next_step=next_step,
        incident=refusal.facts.get("incident"),
        code=None if refusal.code in ON_A_PAGE else refusal.code,
        status=status,
        back=_came_from(),
    )


def _came_from() -> str | None:
    """Return the page of ours somebody came from, where it is another one than this."""
    came = urlsplit(request.referrer or "")
    if came.netloc != request.host or not came.path or came.path == request.path:
        return None
    return f"{came.path}?{came.query}" if came.query else came.path


def _refused(error: Refused) -> AnyResponse:
    return answer_refusal(error.refusal)


def _csrf(_error: CSRFError) -> AnyResponse:
    return answer_refusal(CSRF_REFUSED.refusal())


def _http(error: HTTPException) -> AnyResponse:
    """Answer what Flask and werkzeug refuse by themselves; a redirect of theirs goes on as it is."""
    if error.response is not None or error.code is None or error.code < 400:
        return error.get_response()
    if error.code == 422:
        return answer_refusal(BODY_INVALID.refusal(fields=_fields(getattr(error, "data", None))))
    told = _HTTP_REASONS.get(error.code)
    if told is None:
        told = UNEXPECTED if error.code >= 500 else BODY_UNREADABLE
    if told is UNEXPECTED:
        return _unexpected(error)
    if told is TOO_MANY_REQUESTS:
        return _too_many(error)
    answer = answer_refusal(told.refusal())
    for name, value in error.get_headers():
        if name.lower() in ("allow", "retry-after"):
            answer.headers[name] = value
    return answer


def _too_many(error: HTTPException) -> AnyResponse:
    """Answer who comes too often with when it is surely over: the span of the rate that was passed."""
    passed = getattr(error, "limit", None)
    seconds = RATE_SECONDS if passed is None else int(passed.limit.get_expiry())
    answer = answer_refusal(TOO_MANY_REQUESTS.refusal(minutes=-(-seconds // 60)))
    answer.headers["Retry-After"] = str(seconds)
    return answer


def _fields(data: Any) -> dict[str, list[str]]:
    """Return what is wrong per field; a field's name comes from outside, so it is masked and kept short."""
    found: dict[str, list[str]] = {}

    def walk(told: Any, path: str) -> None:
        if isinstance(told, Mapping):
            for name, inner in told.items():
                walk(inner, f"{path}.{name}" if path else str(name))
        elif isinstance(told, list):
            readable = path.encode(errors="replace").decode()
            found[mask_free_text(readable)[:FIELD_NAME_MAX]] = [str(each) for each in told]

    for place in (data or {}).get("messages", {}).values():
        walk(place, "")
    return dict(list(found.items())[:FIELDS_MAX])


def _unexpected(error: Exception) -> AnyResponse:
    incident = secrets.token_hex(4).upper()
    told = UNEXPECTED.refusal(incident=incident)
    if is_line_down(error):
        told = DATABASE_GONE.refusal()
    elif is_lock_timeout(error):
        told = DATABASE_BUSY.refusal()
    log.error(
        told.code,
        incident=incident,
        endpoint=request.endpoint,
        method=request.method,
        error=describe_error(error),
    )
    answer = answer_refusal(told)
    if told.code == DATABASE_BUSY.code:
        answer.headers["Retry-After"] = str(BUSY_SECONDS)
    return answer


def install(app: Flask) -> None:
    """Answer every refusal and every mistake of the app."""
    app.register_error_handler(Refused, _refused)
    app.register_error_handler(CSRFError, _csrf)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _unexpected)
