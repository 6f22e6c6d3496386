"""Applications (领券申请) and what waits to be verified by hand: filed, clarified, answered, decided."""

from __future__ import annotations

from marshmallow import Schema, fields

from voucher.doors.schemas.cited import Cited
from voucher.doors.schemas.issue.attachments import AttachmentState
from voucher.doors.schemas.paging import Paging, page_of
from voucher.doors.schemas.values import WORDS_MAX, Body, Ids, Moment, Said, Several, Whole, Word, Words
from voucher.rules.lifecycle import STATE_NAMES, Thing
from voucher.rules.outside import FactKind

ITEMS_MAX = 50
SAID_MAX = 500
ATTACHED = {"description": "随这一项提交的附件编号，先逐份上传（/attachments）"}


class ItemSaid(Body):
    """What is said of one item, by its place in the list of what is asked."""

    position = Whole(required=True, least=1, most=ITEMS_MAX)
    said = Words(required=True, most=SAID_MAX)
    attachment_ids = Ids(load_default=(), metadata=ATTACHED)


class NewApplication(Body):
    """A worker's own application for a voucher of a programme."""

    programme_id = Whole(required=True, least=1)
    declared = Said(required=True, metadata={"description": "本人承诺"})
    items = Several(ItemSaid, most=ITEMS_MAX, required=True)


class ItemAsked(Body):
    """What is to be made clear about one item."""

    item_id = Whole(required=True, least=1)
    question = Words(required=True, most=SAID_MAX)


class NewClarification(Body):
    """The office's questions, item by item, all at once."""

    questions = Several(ItemAsked, most=ITEMS_MAX, required=True)


class QuestionAnswered(Body):
    """The answer to one question."""

    question_id = Whole(required=True, least=1)
    answer = Words(required=True, most=SAID_MAX)
    attachment_ids = Ids(load_default=(), metadata=ATTACHED)


class NewAnswers(Body):
    """The person's answers to everything that is open."""

    answers = Several(QuestionAnswered, most=ITEMS_MAX, required=True)


class NewApplicationDecision(Body):
    """The office's decision with its reason."""

    decision = Word(("approve", "decline"), required=True)
    opinion = Words(required=True, most=WORDS_MAX)


class DemandSaid(Body):
    """A proof a programme wants, and the fact another system may say in its place."""

    label = Words(required=True, most=60)
    fact = Word(tuple(FactKind), load_default=None, allow_none=True)


class NewDemands(Body):
    """Everything a draft programme wants proven; an empty list wants nothing."""

    demands = Several(DemandSaid, least=0, most=10, required=True)


class DemandsStated(Schema):
    """How many proofs a programme wants now."""

    programme_id = fields.Integer()
    count = fields.Integer()


class ApplicationFilter(Paging):
    """Which applications."""

    state = Word(tuple(STATE_NAMES[Thing.APPLICATION]), load_default=None)


class ApplicationQuestion(Schema):
    """A question and its answer."""

    id = fields.Integer()
    question = fields.String()
    asked_at = Moment()
    answer = fields.String(allow_none=True)
    answered_at = Moment(allow_none=True)
    attachments = fields.List(fields.Nested(AttachmentState))


class ApplicationItem(Schema):
    """One thing asked and what was said."""

    id = fields.Integer()
    label = fields.String()
    said = fields.String()
    attachments = fields.List(fields.Nested(AttachmentState))
    questions = fields.List(fields.Nested(ApplicationQuestion))


class ApplicationCause(Schema):
    """Why there is something to decide."""

    code = fields.String()
    title = fields.String()
    next_step = fields.String()
    source = Cited()


class ApplicationState(Schema):
    """An application as lists show it; the person is masked."""

    id = fields.Integer()
    number = fields.String(metadata={"example": "SQ-2024-000123"})
    state = fields.String()
    state_name = fields.String()
    programme_id = fields.Integer()
    programme_name = fields.String()
    region_code = fields.String()
    masked_name = fields.String(metadata={"example": "张*"})
    masked_number = fields.String(metadata={"example": "410000********1234"})
    cause = fields.Nested(ApplicationCause)
    filed_at = Moment()
    due_on = fields.Date(metadata={"description": "办理期限"})
    answer_by = fields.Date(allow_none=True, metadata={"description": "本人答复期限"})
    decided_at = Moment(allow_none=True)
    opinion = fields.String(allow_none=True)


class ApplicationDetail(ApplicationState):
    """An application with its items."""

    items = fields.List(fields.Nested(ApplicationItem))


Applications = page_of(ApplicationState(), "Applications")


class OutsideQuestionState(Schema):
    """A fact nobody has answered yet; the person is masked."""

    id = fields.Integer()
    kind = fields.String()
    kind_name = fields.String()
    masked_name = fields.String()
    masked_number = fields.String()
    asked_at = Moment()
    tries = fields.Integer()
    tried_at = Moment(allow_none=True)
    last_outcome = fields.String(allow_none=True)


OutsideQuestions = page_of(OutsideQuestionState(), "OutsideQuestions")


class NewOutsideVerification(Body):
    """What an officer has verified, with the evidence."""

    held = Said(required=True)
    amount = Whole(load_default=None, allow_none=True, most=1200, metadata={"description": "累计参保月数"})
    evidence = Words(required=True, most=SAID_MAX)


class OutsideVerified(Schema):
    """The question that is answered now."""

    id = fields.Integer()
