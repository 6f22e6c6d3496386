"""Runs of retention: what was held too long, why what stays stays, what became of it."""

from __future__ import annotations

from marshmallow import Schema, fields

from voucher.doors.schemas.paging import Paging, page_of
from voucher.doors.schemas.values import WORDS_MAX, Body, Moment, Region, Whole, Words


class RetentionFilter(Paging):
    """Which runs."""

    region = Region(load_default=None)


class RetentionRunState(Schema):
    """A run as lists show it."""

    id = fields.Integer()
    number = fields.String()
    region_code = fields.String()
    on_day = fields.Date(metadata={"description": "按哪天算"})
    state = fields.String(metadata={"description": "listing、listed、carrying_out、done、dropped"})
    state_name = fields.String()
    asked_at = Moment()
    from_on = fields.Date(allow_none=True, metadata={"description": "哪天起可以确认；名单列完以前为 null"})
    confirmed_at = Moment(allow_none=True)
    ended_at = Moment(allow_none=True)
    why = fields.String(allow_none=True, metadata={"description": "作废的理由"})


class RetentionSum(Schema):
    """One kind in one region."""

    kind = fields.String(metadata={"description": "person 整个人、sign_in 登录记录、complaint 投诉举报"})
    region_name = fields.String()
    looked_at = fields.Integer()
    due = fields.Integer(metadata={"description": "到期"})
    erased = fields.Integer(metadata={"description": "已清除"})
    kept = fields.Integer(metadata={"description": "到期，但办理时又有了保留的理由"})
    failed = fields.Integer(metadata={"description": "没有办成，还开着"})


class RetentionWhy(Schema):
    """Why something was not due; what differs from case to case is left open."""

    kind = fields.String()
    code = fields.String()
    words = fields.String()
    count = fields.Integer()


class RetentionRunDetail(RetentionRunState):
    """A run with its counts."""

    sums = fields.List(fields.Nested(RetentionSum))
    whys = fields.List(fields.Nested(RetentionWhy))


class RetentionLine(Schema):
    """One line: an id, no name."""

    id = fields.Integer()
    kind = fields.String()
    object_id = fields.Integer(metadata={"description": "人员、账号或投诉的编号"})
    region_code = fields.String(allow_none=True)
    code = fields.String(allow_none=True, metadata={"description": "不能清的理由；null 为到期"})
    words = fields.String(allow_none=True)
    outcome = fields.String(allow_none=True, metadata={"description": "erased、kept；null 为还没有办"})
    kept_words = fields.String(allow_none=True)
    done_at = Moment(allow_none=True)
    told_at = Moment(allow_none=True, metadata={"description": "书面告知的登记时间；短信告知的为 null"})
    told_words = fields.String(allow_none=True)
    failed_at = Moment(allow_none=True)
    failed_words = fields.String(allow_none=True, metadata={"description": "为什么没有办成"})


RetentionRuns = page_of(RetentionRunState(), "RetentionRuns")
RetentionLines = page_of(RetentionLine(), "RetentionLines")


class NewRetentionRun(Body):
    """Whose data is held against its time: a region and everything below."""

    region = Region(required=True)


class NewRetentionConfirmation(Body):
    """Another person confirms; nothing has to be said."""


class NewRetentionDrop(Body):
    """Why a list is dropped."""

    why = Words(required=True, most=WORDS_MAX)


class NewRetentionTelling(Body):
    """How whom no message reached was told: all of a list, or one line of it."""

    words = Words(required=True, most=WORDS_MAX)
    item_id = Whole(load_default=None, allow_none=True, metadata={"description": "名单的一条；不写为全部"})


class RetentionTold(Schema):
    """How many were told."""

    count = fields.Integer()


class NewPreservation(Body):
    """Whose data is kept, and by which document."""

    number = Words(required=True, most=30, metadata={"description": "证件号码"})
    paper = Words(required=True, most=WORDS_MAX, metadata={"description": "保全的文书（机关、文号）"})


class NewPreservationEnd(Body):
    """By which document it is lifted."""

    paper = Words(required=True, most=WORDS_MAX, metadata={"description": "解除的文书（机关、文号）"})


class PreservationState(Schema):
    """A preservation: the person by number of the row, no name."""

    id = fields.Integer()
    person_id = fields.Integer()
    paper = fields.String()
    placed_at = Moment()
    lifted_paper = fields.String(allow_none=True)
    lifted_at = Moment(allow_none=True)


Preservations = page_of(PreservationState(), "Preservations")
