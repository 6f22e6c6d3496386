"""Large rosters (大名册): a file handed over, issued to behind the door, piece by piece."""

from __future__ import annotations

from marshmallow import Schema, fields

from voucher.doors.schemas.values import Body, Count, Moment

PHASES = {
    "description": "running 发放中、stopped 停在中途、terminating 正在终止、terminated 已终止、done 已办完"
}


class RosterForm(Body):
    """Which programme the people of the file are issued to; the roster is the part `file`."""

    programme_id = Count(required=True)


class StoppedBy(Schema):
    """Why a roster stopped half-way."""

    code = fields.String()
    title = fields.String()
    next_step = fields.String(allow_none=True)


class RunState(Schema):
    """How far a roster is: every row read is issued to, waits, is refused, or names nobody."""

    issue_id = fields.Integer(metadata={"description": "发券单；逐人结果见 /issues/{issue_id}/lines"})
    phase = fields.String(metadata=PHASES)
    file_name = fields.String()
    file_sha256 = fields.String()
    rows_expected = fields.Integer(metadata={"description": "至多这么多行：空行不算"})
    rows_read = fields.Integer()
    lines_issued = fields.Integer(metadata={"description": "已发放"})
    lines_waiting = fields.Integer(metadata={"description": "资金不足，候补"})
    lines_refused = fields.Integer(metadata={"description": "不予发放"})
    rows_unreadable = fields.Integer(metadata={"description": "无法识别"})
    rows_left_out = fields.Integer(metadata={"description": "终止以后没有发放"})
    stopped_by = fields.Nested(StoppedBy, allow_none=True)
    started_at = Moment()
    moved_at = Moment()
    finished_at = Moment(allow_none=True)
    terminated_at = Moment(allow_none=True)
    terminated_why = fields.String(allow_none=True, metadata={"description": "为什么终止"})
