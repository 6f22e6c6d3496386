"""The door of an exam: what is held to it, and who came."""

from __future__ import annotations

from marshmallow import Schema, fields

from voucher.doors.schemas.paging import page_of
from voucher.doors.schemas.values import Body, Moment, Words

SHOWN_MAX = 700


class NewArrival(Body):
    """A code or a slip's number, and the end of the card typed blind."""

    shown = Words(
        required=True,
        most=SHOWN_MAX,
        metadata={"description": "考生出示的码（T、S、F）或准考证号", "example": "2024000007000000128"},
    )
    last4 = Words(required=True, most=20, metadata={"description": "证件后四位", "example": "991X"})


class ArrivalDone(Schema):
    """A candidate who may sit the exam, and by what they were recognised."""

    exam_batch_id = fields.Integer(attribute="batch_id")
    candidate_id = fields.Integer()
    way = fields.String(metadata={"example": "slip"})
    at = Moment()


class ArrivalState(Schema):
    """Somebody who came to the door, let in or refused; the name only of candidates, masked."""

    id = fields.Integer()
    candidate_id = fields.Integer(allow_none=True)
    masked_name = fields.String()
    way_name = fields.String()
    code = fields.String(allow_none=True, metadata={"description": "拒绝的代码；放行的为 null"})
    title = fields.String(allow_none=True)
    at = Moment()
    seen_at = Moment(allow_none=True, metadata={"description": "读卡器记录的到场时间；其他方式为 null"})


Arrivals = page_of(ArrivalState(), "Arrivals")
