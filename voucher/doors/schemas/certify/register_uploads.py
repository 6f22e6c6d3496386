"""Files for the national register: of which certificates, how many lines of each act, and their rows."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, ValidationError, fields, validates_schema

from voucher.doors.schemas.paging import page_of
from voucher.doors.schemas.values import Body, Moment, OnDay, Whole, Wish, Words


class NewRegisterUpload(Body):
    """Whose certificates: those issued between two days, or those of one exam."""

    institution_id = Whole(required=True, least=1, metadata={"description": "评价机构"})
    since = OnDay(load_default=None, allow_none=True, metadata={"description": "发证日期起"})
    until = OnDay(load_default=None, allow_none=True, metadata={"description": "发证日期止"})
    batch = Words(load_default=None, allow_none=True, most=100, metadata={"description": "评价批次"})

    @validates_schema
    def check_one_way(self, data: dict[str, Any], **kwargs: Any) -> None:
        """Refuse both ways at once, and neither."""
        dated = data["since"] is not None and data["until"] is not None
        half = (data["since"] is None) != (data["until"] is None)
        if half or dated == (data["batch"] is not None):
            raise ValidationError("请填写发证日期的起止，或只填写评价批次", "since")


class NewRegisterContent(Wish):
    """Nothing to say: the file is the one of the address."""


class RegisterUploadState(Schema):
    """A file that was made: of what, how many lines, and the hash of its csv."""

    id = fields.Integer()
    number = fields.String(metadata={"example": "LW-2024-0007"})
    institution_id = fields.Integer()
    since = fields.Date()
    until = fields.Date()
    evaluation_batch = fields.String(allow_none=True)
    rows = fields.Integer()
    sha256 = fields.String(metadata={"description": "csv 文件的 SHA-256"})
    made_at = Moment()


class RegisterUploadCounted(RegisterUploadState):
    """A file with how many of its lines are new, corrected and revoked."""

    new = fields.Integer(metadata={"description": "新增"})
    corrected = fields.Integer(metadata={"description": "更正"})
    revoked = fields.Integer(metadata={"description": "撤销"})


RegisterUploads = page_of(RegisterUploadCounted(), "RegisterUploads")


class RegisterContent(Schema):
    """The lines of a file under their columns, with whole numbers."""

    number = fields.String()
    sha256 = fields.String()
    columns = fields.List(fields.String())
    rows = fields.List(fields.List(fields.String()))
