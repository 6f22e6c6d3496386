"""Issues (发券单): rosters of people, what came of each line, and the review of what an institution filed."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, ValidationError, fields, validates_schema

from voucher.doors.schemas.cited import Cited
from voucher.doors.schemas.paging import Paging, page_of
from voucher.doors.schemas.values import (
    WORDS_MAX,
    Body,
    Count,
    Moment,
    Region,
    Several,
    Whole,
    Word,
    Words,
)

ROSTER_MAX = 2_000
OUTCOMES = ("pending", "issued", "waiting", "refused")


class NewPerson(Body):
    """One person of a roster, as the identity card says."""

    name = Words(required=True, most=60, metadata={"description": "姓名", "example": "张三"})
    number = Words(
        required=True, most=40, metadata={"description": "证件号码", "example": "41010519900315991X"}
    )
    mobile = Words(load_default=None, allow_none=True, most=40, metadata={"description": "手机号"})


class NewIssue(Body):
    """A roster to be reviewed, or one issued at once by the office."""

    programme_id = Whole(required=True, least=1)
    way = Word(
        ("roster", "at_once"), required=True, metadata={"description": "roster 报送待审、at_once 直接发放"}
    )
    institution_id = Whole(
        load_default=None, allow_none=True, least=1, metadata={"description": "机构报送时为本机构"}
    )
    people = Several(NewPerson, most=ROSTER_MAX, required=True)


class IssueFilter(Paging):
    """Which issues."""

    region = Region(load_default=None)
    programme = Count(load_default=None)
    state = Words(most=30, load_default=None)


class IssueState(Schema):
    """An issue as lists show it."""

    id = fields.Integer()
    number = fields.String(metadata={"example": "FQ-2024-000123"})
    programme_id = fields.Integer()
    state = fields.String()
    state_name = fields.String()
    way = fields.String()
    institution_id = fields.Integer(allow_none=True)
    filed_at = Moment()
    decided_at = Moment(allow_none=True)


class IssueDetail(IssueState):
    """An issue with how many of its lines came to what."""

    outcomes = fields.Dict(keys=fields.String(), values=fields.Integer())


Issues = page_of(IssueState(), "Issues")


class IssueDone(Schema):
    """An issue that was filed or issued, and what came of its lines."""

    issue_id = fields.Integer()
    state = fields.String()
    pending = fields.Integer()
    issued = fields.Integer()
    waiting = fields.Integer()
    refused = fields.Integer()


class LineFilter(Paging):
    """Which lines of an issue."""

    outcome = Word(OUTCOMES, load_default=None)


class LineRefusal(Schema):
    """Why a line got no voucher."""

    code = fields.String()
    title = fields.String()
    next_step = fields.String()
    source = Cited()


class TriedLine(Schema):
    """One person of a roster and what came, or would come, of it; the person is masked."""

    position = fields.Integer()
    masked_name = fields.String(metadata={"example": "张*"})
    masked_number = fields.String(metadata={"example": "410000********1234"})
    outcome = fields.String()
    refusal = fields.Nested(LineRefusal, allow_none=True)


class IssueLineState(TriedLine):
    """One line of an issue, with its voucher."""

    id = fields.Integer()
    voucher_id = fields.Integer(allow_none=True)
    voucher_number = fields.String(allow_none=True)
    replaces_voucher_id = fields.Integer(allow_none=True)


IssueLines = page_of(IssueLineState(), "IssueLines")


class NewReview(Body):
    """The office's decision on a roster."""

    decision = Word(("pass", "return"), required=True, metadata={"description": "pass 发放、return 退回"})
    why = Words(
        load_default=None,
        allow_none=True,
        most=WORDS_MAX,
        metadata={"description": "退回须一次写明全部问题"},
    )

    @validates_schema
    def check_why(self, data: dict[str, Any], **kwargs: Any) -> None:
        """Refuse to return without saying why."""
        if data["decision"] == "return" and data["why"] is None:
            raise ValidationError("退回须写明理由", "why")
