"""A person's own subsidies, and the cases opened on them."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields, pre_dump

from voucher.doors.schemas.paging import Paging, page_of
from voucher.doors.schemas.steps import TwoSteps
from voucher.doors.schemas.values import Body, Moment, OnDay, Region, Said, Whole, Word, Words
from voucher.rules.vocabulary import Problem
from voucher.stages.settle.models.denials import Denial


class NewDenial(Body):
    """Not me, or not received: one claim in one's own name."""

    claim_id = Whole(required=True, least=1, metadata={"description": "申领"})
    problem = Word(Problem, required=True, metadata={"description": "什么问题"})
    said = Words(required=False, load_default="", most=500, least=0, metadata={"description": "经过"})


class DenialState(Schema):
    """One case; `held`: the money was stopped; otherwise it was at the bank, paid or answered before."""

    id = fields.Integer()
    number = fields.String()
    claim_id = fields.Integer()
    problem = fields.String()
    held = fields.Function(lambda each: each.hold_id is not None)
    opened_at = Moment()
    answer_by = OnDay(allow_none=True)
    taken_back_at = Moment(allow_none=True)
    upheld = fields.Boolean(allow_none=True)
    answered_at = Moment(allow_none=True)
    confirmed_at = Moment(allow_none=True)


class DenialFilter(Paging):
    """Which cases."""

    region = Region(load_default=None)
    state = Word(
        ("open", "closed"), load_default=None, metadata={"description": "open 待答复；closed 已答复"}
    )


class NewAnswer(Body):
    """What the office found."""

    upheld = Said(required=True, metadata={"description": "是否属实"})
    answer = Words(required=True, most=1000, metadata={"description": "核查情况和结论，本人看得到"})


class DenialSignature(Body):
    """What another person says of the answer."""

    decision = Word(
        ("confirm", "return"), required=True, metadata={"description": "confirm 确认；return 退回"}
    )


class NewLifting(TwoSteps):
    """What was corrected, so that the line of an upheld case goes on."""


class LiftingState(Schema):
    """Whether the line of a case goes on, or a second person still has to agree."""

    denial_id = fields.Integer()
    lifted = fields.Boolean(metadata={"description": "false 表示已提出待另一人确认，或不同意"})


class OwnDenialState(DenialState):
    """One case as its person sees it: an answer nobody has confirmed is none yet."""

    @pre_dump
    def keep_back(self, case: Denial | None, **_: Any) -> Any:
        """Leave out what was proposed and not confirmed."""
        if case is None or case.confirmed_at is not None:
            return case
        return _Unanswered(case)


class _Unanswered:
    """A case as it is while its answer is not confirmed."""

    upheld = answered_at = None

    def __init__(self, case: Denial) -> None:
        self._case = case

    def __getattr__(self, name: str) -> Any:
        return getattr(self._case, name)


class OwnSubsidyState(Schema):
    """One claim in the caller's own name: where it is, until when, who is paid."""

    claim_id = fields.Integer(attribute="claim.id")
    number = fields.String(attribute="claim.number")
    kind_name = fields.String()
    trade_name = fields.String()
    level_name = fields.String()
    payee_name = fields.String()
    state = fields.String(attribute="claim.state")
    amount_fen = fields.Integer(attribute="claim.amount_fen")
    step = fields.String(attribute="pace.words")
    waits_for = fields.String(attribute="pace.who")
    days = fields.Integer(attribute="pace.days")
    promised_on = OnDay(
        attribute="pace.due_on", allow_none=True, metadata={"description": "这一步最迟哪一天办完"}
    )
    late_days = fields.Integer(
        attribute="pace.late_days", metadata={"description": "这一步已超期几天，没有超期为 0"}
    )
    arrives_on = OnDay(
        attribute="pace.arrives_on", allow_none=True, metadata={"description": "按各步期限最迟哪一天到账"}
    )
    paid_at = Moment(allow_none=True)
    denial = fields.Nested(OwnDenialState(), allow_none=True)
    answer = fields.Method("tell_answer", allow_none=True, metadata={"description": "已确认的答复"})

    def tell_answer(self, row: Any) -> str | None:
        """Return the words of the answer once another person has confirmed it."""
        return row.words.answer if row.denial is not None and row.denial.confirmed_at is not None else None


Denials = page_of(DenialState(), "Denials")
OwnSubsidies = page_of(OwnSubsidyState(), "OwnSubsidies")
