"""Attachments (附件): uploaded one by one, handed in with an application, looked at, taken back."""

from __future__ import annotations

from marshmallow import Schema, fields

from voucher.doors.schemas.values import Body, Moment


class NewAttachment(Body):
    """Nothing but the file."""


class NewAttachmentWithdrawal(Body):
    """Nothing but the wish."""


class AttachmentState(Schema):
    """What is known of a file; its content is fetched apart."""

    id = fields.Integer()
    kind = fields.String(metadata={"description": "jpeg、png、pdf，按内容认定"})
    kind_name = fields.String()
    size_bytes = fields.Integer(metadata={"description": "所存内容的大小；照片已去掉拍摄地点等信息"})
    sha256 = fields.String(metadata={"description": "所存内容的摘要"})
    uploaded_at = Moment()
    removed_at = Moment(allow_none=True)
    removed_name = fields.String(allow_none=True, metadata={"description": "内容为什么不在了"})
