"""What keeps payments back after a backup was restored, and the word of each of the two who vouch."""

from __future__ import annotations

from marshmallow import Schema, fields

from voucher.doors.schemas.values import Body, Moment, Region, Words


class RestoredFilter(Schema):
    """Of which region."""

    region = Region(required=True)


class NewPaidWord(Body):
    """One of two finance people says that what a region paid after the backup is entered."""

    region_code = Region(required=True)
    words = Words(required=True, metadata={"description": "核对情况：银行明细的起止、回盘、待处置的申领"})


class PaidWord(Schema):
    """What one has said, of the region or of one above it."""

    region_code = fields.String()
    words = fields.String()
    said_at = Moment()


class RestoredPayments(Schema):
    """Whether a region may pay, up to where the backup and what is kept outside go, and who has vouched."""

    region_code = fields.String()
    confirmed = fields.Boolean(metadata={"description": "可以制单、签发、下载"})
    held_seq = fields.Integer(allow_none=True, metadata={"description": "备份到第几条留痕"})
    anchored_seq = fields.Integer(allow_none=True, metadata={"description": "库外留存到第几条"})
    words = fields.List(fields.Nested(PaidWord()))
