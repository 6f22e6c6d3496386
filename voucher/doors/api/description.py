"""The description of the API (OpenAPI 3.1), made from the routes, the schemas and the access matrix."""

from __future__ import annotations

import http
from typing import Any

from flask import Flask
from flask_smorest import Api
from flask_smorest.utils import prepare_response

from voucher.doors.auth.door import EXTENSION, Door
from voucher.doors.auth.visitors import cookie_name
from voucher.doors.errors import PROBLEM_TYPE
from voucher.doors.schemas.problem import Problem
from voucher.registry.systems.rows import SCOPE_NAMES

ABOUT = """\
职业技能电子培训券的接口：发券、培训、评价、持证、兑现。网页和接口办理的是同一件事，规则、权限和留痕完全相同。

* **金额**一律为整数分（`…_fen`），另附供显示的 `…_display`；小数会被拒绝。
* **写操作**都要带 `Idempotency-Key`：缺少 400，同值不同内容 422，正在办理 409，同值同内容得到同一答复。
* **不记键的**只有三种：看码（`/checks`）、出示码（`…/codes`）和试算（`…/previews`），每次重新办理。
* **登录**用会话 Cookie；写操作另带 `X-CSRFToken`，其值在登录时取得。登录不要键：
  账号密码（`/sessions`），或劳动者的短信验证码（`/login-codes`、`/phone-sessions`）。
* **机构自己的系统**用 `Authorization: Bearer`，令牌在 `POST /oauth/token` 换取（OAuth 2）。
* **拒绝**一律为 RFC 9457 问题详情：稳定的 `code`、中文 `title`、下一步 `detail`、`facts`、依据 `source`。
* **列表**按 `cursor` 翻页；辖区之外的列表为空，点名外地 403，外地的单个对象与不存在一样是 404。
"""


class DescribedApi(Api):
    """flask-smorest with our own problems: the app answers mistakes by itself."""

    ERROR_SCHEMA = Problem

    def _register_error_handlers(self) -> None:
        """Leave mistakes to the doors' own handlers."""

    def _register_responses(self) -> None:
        for status in http.HTTPStatus:
            answer: dict[str, Any] = {"description": status.phrase}
            if status >= 400:
                answer["schema"] = Problem
                prepare_response(answer, self.spec, PROBLEM_TYPE)
            self.spec.components.response(status.name, answer, lazy=True)
        told = {"description": "拒绝：问题详情", "schema": Problem}
        prepare_response(told, self.spec, PROBLEM_TYPE)
        self.spec.components.response("DEFAULT_ERROR", told, lazy=True)


def describe(app: Flask) -> DescribedApi:
    """Return the API of an app, ready for its rooms."""
    door: Door = app.extensions[EXTENSION]
    app.config.update(
        API_TITLE="职业技能电子培训券 API",
        API_VERSION="v1",
        OPENAPI_VERSION="3.1.0",
        OPENAPI_URL_PREFIX="/api",
        OPENAPI_JSON_PATH="openapi.json",
    )
    described = DescribedApi(
        app,
        spec_kwargs={
            "info": {"description": ABOUT, "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"}},
            "servers": [{"url": "/"}],
        },
    )
    schemes = described.spec.components
    schemes.security_scheme(
        "session",
        {"type": "apiKey", "in": "cookie", "name": cookie_name(door), "description": "登录后的会话"},
    )
    schemes.security_scheme(
        "csrf",
        {"type": "apiKey", "in": "header", "name": "X-CSRFToken", "description": "登录时取得，写操作必带"},
    )
    schemes.security_scheme(
        "system",
        {
            "type": "oauth2",
            "description": "机构自己的系统：凭系统编号和密钥换取令牌；不读 Cookie，不要 X-CSRFToken",
            "flows": {
                "clientCredentials": {
                    "tokenUrl": "/oauth/token",
                    "scopes": {str(scope): name for scope, name in SCOPE_NAMES.items()},
                }
            },
        },
    )
    return described
