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


class Telephone(Body):
    """The number a code goes to."""

    mobile = Words(required=True, most=20, metadata={"description": "手机号"})


class CodeSent(Schema):
    """What whoever asked for a code is told, whether or not anybody has the number."""

    rest_seconds = fields.Integer(metadata={"description": "多少秒后可以再次获取"})
    good_minutes = fields.Integer(metadata={"description": "多少分钟内有效"})


class CodeOfTelephone(Telephone):
    """The number, its code, and whom to sign in where several people have the number."""

    code = Words(required=True, most=10, metadata={"description": "短信中的六位数字"})
    login = Words(
        load_default=None,
        allow_none=True,
        most=100,
        metadata={"description": "一个手机号登记了几名劳动者时，要登录的账号"},
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
