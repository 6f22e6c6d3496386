"""What a program says to sign in, and what it is told."""

from __future__ import annotations

from marshmallow import Schema, fields

from voucher.doors.schemas.values import Body, Words


class Credentials(Body):
    """Login, password and the code of the moment."""

    login = Words(required=True, most=100, metadata={"description": "账号"})
    password = Words(required=True, most=200, metadata={"description": "密码", "format": "password"})
    code = Words(
        load_default="",
        most=10,
        metadata={"description": "动态口令（六位）；只有“劳动者本人”一个角色的账号不用填"},
    )


class RoleInRegion(Schema):
    """One role and where it holds."""

    role = fields.String()
    region_code = fields.String(allow_none=True)


class Presence(Schema):
    """Who is signed in."""

    login = fields.String()
    display_name = fields.String()
    must_change_password = fields.Boolean(metadata={"description": "须先在网页上修改密码"})
    csrf_token = fields.String(metadata={"description": "写操作放入请求头 X-CSRFToken"})
    roles = fields.List(fields.Nested(RoleInRegion))
