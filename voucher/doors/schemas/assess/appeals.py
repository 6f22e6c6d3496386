"""Appeals: what may be appealed against, what is said, what is answered, and where one stands."""

from __future__ import annotations

from marshmallow import Schema, fields

from voucher.doors.schemas.assess.exams import Score
from voucher.doors.schemas.paging import Paging, page_of
from voucher.doors.schemas.values import WORDS_MAX, Body, Moment, OnDay, Region, Said, Whole, Word, Words
from voucher.rules.appeals import APPEAL_KIND_NAMES, AppealAnswer, AppealKind
from voucher.rules.lifecycle import STATE_NAMES, Thing

KINDS = "、".join(f"{word} {name}" for word, name in APPEAL_KIND_NAMES.items())
STATES = "、".join(f"{word} {name}" for word, name in STATE_NAMES[Thing.APPEAL].items())
SAID_MOST, LATE_MOST = 1000, 500


class AppealSubject(Schema):
    """Something one may appeal against, or has; without `last_on` whoever appeals says the day."""

    kind = fields.String(metadata={"description": KINDS})
    key = fields.Integer(metadata={"description": "申请复核时填写"})
    title = fields.String()
    evaluator_name = fields.String()
    happened_on = fields.Date(allow_none=True)
    last_on = fields.Date(allow_none=True, metadata={"description": "最迟申请的一天"})
    may_appeal = fields.Boolean()


class AppealSubjects(Schema):
    """Everything one may appeal against or has."""

    items = fields.List(fields.Nested(AppealSubject))


class NewAppeal(Body):
    """What is wrong; against a registration also who refused it, and on which day."""

    kind = Word(AppealKind, required=True, metadata={"description": KINDS})
    key = Whole(required=True, metadata={"description": "成绩、入场记录或券，取自 /appeal-subjects"})
    said = Words(required=True, most=SAID_MOST, metadata={"description": "哪里不对"})
    why_late = Words(load_default="", most=LATE_MOST, metadata={"description": "逾期的，写明理由"})
    institution_id = Whole(load_default=None, metadata={"description": "不予报名的评价机构"})
    refused_on = OnDay(load_default=None, metadata={"description": "哪一天不让报名"})


class NewAppealStep(Body):
    """A step that says nothing more: taken up, taken back, met by another exam."""


class NewAppealAnswer(Body):
    """What the evaluator decides; the scores it should be, where an appeal against scores is upheld."""

    answer = Word(
        AppealAnswer,
        required=True,
        metadata={"description": "upheld 成立、rejected 不成立、late 逾期不予受理"},
    )
    opinion = Words(required=True, most=WORDS_MAX, metadata={"description": "理由，申请人可见"})
    theory_hundredths = Score()
    skill_hundredths = Score()
    comprehensive_hundredths = Score()


class NewEscalation(Body):
    """Why one is not content with the answer."""

    insisted = Words(required=True, most=SAID_MOST, metadata={"description": "为什么不服"})


class NewAppealDecision(Body):
    """What the office decides, for good."""

    overrule = Said(required=True, metadata={"description": "true 认定成立，责令更正；false 维持"})
    opinion = Words(required=True, most=WORDS_MAX, metadata={"description": "理由，申请人和评价机构可见"})


class NewAppealEnding(Body):
    """Why an appeal nobody puts right is ended."""

    opinion = Words(required=True, most=WORDS_MAX, metadata={"description": "理由"})


class AppealFilter(Paging):
    """Which appeals; everybody sees those they have to do with."""

    region = Region(load_default=None)
    state = Words(most=30, load_default=None, metadata={"description": STATES})
    overdue = fields.Boolean(load_default=False, metadata={"description": "只看超过期限的"})


class AppealState(Schema):
    """An appeal as lists show it: who appeals masked, what was said left out."""

    id = fields.Integer()
    number = fields.String(metadata={"example": "FH-419001-2024-0007"})
    kind = fields.String(metadata={"description": KINDS})
    kind_name = fields.String()
    state = fields.String(metadata={"description": STATES})
    state_name = fields.String()
    institution_id = fields.Integer()
    evaluator_name = fields.String()
    region_code = fields.String()
    trade_name = fields.String()
    level_name = fields.String()
    masked_name = fields.String(metadata={"example": "张*"})
    filed_at = Moment()
    due_on = fields.Date(allow_none=True, metadata={"description": "下一步的最后一天"})
    is_late = fields.Boolean()


class AppealDetail(AppealState):
    """One appeal with what both sides said."""

    said = fields.String(allow_none=True)
    why_late = fields.String(allow_none=True)
    insisted = fields.String(allow_none=True)
    answer = fields.String(allow_none=True, metadata={"description": "评价机构的答复"})
    opinion = fields.String(allow_none=True)
    final_answer = fields.String(allow_none=True, metadata={"description": "人社部门的复查决定"})
    final_opinion = fields.String(allow_none=True)


Appeals = page_of(AppealState(), "Appeals")
