"""Scanning without a network (离线登记): what a counter takes along and sends, what each scan came to."""

from __future__ import annotations

from marshmallow import Schema, fields

from voucher.doors.schemas.paging import Paging, page_of
from voucher.doors.schemas.values import (
    WORDS_MAX,
    Body,
    Count,
    Instant,
    Moment,
    Region,
    Several,
    Whole,
    Words,
)

# what one upload may carry; a counter sends the rest with the next
SCANS_MOST = 50
CODE_MOST = 700
OUTCOMES = {"description": "confirmed 已确认、conflict 转人社部门核查、refused 无法识别"}


class IssuerKey(Schema):
    """A key that signs credentials: the first 4 bytes of its thumbprint, and its point (SEC1, compressed)."""

    kid = fields.String(metadata={"example": "3f9a1c02"})
    public_key = fields.String(metadata={"description": "十六进制，压缩点"})
    not_before = fields.Integer()
    not_after = fields.Integer(allow_none=True)


class PackPlace(Schema):
    """One place in the class; without `vid` its holder has no phone and is scanned with a network only."""

    voucher_number = fields.String()
    masked_name = fields.String()
    redeemed_at = Moment(allow_none=True)
    vid = fields.String(allow_none=True)
    status_list = fields.Integer(allow_none=True)
    status_place = fields.Integer(allow_none=True)
    status = fields.Integer(allow_none=True, metadata={"description": "0 有效、1 已作废或换新、2 冻结"})
    last_counter = fields.Integer(allow_none=True)


class FieldLimitsTold(Schema):
    """How old a code, a list and a beacon may be."""

    before_seconds = fields.Integer()
    after_seconds = fields.Integer()
    far_seconds = fields.Integer()
    fresh_list_hours = fields.Integer()
    usable_list_hours = fields.Integer()
    fresh_beacon_quarters = fields.Integer()


class OfflinePack(Schema):
    """What a counter of a class needs without a network, until `expires_at`; keep it encrypted."""

    class_id = fields.Integer()
    class_number = fields.String()
    class_name = fields.String()
    starts_on = fields.Date()
    ends_on = fields.Date()
    institution = fields.Integer(metadata={"description": "券凭证上应为这家机构"})
    institution_name = fields.String()
    made_at = Moment()
    expires_at = Moment()
    issuers = fields.List(fields.Nested(IssuerKey))
    beacon_keys = fields.Dict(
        keys=fields.String(),
        values=fields.String(),
        metadata={"description": "各日（UTC）的时段密钥，十六进制"},
    )
    roster = fields.List(fields.Nested(PackPlace))
    limits = fields.Nested(FieldLimitsTold)


class NotedScan(Body):
    """One scan as the counter noted it; `client_id` is made at the scan and names it for ever."""

    client_id = Words(required=True, most=64)
    digits = Words(required=True, most=CODE_MOST, metadata={"description": "扫到的数字（离线码 F）"})
    last4 = Words(required=True, most=4, metadata={"description": "证件后四位，照身份证原件盲输"})
    scanned_at = Instant(required=True)


class NewOfflineScans(Body):
    """Scans of one class, in any order; those sent before may be among them."""

    class_id = Whole(required=True, least=1)
    scans = Several(NotedScan, required=True, most=SCANS_MOST)


class OfflineScanState(Schema):
    """What a scan came to."""

    id = fields.Integer()
    client_id = fields.String()
    class_id = fields.Integer()
    outcome = fields.String(metadata=OUTCOMES)
    code = fields.String(allow_none=True)
    title = fields.String(allow_none=True)
    next_step = fields.String(allow_none=True)
    voucher_number = fields.String(allow_none=True)
    masked_name = fields.String(allow_none=True)
    scanned_at = Moment()
    received_at = Moment()
    closed_at = Moment(allow_none=True)
    conclusion = fields.String(allow_none=True)


class OfflineScansTold(Schema):
    """What each scan came to, in the order sent."""

    items = fields.List(fields.Nested(OfflineScanState))


class OfflineScanFilter(Paging):
    """Of which class."""

    class_id = Count(required=True)


class OfflineCaseFilter(Paging):
    """Where the classes are."""

    region = Region(load_default=None)


class NewCaseClosing(Body):
    """What was found out."""

    conclusion = Words(required=True, most=WORDS_MAX, metadata={"description": "核查结论"})


OfflineScans = page_of(OfflineScanState(), "OfflineScans")
