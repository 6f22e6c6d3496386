"""Random phone checks (电话抽查): the draw with its seed, who was drawn, what came of each call."""

from __future__ import annotations

from marshmallow import Schema, fields

from voucher.doors.schemas.paging import Paging, page_of
from voucher.doors.schemas.values import WORDS_MAX, Body, Moment, Region, Said, Whole, Word, Words
from voucher.rules.draws import CallResult

OUTCOMES = {"description": "waiting 待拨打、confirmed 已核实、doubted 有疑问已停住、unreachable 未能联系上"}
RESULTS = {
    "description": "confirmed 确认参加、denied 称未参加、differs 称与登记不符、wrong_number 号码不是本人的、"
    "unreached 没有接通、declined 不愿回答、no_number 没有登记手机号"
}
SAID = {"description": "对方怎么说；称未参加、与登记不符、号码不是本人的，必填"}


class DrawFilter(Paging):
    """Which draws."""

    region = Region(load_default=None)
    state = Word(("waiting", "all"), load_default="waiting", metadata={"description": "waiting 有待拨打的"})


class DrawState(Schema):
    """The phone checks of one class."""

    id = fields.Integer()
    class_id = fields.Integer()
    class_number = fields.String()
    class_name = fields.String()
    drawn_at = Moment()
    people_count = fields.Integer(metadata={"description": "抽取时名册上已核销的人数"})
    share_bp = fields.Integer(metadata={"description": "抽查比例，万分比"})
    drawn = fields.Integer(metadata={"description": "抽中的人数"})
    waiting = fields.Integer(metadata={"description": "还没有结论的人数"})
    due_on = fields.Date(allow_none=True, metadata={"description": "最迟打完的日期；没有规定为 null"})
    doubted = fields.Integer(metadata={"description": "有疑问、已停住的人数"})


class CallState(Schema):
    """One call; the number only to who opened it, for some minutes and until its result is told."""

    id = fields.Integer()
    entry_id = fields.Integer()
    attempt = fields.Integer()
    shown_at = Moment()
    result = fields.String(allow_none=True, metadata=RESULTS)
    told_at = Moment(allow_none=True)


class CheckedPersonState(Schema):
    """Somebody drawn, masked."""

    entry_id = fields.Integer()
    voucher_id = fields.Integer()
    voucher_number = fields.String()
    masked_name = fields.String()
    outcome = fields.String(metadata=OUTCOMES)
    number = fields.String(
        allow_none=True, metadata={"description": "手机号：只给正在拨打的人，限时，已留痕"}
    )
    calls = fields.List(fields.Nested(CallState))


class DrawDetail(DrawState):
    """A draw with all it takes to repeat it (rules DRW-01 to DRW-05), and who is to be called."""

    commitment = fields.String(metadata={"description": "种子的摘要，准予开班时公开"})
    committed_at = Moment()
    seed = fields.String(metadata={"description": "种子，十六进制字符"})
    roster = fields.List(fields.String(), metadata={"description": "抽取时的券号，按得分从小到大"})
    roster_digest = fields.String()
    holds = Said(dump_only=True, metadata={"description": "按种子复算，与名单一致"})
    gone = fields.List(fields.String(), metadata={"description": "抽取后不在名册上的券号"})
    added = fields.List(fields.String(), metadata={"description": "抽取后新进名册的券号"})
    people = fields.List(fields.Nested(CheckedPersonState))


class NewDraw(Body):
    """A class signed off without a draw."""

    class_id = Whole(required=True, least=1)


class NewCall(Body):
    """Whom to call."""

    entry_id = Whole(required=True, least=1)


class NewCallResult(Body):
    """What came of a call."""

    result = Word(CallResult, required=True, metadata=RESULTS)
    said = Words(load_default="", least=0, most=WORDS_MAX, metadata=SAID)


Draws = page_of(DrawState(), "PhoneDraws")
