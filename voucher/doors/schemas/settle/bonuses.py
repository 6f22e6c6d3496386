"""Bonuses (奖补): the dated standards of every kind, what is applied for, and what came of it."""

from __future__ import annotations

from marshmallow import Schema, fields

from voucher.doors.schemas.cited import Cited, Explained, Grounds
from voucher.doors.schemas.values import Body, Fen, OnDay, Region, Several, Whole, Word, Words, Yuan
from voucher.rules.bonus_kinds import KINDS
from voucher.rules.bonuses import FIRM_SIZE_NAMES

KIND_WORDS = "；".join(f"{code} {terms.name}" for code, terms in KINDS.items())
SIZE_WORDS = "；".join(f"{code} {name}" for code, name in FIRM_SIZE_NAMES.items())
LINES_MOST = 2_000


class BonusLine(Body):
    """One line: who, what for, on which day, by which document; the rest as its kind asks."""

    name = Words(required=True, most=60, metadata={"description": "姓名", "example": "张三"})
    number = Words(
        required=True, most=40, metadata={"description": "证件号码", "example": "41010519900315991X"}
    )
    item_code = Words(required=True, most=60, metadata={"description": "事项，见 /bonus-standards"})
    happened_on = OnDay(required=True, metadata={"description": "事项日期；吸纳、介绍为入职日期"})
    document = Words(required=True, most=120, metadata={"description": "证明材料的名称和编号"})
    occasion = Words(
        least=0, most=120, load_default="", metadata={"description": "赛事、用人单位代码或备案编号"}
    )
    amount_fen = Fen(
        required=False,
        load_default=None,
        allow_none=True,
        metadata={"description": "申报金额，分；有幅度的和预支填写；学徒制结算填实际支出，低于标准的据实"},
    )
    heads = Whole(least=1, load_default=None, allow_none=True, metadata={"description": "备案人数，学徒制"})
    completed = Whole(load_default=None, allow_none=True, metadata={"description": "完成人数，学徒制结算"})


class NewBonuses(Body):
    """An application of one kind for one payee; each kind asks its own."""

    kind = Word(KINDS, required=True, metadata={"description": KIND_WORDS})
    region_code = Region(required=True)
    budget_id = Whole(required=True, least=1)
    payee_code = Words(
        required=True, most=30, metadata={"description": "申报单位的统一社会信用代码，钱付给它"}
    )
    firm_size = Word(
        FIRM_SIZE_NAMES,
        load_default=None,
        allow_none=True,
        metadata={"description": f"企业规模，吸纳就业：{SIZE_WORDS}"},
    )
    lines = Several(BonusLine, most=LINES_MOST, required=True)


class BonusLineState(Schema):
    """What the rules said of one line, in the order it was sent."""

    place = fields.Integer(metadata={"description": "第几行，从 1 起"})
    item_code = fields.String()
    outcome = fields.String(metadata={"description": "payable 可付、refused 不予受理、manual 转人工"})
    amount_fen = fields.Integer()
    amount_display = Yuan("amount_fen")
    explanation = Explained()
    findings = Grounds(metadata={"description": "逐条规则的核对结果"})
    refusal = Grounds(allow_none=True, metadata={"description": "代码、说明、下一步和依据"})


class BonusesFiled(Schema):
    """The batch an application became; its claims are found at /claims?batch=…"""

    batch_id = fields.Integer()
    batch_number = fields.String(allow_none=True)
    kind = fields.String()
    kind_name = fields.String()
    payable_fen = fields.Integer()
    payable_display = Yuan("payable_fen")
    lines = fields.List(fields.Nested(BonusLineState))


class BonusStandardFilter(Schema):
    """Which standards."""

    kind = Word(KINDS, load_default=None, metadata={"description": KIND_WORDS})


class BonusStandardState(Schema):
    """One dated item of a kind: what it earns, from least to most, and which document says so."""

    kind = fields.String()
    kind_name = fields.String()
    item_code = fields.String()
    name = fields.String()
    region_code = fields.String(allow_none=True, metadata={"description": "null 为全省"})
    least_fen = fields.Integer()
    least_display = Yuan("least_fen")
    most_fen = fields.Integer()
    most_display = Yuan("most_fen")
    insured_months = fields.Integer(allow_none=True)
    payee_cap_fen = fields.Integer(allow_none=True, metadata={"description": "一家单位累计上限，分"})
    fund = fields.String(allow_none=True, metadata={"description": "须从哪一资金来源列支"})
    since = fields.Date()
    until = fields.Date(allow_none=True)
    document = Cited()
    asked = fields.List(fields.String(), metadata={"description": "除姓名、证件、日期、依据外还要填的"})


class BonusStandards(Schema):
    """Every standard, in force or not, the newest of an item last."""

    items = fields.List(fields.Nested(BonusStandardState))
